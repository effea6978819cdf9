//! Puts an even load on a running practice registry and tells how long each page took:
//! `cargo run --release --example load -- 127.0.0.1:8080 --rate 50 --seconds 30`.
//!
//! Requests begin on a fixed beat whether or not earlier ones were answered, and their time runs from
//! the beat, so that a slow answer is not hidden by the waiting of the next. Each request is a
//! connection of its own. Half of them come from a registrar, half from a supervisor, both with the
//! logins that `demo` prints. `--page "work list"` asks for one page alone. A “form page” is a
//! section of an abstract with everything beside it; a “live check” is what a page asks when a field is left: the whole
//! form kept as a draft and judged by all edits. The tool ends by itself; it refuses an address that is not loopback.

use std::{
    collections::BTreeMap,
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    process::ExitCode,
    sync::{Arc, mpsc},
    thread,
    time::{Duration, Instant},
};

type Fault = Box<dyn std::error::Error + Send + Sync>;

/// Somebody signed in.
#[derive(Clone)]
struct Visitor {
    address: SocketAddr,
    cookies: BTreeMap<String, String>,
    csrf: String,
}

struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> impl Iterator<Item = &str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.filter(move |(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

impl Visitor {
    fn ask(&self, method: &str, path: &str, fields: &[(&str, &str)]) -> Result<Answer, Fault> {
        let mut stream = TcpStream::connect(self.address)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        stream.set_nodelay(true)?;
        let body = fields.iter().map(|(n, v)| format!("{n}={}", encoded(v))).collect::<Vec<_>>().join("&");
        let cookies = self.cookies.iter().map(|(n, v)| format!("{n}={v}")).collect::<Vec<_>>().join("; ");
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {0}\r\nOrigin: http://{0}\r\nSec-Fetch-Site: same-origin\r\n\
             Cookie: {cookies}\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\n\
             Content-Length: {1}\r\n\r\n{body}",
            self.address,
            body.len()
        );
        stream.write_all(request.as_bytes())?;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes)?;
        let text = String::from_utf8_lossy(&bytes);
        let (head, body) = text.split_once("\r\n\r\n").ok_or("the answer has no head")?;
        let status = head.split(' ').nth(1).and_then(|s| s.parse().ok()).ok_or("the answer has no status")?;
        Ok(Answer { status, head: head.to_owned(), body: body.to_owned() })
    }

    fn keep_cookies(&mut self, answer: &Answer) {
        for value in answer.header("set-cookie") {
            if let Some((cookie, value)) = value.split(';').next().and_then(|c| c.split_once('=')) {
                self.cookies.insert(cookie.to_owned(), value.to_owned());
            }
        }
    }

    fn sign_in(address: SocketAddr, user: &str, password: &str) -> Result<Self, Fault> {
        let mut visitor = Self { address, cookies: BTreeMap::new(), csrf: String::new() };
        let door = visitor.ask("GET", "/sign-in", &[])?;
        visitor.keep_cookies(&door);
        let csrf = csrf_of(&door)?;
        let fields = [("csrf", csrf.as_str()), ("next", ""), ("user", user), ("password", password)];
        let answer = visitor.ask("POST", "/sign-in", &fields)?;
        if answer.status != 303 {
            return Err(format!("signing in as {user} was answered {}", answer.status).into());
        }
        visitor.keep_cookies(&answer);
        visitor.csrf = csrf_of(&visitor.ask("GET", "/patients", &[])?)?;
        Ok(visitor)
    }

    /// A search is kept and then shown: both requests are counted as one.
    fn find(&self, words: &str) -> Result<Answer, Fault> {
        let sent = self.ask("POST", "/find", &[("csrf", &self.csrf), ("q", words)])?;
        let to = sent.header("location").next().map(str::to_owned);
        match to {
            Some(to) if sent.status == 303 => self.ask("GET", &to, &[]),
            _ => Ok(sent),
        }
    }
}

fn encoded(text: &str) -> String {
    let letter = |b: u8| {
        if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") }
    };
    text.bytes().map(letter).collect()
}

fn csrf_of(page: &Answer) -> Result<String, Fault> {
    let (_, rest) = page.body.split_once("name=\"csrf\" value=\"").ok_or("a page has no token")?;
    Ok(rest.split('"').next().unwrap_or_default().to_owned())
}

/// Public ids of the patients a page links to.
fn patients_on(page: &Answer) -> Vec<String> {
    let links = page.body.split("/patients/").skip(1).filter_map(|rest| rest.get(..36));
    let is_id = |id: &&str| id.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
    links.filter(is_id).map(str::to_owned).collect()
}

/// Public ids of the cases a page links to.
fn cases_on(page: &Answer) -> Vec<String> {
    let links = page.body.split("href=\"/abstracts/").skip(1).filter_map(|rest| rest.get(..36));
    let is_id = |id: &&str| id.len() == 36 && id.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
    links.filter(is_id).map(str::to_owned).collect()
}

/// Everything the form of a case sends, as the page keeps it while somebody types: address and fields.
fn form_of(page: &Answer) -> Option<(String, Vec<(String, String)>)> {
    let html = scraper::Html::parse_document(&page.body);
    let select = |css: &str| scraper::Selector::parse(css).ok();
    let form = html.select(&select("form[data-autosave]")?).next()?;
    let mut fields = Vec::new();
    for input in form.select(&select("input[name], textarea[name]")?) {
        let kind = input.attr("type").unwrap_or_default();
        if matches!(kind, "checkbox" | "radio") && input.attr("checked").is_none() {
            continue;
        }
        let value = match input.value().name() {
            "textarea" => input.text().collect(),
            _ => input.attr("value").unwrap_or_default().to_owned(),
        };
        fields.push((input.attr("name")?.to_owned(), value));
    }
    let chosen = select("option[selected]")?;
    for list in form.select(&select("select[name]")?) {
        let value = list.select(&chosen).next().and_then(|o| o.attr("value")).unwrap_or_default();
        fields.push((list.attr("name")?.to_owned(), value.to_owned()));
    }
    Some((form.attr("data-autosave")?.to_owned(), fields))
}

/// What people type: common and rare names, with and without given name, other spellings, the
/// beginning of a name, birth dates, numbers, and names that nobody has.
const TYPED: [&str; 16] = [
    "Aldercombe, Mary",
    "thornstead",
    "brennmeier",
    "BELLANTINI",
    "Wickthwaite, James",
    "thornsted",
    "bremmeyer",
    "Harrowfeild Susan",
    "lang",
    "Oakwor",
    "1951-03-14",
    "Redgate 1948",
    "00004417",
    "2019-00164",
    "nobody",
    "Zzyzx, Quentin",
];

const PAGES: [&str; 6] =
    ["find a patient", "patient page", "work list", "dashboard", "form page", "live check"];

/// Sections of the abstract that are opened, in turn.
const SECTIONS: [&str; 4] = ["cancer", "stage", "treatment", "case"];

/// What is asked in turn, and by whom.
struct Round {
    registrar: Visitor,
    supervisor: Visitor,
    patients: Vec<String>,
    /// Cases of all states.
    cases: Vec<String>,
    /// Forms of cases that are worked on, by the registrar: address and fields of the check while typing.
    forms: Vec<(String, Vec<(String, String)>)>,
}

impl Round {
    fn visit(&self, page: &str, nth: usize) -> Result<u16, Fault> {
        let visitor = if nth.is_multiple_of(2) { &self.registrar } else { &self.supervisor };
        let one_of = |list: &[String]| list.get(nth % list.len().max(1)).cloned().unwrap_or_default();
        let answer = match page {
            "patient page" => visitor.ask("GET", &format!("/patients/{}", one_of(&self.patients)), &[])?,
            "work list" => visitor.ask("GET", "/followup", &[])?,
            "dashboard" => self.supervisor.ask("GET", "/dashboard", &[])?,
            "form page" => {
                let section = SECTIONS.get(nth % SECTIONS.len()).copied().unwrap_or("case");
                visitor.ask("GET", &format!("/abstracts/{}/{section}", one_of(&self.cases)), &[])?
            }
            "live check" => {
                let (path, fields) = self.forms.get(nth % self.forms.len().max(1)).ok_or("no open case")?;
                let fields: Vec<(&str, &str)> =
                    fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
                self.registrar.ask("POST", path, &fields)?
            }
            _ => visitor.find(TYPED.get(nth % TYPED.len()).copied().unwrap_or("nobody"))?,
        };
        Ok(answer.status)
    }
}

fn run() -> Result<bool, Fault> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |name: &str, otherwise: u32| {
        let place = arguments.iter().position(|a| a == name);
        let given = place.and_then(|place| arguments.get(place + 1));
        given.map_or(Ok(otherwise), |text| text.parse::<u32>().map_err(|_| format!("{name} takes a number")))
    };
    let (rate, seconds) = (number("--rate", 50)?.max(1), number("--seconds", 30)?);
    let pages: Vec<&str> = match arguments.iter().position(|a| a == "--page") {
        None => PAGES.into(),
        Some(place) => {
            let named = arguments.get(place + 1).map_or("", String::as_str);
            let found: Vec<&str> = PAGES.into_iter().filter(|page| *page == named).collect();
            if found.is_empty() {
                return Err(format!("--page takes one of {}", PAGES.join(", ")).into());
            }
            found
        }
    };
    let address: SocketAddr = arguments.first().map_or("127.0.0.1:8080", String::as_str).parse()?;
    if !address.ip().is_loopback() {
        return Err("only a practice registry on this machine is put under load".into());
    }
    let registrar = Visitor::sign_in(address, "ana", "practice ana registrar")?;
    let supervisor = Visitor::sign_in(address, "sofia", "practice sofia supervisor")?;
    let mut patients = patients_on(&supervisor.ask("GET", "/followup", &[])?);
    for words in TYPED {
        patients.extend(patients_on(&supervisor.find(words)?));
    }
    patients.sort_unstable();
    patients.dedup();
    let mut cases = Vec::new();
    for list in ["/abstracts?owner=all&state=open", "/abstracts?owner=all&state=all"] {
        cases.extend(cases_on(&registrar.ask("GET", list, &[])?));
    }
    cases.sort_unstable();
    cases.dedup();
    let mut forms = Vec::new();
    for case in &cases {
        forms.extend(form_of(&registrar.ask("GET", &format!("/abstracts/{case}/cancer"), &[])?));
    }
    println!(
        "{rate} requests/s for {seconds} s: {}; {} patients, {} cases, {} forms",
        pages.join(", "),
        patients.len(),
        cases.len(),
        forms.len()
    );
    let round = Arc::new(Round { registrar, supervisor, patients, cases, forms });

    let (told, heard) = mpsc::channel();
    let begun = Instant::now();
    let beat = Duration::from_secs(1) / rate;
    for n in 0..rate * seconds {
        let due = begun + beat * n;
        thread::sleep(due.saturating_duration_since(Instant::now()));
        let nth = n as usize / pages.len();
        let page = pages.get(n as usize % pages.len()).copied().unwrap_or("dashboard");
        let (round, told) = (round.clone(), told.clone());
        thread::spawn(move || {
            let status = round.visit(page, nth);
            // Nobody listens only once the program ends.
            let _ = told.send((page, due.elapsed(), status));
        });
    }
    drop(told);
    let mut times: BTreeMap<&str, Vec<Duration>> = BTreeMap::new();
    let mut wrong: BTreeMap<String, u32> = BTreeMap::new();
    for (page, took, status) in heard {
        match status {
            Ok(200) => times.entry(page).or_default().push(took),
            Ok(status) => *wrong.entry(format!("{page}: {status}")).or_default() += 1,
            Err(fault) => *wrong.entry(format!("{page}: {fault}")).or_default() += 1,
        }
    }
    println!("{:<16} {:>7} {:>9} {:>9} {:>9}", "page", "asked", "p50 ms", "p99 ms", "max ms");
    for (page, mut took) in times {
        took.sort_unstable();
        let at = |hundredths: usize| {
            let place = (took.len() * hundredths).div_ceil(100).saturating_sub(1);
            took.get(place).map_or(0.0, |t| t.as_secs_f64() * 1000.0)
        };
        println!("{page:<16} {:>7} {:>9.1} {:>9.1} {:>9.1}", took.len(), at(50), at(99), at(100));
    }
    for (what, count) in &wrong {
        println!("not answered as hoped: {what} ({count} times)");
    }
    Ok(wrong.is_empty())
}

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(fault) => {
            eprintln!("{fault}");
            ExitCode::from(3)
        }
    }
}
