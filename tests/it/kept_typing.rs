//! The server is killed, or the session ends, while somebody types: nothing that was kept is lost, and nobody
//! else sees it.

use std::{
    net::{SocketAddr, TcpListener, TcpStream},
    process::{Child, Stdio},
    time::{Duration, Instant},
};

use crate::support::{Backend, app::hidden, http::Browser, program::Program};

/// A server of the built program that is killed, not stopped.
struct Server {
    child: Child,
    address: SocketAddr,
}

impl Server {
    fn start(program: &Program) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let mut command = program.command(["serve", "--address", &free.to_string()]);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let begun = Instant::now();
        while TcpStream::connect(free).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(60), "the server does not answer");
            std::thread::sleep(Duration::from_millis(50));
        }
        Self { child, address: free }
    }

    fn sign_in(&self, login: &str) -> Browser {
        let mut browser = Browser::new(self.address);
        let token = hidden(&browser.get("/sign-in").expect(200).body(), "csrf");
        let password = format!("practice {login} registrar");
        let fields = [("csrf", token.as_str()), ("user", login), ("password", password.as_str())];
        let pairs: Vec<_> = fields.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        browser.post_pairs("/sign-in", &pairs).expect(303);
        browser.csrf = hidden(&browser.get("/account").expect(200).body(), "csrf");
        browser
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

fn keep(browser: &mut Browser, address: &str, words: &str) {
    let page = browser.get(address).expect(200).body();
    let versions = ["patient_version", "tumor_version"].map(|name| hidden(&page, name));
    let fields = [
        ("patient_version", versions[0].as_str()),
        ("tumor_version", versions[1].as_str()),
        ("textRemarks", words),
        ("at", "textRemarks"),
    ];
    browser.post(&format!("{address}/draft"), &fields).expect(200);
}

#[test]
fn typing_outlives_a_killed_server_and_an_ended_session_and_is_its_owners_alone() {
    let program = Program::new(Backend::Embedded);
    let filled =
        program.run(["demo", "--cases", "300", "--no-serve", "--data", program.data().to_str().unwrap()]);
    assert!(filled.status.success(), "{}", String::from_utf8_lossy(&filled.stderr));

    let server = Server::start(&program);
    let mut ana = server.sign_in("ana");
    let list = ana.get("/abstracts").expect(200);
    let link = scraper::Selector::parse("main a[href^='/abstracts/']").unwrap();
    let uid = list
        .html()
        .select(&link)
        .filter_map(|a| a.attr("href")?.split('/').nth(2).map(str::to_owned))
        .find(|id| id.len() == 36)
        .expect("an open case");
    let address = format!("/abstracts/{uid}/admin");
    keep(&mut ana, &address, "half a thought before the power went");
    drop(server);

    let server = Server::start(&program);
    let mut ana = server.sign_in("ana");
    let page = ana.get(&address).expect(200);
    assert!(page.text("#textRemarks").contains("half a thought before the power went"));
    // The hand comes back to where it was.
    let first = scraper::Selector::parse("[autofocus]").unwrap();
    let fields: Vec<_> =
        page.html().select(&first).filter_map(|f| f.attr("name").map(str::to_owned)).collect();
    assert_eq!(fields, ["textRemarks"]);
    let mut joel = server.sign_in("joel");
    assert!(!joel.get(&address).expect(200).body().contains("half a thought"));

    keep(&mut ana, &address, "and more before the session ended");
    ana.cookies.clear();
    let ended = ana.get(&address);
    assert!(!ended.body().contains("before the session ended"), "{}", ended.body());
    let mut again = server.sign_in("ana");
    assert!(again.get(&address).expect(200).text("#textRemarks").contains("and more before the session"));
}
