//! A window of a real browser, driven through WebDriver. Each has a driver and a profile of its own.

use std::{
    cell::Cell,
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use fantoccini::{
    Client, Locator,
    actions::{InputSource, KeyAction, KeyActions},
    error::CmdError,
    key::Key,
    wd::{Capabilities, WebDriverCompatibleCommand},
};
use http::Method;
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use url::{ParseError, Url};

/// How long a page may take to show what is waited for. Generous: it only bounds a failing test.
const PATIENCE: Duration = Duration::from_secs(60);

/// Whether browser tests can run: `tests/run` says so and names the programs.
pub(crate) fn wanted() -> bool {
    if std::env::var("BROWSER_TESTS").is_ok() {
        return true;
    }
    assert!(std::env::var("CI").is_err(), "CI runs everything in a browser too: run it through tests/run");
    eprintln!("left out: browser tests need BROWSER_TESTS; tests/run sets it");
    false
}

/// A browser window.
pub(crate) struct Window {
    client: Client,
    base: String,
    driver: Child,
    runtime: Runtime,
    pressed: Cell<u64>,
    loaded: Cell<u64>,
    _profile: tempfile::TempDir,
}

/// A command of Chromium that WebDriver does not know.
#[derive(Debug)]
struct Chromium {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for Chromium {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap(), self.path))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.body.to_string()))
    }
}

/// Starts a driver on a port of its own choice.
fn start_driver() -> (Child, String) {
    let program = std::env::var("DRIVER_BINARY").unwrap_or_else(|_| "chromedriver".into());
    let mut driver = Command::new(&program)
        .arg("--port=0")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap_or_else(|e| panic!("{program}: {e}"));
    let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
    let told = lines
        .by_ref()
        .map(Result::unwrap)
        .find(|line| line.contains("started successfully on port"))
        .expect("the driver names its port");
    // What it says later has to go somewhere.
    std::thread::spawn(move || lines.for_each(drop));
    let port: u16 = told.trim_end_matches('.').rsplit(' ').next().unwrap().parse().unwrap();
    (driver, format!("http://127.0.0.1:{port}/"))
}

/// Keys that a text takes on a keyboard of the United States: one a character, and Shift for a capital or a sign.
pub(crate) fn keys_of(text: &str) -> u64 {
    let shifted = |c: &char| c.is_ascii_uppercase() || "~!@#$%^&*()_+{}|:\"<>?".contains(*c);
    (text.chars().count() + text.chars().filter(shifted).count()) as u64
}

fn capabilities(profile: &Path) -> Capabilities {
    let mut arguments = vec![
        "--headless=new".to_owned(),
        "--disable-gpu".into(),
        "--disable-dev-shm-usage".into(),
        "--disable-background-networking".into(),
        "--disable-component-update".into(),
        "--disable-sync".into(),
        "--no-first-run".into(),
        "--no-sandbox".into(), // a container's root has no sandbox; the only pages are our own
        "--lang=en-US".into(),
        format!("--user-data-dir={}", profile.display()),
    ];
    // A scroll bar takes width away and differs between systems.
    arguments.push("--hide-scrollbars".into());
    let mut options = json!({ "args": arguments });
    if let Ok(binary) = std::env::var("BROWSER_BINARY") {
        options["binary"] = json!(binary);
    }
    let all = json!({ "goog:chromeOptions": options, "goog:loggingPrefs": { "browser": "ALL" } });
    serde_json::from_value(all).unwrap()
}

impl Window {
    /// Opens a window that looks at an application.
    pub(crate) fn open(address: SocketAddr) -> Self {
        let (driver, url) = start_driver();
        let profile = tempfile::tempdir().unwrap();
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let wanted = capabilities(profile.path());
        let client = runtime
            .block_on(Client::with_capabilities_and_connector(&url, &wanted, HttpConnector::new()))
            .expect("a browser session");
        let window = Self {
            client,
            base: format!("http://{address}"),
            driver,
            runtime,
            pressed: Cell::new(0),
            loaded: Cell::new(0),
            _profile: profile,
        };
        window.size(1280, 900);
        window
    }

    fn wait<T>(&self, work: impl Future<Output = Result<T, CmdError>>) -> T {
        self.runtime.block_on(work).unwrap_or_else(|e| panic!("{e}\nat {}", self.place()))
    }

    fn place(&self) -> String {
        self.runtime.block_on(self.client.current_url()).map(|url| url.to_string()).unwrap_or_default()
    }

    /// Asks Chromium itself (Chrome DevTools Protocol).
    fn chromium(&self, command: &str, parameters: Value) {
        let body = json!({ "cmd": command, "params": parameters });
        self.wait(self.client.issue_cmd(Chromium { path: "goog/cdp/execute", body }));
    }

    /// Width and height of the page in CSS pixels.
    pub(crate) fn size(&self, width: u32, height: u32) {
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.chromium("Emulation.setDeviceMetricsOverride", metrics);
    }

    /// Light, dark or printed.
    pub(crate) fn look(&self, medium: &str, scheme: &str) {
        // Still pictures: a colour on its way from one scheme to the other is in neither.
        let features = json!([
            { "name": "prefers-color-scheme", "value": scheme },
            { "name": "prefers-reduced-motion", "value": "reduce" },
        ]);
        self.chromium("Emulation.setEmulatedMedia", json!({ "media": medium, "features": features }));
    }

    /// From now on pages run no script.
    pub(crate) fn without_script(&self) {
        self.chromium("Emulation.setScriptExecutionDisabled", json!({ "value": true }));
    }

    /// Pages run script again; the one that is open stays as it came without.
    pub(crate) fn with_script(&self) {
        self.chromium("Emulation.setScriptExecutionDisabled", json!({ "value": false }));
    }

    /// Goes to a path of the application, as typed into the address bar.
    pub(crate) fn go(&self, path: &str) {
        self.loaded.set(self.loaded.get() + 1);
        self.wait(self.client.goto(&format!("{}{path}", self.base)));
    }

    /// Path of the page that is open, without the host.
    pub(crate) fn path(&self) -> String {
        self.place().strip_prefix(&self.base).unwrap_or_default().to_owned()
    }

    /// Value of a script: the body of a function. Also where pages run none.
    pub(crate) fn run(&self, script: &str) -> Value {
        self.wait(self.client.execute(script, Vec::new()))
    }

    /// Waits until a script gives true.
    #[track_caller]
    pub(crate) fn until(&self, what: &str, script: &str) {
        let begun = Instant::now();
        // A page that is just going away may answer with an error: ask the next one.
        while self.runtime.block_on(self.client.execute(script, Vec::new())).ok() != Some(Value::Bool(true)) {
            assert!(begun.elapsed() < PATIENCE, "{what}: not at {}\n{}", self.place(), self.main_text());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits for an element that is shown.
    #[track_caller]
    pub(crate) fn see(&self, selector: &str) {
        let script = format!(
            "return [...document.querySelectorAll({})].some((e) => e.getClientRects().length > 0)",
            json!(selector)
        );
        self.until(selector, &script);
    }

    /// Waits until the main part of the page says something.
    #[track_caller]
    pub(crate) fn read(&self, words: &str) {
        let script = format!(
            "return document.querySelector('main')?.innerText.replace(/\\s+/g, ' ').includes({}) ?? false",
            json!(words)
        );
        self.until(words, &script);
    }

    fn main_text(&self) -> String {
        let script = "return document.querySelector('main')?.innerText ?? ''";
        let told = self.runtime.block_on(self.client.execute(script, Vec::new()));
        told.ok().and_then(|text| text.as_str().map(str::to_owned)).unwrap_or_default()
    }

    /// Text of the first element that fits, blanks squeezed.
    #[track_caller]
    pub(crate) fn text(&self, selector: &str) -> String {
        self.see(selector);
        let script = format!("return document.querySelector({}).innerText", json!(selector));
        let text = self.run(&script);
        text.as_str().unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn keys(&self, actions: impl IntoIterator<Item = KeyAction>) {
        let sequence = actions
            .into_iter()
            .fold(KeyActions::new("keyboard".into()), |sequence, action| sequence.then(action));
        self.wait(self.client.perform_actions(sequence));
    }

    /// Keys pressed so far; Shift for a capital or a sign is one too.
    pub(crate) fn keys_pressed(&self) -> u64 {
        self.pressed.get()
    }

    /// Pages loaded so far.
    pub(crate) fn loads(&self) -> u64 {
        self.loaded.get()
    }

    fn count(&self, keys: u64) {
        self.pressed.set(self.pressed.get() + keys);
    }

    /// Types into whatever has the focus.
    pub(crate) fn write(&self, text: &str) {
        self.count(keys_of(text));
        self.keys(text.chars().flat_map(|value| [KeyAction::Down { value }, KeyAction::Up { value }]));
    }

    /// Chooses a file in a file box, as its dialog would.
    pub(crate) fn attach(&self, selector: &str, file: &Path) {
        let found = self.wait(self.client.find(Locator::Css(selector)));
        self.wait(found.send_keys(file.to_str().unwrap()));
    }

    /// Presses one key.
    pub(crate) fn press(&self, key: Key) {
        self.write(&char::from(key).to_string());
    }

    /// Presses a key while another is held.
    pub(crate) fn chord(&self, held: Key, value: char) {
        let held = char::from(held);
        self.count(2);
        self.keys([
            KeyAction::Down { value: held },
            KeyAction::Down { value },
            KeyAction::Up { value },
            KeyAction::Up { value: held },
        ]);
    }

    /// Waits for the page that a key or a click leads to, which must be another or a fresh one.
    #[track_caller]
    pub(crate) fn leave(&self, act: impl FnOnce(&Self)) {
        self.run("document.documentElement.dataset.left = 'not yet'");
        act(self);
        self.loaded.set(self.loaded.get() + 1);
        self.until(
            "another page",
            "return document.readyState === 'complete' && !document.documentElement.dataset.left",
        );
    }

    /// Name, or else id, of the element that has the focus.
    pub(crate) fn focus(&self) -> String {
        let script = "const e = document.activeElement; return e?.name || e?.id || e?.tagName || ''";
        self.run(script).as_str().unwrap().to_owned()
    }

    /// Presses Tab until the element with the focus fits.
    #[track_caller]
    pub(crate) fn tab_to(&self, selector: &str) {
        let script = format!("return document.activeElement?.matches({}) ?? false", json!(selector));
        for _ in 0..120 {
            if self.run(&script) == Value::Bool(true) {
                return;
            }
            self.press(Key::Tab);
        }
        panic!("Tab does not reach {selector} at {}\n{}", self.place(), self.main_text());
    }

    /// Picture of the window, or of the whole page, as PNG.
    pub(crate) fn picture(&self, whole: bool) -> Vec<u8> {
        let height =
            if whole { self.run("return document.documentElement.scrollHeight").as_u64() } else { None };
        let width = self.run("return innerWidth").as_u64().unwrap();
        let before = self.run("return innerHeight").as_u64().unwrap();
        if let Some(height) = height {
            self.size(u32::try_from(width).unwrap(), u32::try_from(height.max(before)).unwrap());
        }
        let picture = self.wait(self.client.screenshot());
        self.size(u32::try_from(width).unwrap(), u32::try_from(before).unwrap());
        picture
    }

    /// Violations of WCAG 2.2 AA and of good practice that axe-core finds, a line each with the first places.
    pub(crate) fn violations(&self) -> Vec<String> {
        let file = std::env::var("AXE_FILE").expect("AXE_FILE names axe.min.js; tests/run fetches it");
        self.run(&std::fs::read_to_string(&file).unwrap_or_else(|e| panic!("{file}: {e}")));
        let script = "
            const done = arguments[arguments.length - 1];
            const kinds = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
            axe.run(document, { runOnly: kinds }).then((found) => done(found.violations.map((v) =>
                `${v.id}, ${v.nodes.length} places: ` + v.nodes.slice(0, 3).map((n) =>
                    `${n.target} (${n.any[0]?.message ?? n.all[0]?.message ?? n.none[0]?.message ?? ''})`).join('; '))),
                (e) => done([String(e)]));";
        let found = self.wait(self.client.execute_async(script, Vec::new()));
        found.as_array().unwrap().iter().map(|line| line.as_str().unwrap().to_owned()).collect()
    }

    /// Pixels by which the page is wider than the window.
    pub(crate) fn sideways(&self) -> i64 {
        self.run("return document.documentElement.scrollWidth - innerWidth").as_i64().unwrap().max(0)
    }

    /// What the page put into the browser's console since it was last asked: errors of scripts, refusals of
    /// the content security policy, files that did not come.
    pub(crate) fn console(&self) -> Vec<String> {
        let told =
            self.wait(self.client.issue_cmd(Chromium { path: "se/log", body: json!({ "type": "browser" }) }));
        let lines = told.as_array().cloned().unwrap_or_default();
        lines.iter().map(|line| line["message"].as_str().unwrap_or_default().to_owned()).collect()
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        let _ = self.runtime.block_on(self.client.clone().close());
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
