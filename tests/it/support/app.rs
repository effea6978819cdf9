//! The real application on a free port, with a cast of people whose facts do not change.

use std::{net::SocketAddr, path::Path, sync::Arc};

use cancer_registry::{
    access::{
        Actor, Role, accounts,
        accounts::{AccountRefused, AccountRow, NewAccount},
        password::{self, Cost},
    },
    app,
    config::{Config, effective},
    demo,
    facility::{self, Facility, FacilityForm},
    web::App,
};

use super::{Backend, TestRegistry, http::Browser};

/// A member of staff of the cast.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Person {
    pub(crate) login: &'static str,
    name: &'static str,
    initials: &'static str,
    role: Role,
    elsewhere: bool,
}

const fn person(login: &'static str, name: &'static str, initials: &'static str, role: Role) -> Person {
    Person { login, name, initials, role, elsewhere: false }
}

/// Registrar of Practice General.
pub(crate) const ROSA: Person = person("rosa", "Rosa Quill", "RQU", Role::Registrar);
/// Second registrar of Practice General.
pub(crate) const RAJ: Person = person("raj", "Raj Inkwell", "RIN", Role::Registrar);
/// Supervisor of Practice General.
pub(crate) const SAM: Person = person("sam", "Sam Ledger", "SLE", Role::Supervisor);
/// Quality reviewer.
pub(crate) const QUINN: Person = person("quinn", "Quinn Proof", "QPR", Role::QualityReviewer);
/// Researcher.
pub(crate) const RILEY: Person = person("riley", "Riley Cohort", "RCO", Role::Researcher);
/// Auditor.
pub(crate) const AUDREY: Person = person("audrey", "Audrey Trail", "ATR", Role::Auditor);
/// Administrator.
pub(crate) const ADA: Person = person("ada", "Ada Keys", "AKE", Role::Administrator);
/// Registrar of the other facility.
pub(crate) const OLGA: Person =
    Person { elsewhere: true, ..person("olga", "Olga Elsewhere", "OEL", Role::Registrar) };

/// Everybody.
pub(crate) const CAST: [Person; 8] = [ROSA, RAJ, SAM, QUINN, RILEY, AUDREY, ADA, OLGA];

/// The password of the whole cast.
pub(crate) const PASSWORD: &str = "a stapler in the garden";

/// A running application.
pub(crate) struct TestApp {
    pub(crate) registry: TestRegistry,
    #[expect(dead_code, reason = "for tests that call what pages call")]
    pub(crate) app: App,
    pub(crate) address: SocketAddr,
    pub(crate) other: Facility,
    handle: actix_web::dev::ServerHandle,
    thread: Option<std::thread::JoinHandle<()>>,
}

type Served = (App, SocketAddr, actix_web::dev::ServerHandle, std::thread::JoinHandle<()>);

/// Serves a registry on a free port, in a thread of its own.
fn serve(registry: &TestRegistry) -> Served {
    let app = App {
        db: registry.db.clone(),
        config: Arc::new(config(registry.folder.path())),
        cost: Cost::QUICK,
        practice: None,
    };
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let (tell, told) = std::sync::mpsc::channel();
    let served = app.clone();
    let thread = std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let server = app::server(served, listener).unwrap();
            tell.send(server.handle()).unwrap();
            server.await.unwrap();
        });
    });
    let handle = told.recv().unwrap();
    (app, address, handle, thread)
}

/// Settings of tests: nothing set.
pub(crate) fn config(data: &Path) -> Config {
    Config::check(data, &effective(None, &Default::default()).unwrap()).unwrap()
}

impl TestApp {
    pub(crate) fn new(backend: Backend) -> Self {
        let registry = TestRegistry::new(backend);
        let hash = password::hash(PASSWORD, Cost::QUICK);
        let other = registry
            .db
            .write(&Actor::host(None), |tx| {
                let form = FacilityForm {
                    name: "Elsewhere Clinic".into(),
                    zone: "America/New_York".into(),
                    reference_date: "2015-01-01".into(),
                    ..FacilityForm::default()
                };
                facility::create(tx, &form)
            })
            .unwrap();
        registry
            .db
            .write(&Actor::host(None), |tx| {
                for p in CAST {
                    let new = NewAccount {
                        login: p.login.into(),
                        name: p.name.into(),
                        email: format!("{}@hospital.example", p.login),
                        initials: p.initials.into(),
                    };
                    let place = if p.elsewhere { other.key } else { registry.facility.key };
                    let account = accounts::create(tx, place, &new, &[p.role])?;
                    accounts::set_practice_password(tx, &account, &hash)?;
                }
                Ok::<_, AccountRefused>(())
            })
            .unwrap();
        let (app, address, handle, thread) = serve(&registry);
        Self { registry, app, address, other, handle, thread: Some(thread) }
    }

    /// The practice registry that `demo` makes, with its own staff instead of the cast.
    pub(crate) fn practice(cases: u64) -> Self {
        let registry = TestRegistry::with(Backend::Embedded, |db| {
            demo::fill(db, demo::Filling { cases, seed: 7 }, |_| {}).unwrap();
            let places = db.read(facility::all).unwrap();
            places.into_iter().find(|place| place.short_name == "Practice General").unwrap()
        });
        let places = registry.look(facility::all);
        let other = places.into_iter().find(|place| place.key != registry.facility.key).unwrap();
        let (app, address, handle, thread) = serve(&registry);
        Self { registry, app, address, other, handle, thread: Some(thread) }
    }

    /// A browser in which nobody is signed in.
    pub(crate) fn browser(&self) -> Browser {
        Browser::new(self.address)
    }

    /// Signs in through the page.
    pub(crate) fn sign_in(&self, person: Person) -> Browser {
        self.sign_in_as(person.login)
    }

    /// Signs somebody in who has the password of the cast.
    pub(crate) fn sign_in_as(&self, login: &str) -> Browser {
        let mut browser = self.browser();
        let door = browser.get("/sign-in").expect(200);
        let token = hidden(&door.body(), "csrf");
        let fields = [("csrf", token.as_str()), ("user", login), ("password", PASSWORD)];
        let pairs: Vec<_> = fields.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        browser.post_pairs("/sign-in", &pairs).expect(303);
        browser.csrf = hidden(&browser.get("/account").expect(200).body(), "csrf");
        browser
    }

    /// The account of somebody of the cast.
    pub(crate) fn account(&self, person: Person) -> AccountRow {
        self.registry.db.read(|conn| accounts::by_login(conn, person.login)).unwrap()
    }

    /// Somebody of the cast as the actor of direct calls.
    pub(crate) fn actor(&self, person: Person) -> Actor {
        let account = self.account(person);
        let place = if person.elsewhere { self.other.key } else { self.registry.facility.key };
        Actor::person(
            account.id,
            0,
            String::new(),
            &account.login,
            &account.name,
            place,
            [person.role].into(),
        )
    }
}

/// Value of the first hidden field of a name.
pub(crate) fn hidden(page: &str, name: &str) -> String {
    let html = scraper::Html::parse_document(page);
    let wanted = scraper::Selector::parse(&format!("input[name={name}]")).unwrap();
    let found = html.select(&wanted).next().unwrap_or_else(|| panic!("no field {name} in {page}"));
    found.value().attr("value").unwrap_or_default().to_owned()
}

impl Drop for TestApp {
    fn drop(&mut self) {
        let stop = self.handle.stop(false);
        actix_web::rt::System::new().block_on(stop);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
