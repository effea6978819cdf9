//! Wiring: the inventory of routes, opening a registry, the server.

use std::{fs, path::Path, sync::Arc};

use actix_web::{App as ActixApp, HttpServer, dev::Server, web};

use crate::{
    access::password::Cost,
    clock::{Chance, Clock},
    config::Config,
    db::{Db, Target, embedded_file, key::RegistryKey, migrate},
    web::{App, PageError, Practice, Route, guard},
};

/// Every address the program answers. What is not here cannot be mounted.
pub fn inventory() -> Vec<Route> {
    let mut routes = Vec::new();
    routes.extend(crate::administration::routes());
    routes.extend(crate::provenance::routes());
    routes.extend(crate::query::routes());
    routes.extend(crate::checking::routes());
    routes.extend(crate::abstracting::routes());
    routes.extend(crate::casefinding::routes());
    routes.extend(crate::coding::routes());
    routes.extend(crate::quality_review::routes());
    routes.extend(crate::chart::routes());
    routes.extend(crate::followup::routes());
    routes.extend(crate::analysis::routes());
    routes.extend(crate::reminder::routes());
    routes.extend(crate::exchange::routes());
    routes
}

/// Marks a directory made by `demo`; holds its practice logins.
pub const PRACTICE_FILE: &str = "practice.json";

/// Which database the settings mean.
pub fn target(config: &Config, key: &RegistryKey) -> Target {
    match &config.database.url {
        Some(url) => Target::Postgres(url.clone()),
        None => Target::Embedded { file: embedded_file(&config.data), key: key.secret() },
    }
}

/// Logins of a practice registry; `None` for a real one.
pub fn practice(data: &Path) -> anyhow::Result<Option<Practice>> {
    match fs::read_to_string(data.join(PRACTICE_FILE)) {
        Ok(text) => Ok(Some(Practice { logins: serde_json::from_str(&text)? })),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e.into()),
    }
}

/// Opens a registry that `init` or `demo` made. The schema must be current.
pub fn open(config: Config, clock: Arc<dyn Clock>, chance: Arc<dyn Chance>) -> anyhow::Result<App> {
    private_directory(&config.data)?;
    let key = RegistryKey::of(&config)?;
    let target = target(&config, &key);
    if let Target::Embedded { file, .. } = &target
        && !file.exists()
    {
        anyhow::bail!("There is no registry in {}. `init` makes one.", config.data.display());
    }
    let db = Db::open(target, config.database.connections, clock, chance, key.sealer())?;
    match db.maintenance(migrate::standing)? {
        migrate::Standing::Current => {}
        migrate::Standing::Empty => anyhow::bail!("The database is empty. `init` makes a registry in it."),
        migrate::Standing::Behind(versions) => {
            anyhow::bail!("The database misses {}. Run `migrate` first.", versions.join(", "))
        }
        migrate::Standing::Ahead(versions) => anyhow::bail!(
            "The database was upgraded by a newer program ({}); this one is too old for it.",
            versions.join(", ")
        ),
    }
    let practice = practice(&config.data)?.map(Arc::new);
    Ok(App { db, config: Arc::new(config), cost: Cost::STANDARD, practice })
}

/// Refuses a data directory that others can enter.
fn private_directory(data: &Path) -> anyhow::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        if let Ok(meta) = fs::metadata(data)
            && meta.permissions().mode() & 0o077 != 0
        {
            anyhow::bail!("{} can be entered by others. Run chmod 700 on it.", data.display());
        }
    }
    Ok(())
}

/// The application of one worker; the same in tests and in `serve`.
pub fn configure(app: App, inventory: &[Route], service: &mut web::ServiceConfig) {
    service.app_data(web::Data::new(app));
    guard::mount(inventory, service);
    service.default_service(web::to(|| async { Err::<actix_web::HttpResponse, _>(PageError::NotFound) }));
}

/// Refuses what would send records in the clear or mix practice with real use.
pub fn check_listening(app: &App) -> anyhow::Result<()> {
    let server = &app.config.server;
    if server.address.ip().is_loopback() {
        return Ok(());
    }
    if app.practice.is_some() {
        anyhow::bail!(
            "This is a practice registry with published passwords; it is served on a loopback address only."
        );
    }
    if server.tls.is_none() && server.behind_proxy.is_empty() {
        anyhow::bail!(
            "{} is not a loopback address. Set server.certificate and server.private_key, or server.behind_proxy when a \
             proxy ends TLS.",
            server.address
        );
    }
    Ok(())
}

/// TLS 1.2 and 1.3 with the certificate and key of the settings.
fn tls(certificate: &Path, key: &Path) -> anyhow::Result<rustls::ServerConfig> {
    use anyhow::Context;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
    let chain = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .with_context(|| format!("server.certificate {}", certificate.display()))?;
    let key =
        PrivateKeyDer::from_pem_file(key).with_context(|| format!("server.private_key {}", key.display()))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    Ok(rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?)
}

/// The jobs that run beside the server; each takes a lease, so that any number of instances is safe.
pub fn jobs(app: &App) -> anyhow::Result<Vec<actix_web::rt::task::JoinHandle<()>>> {
    let reminders = crate::reminder::job::Reminders::new(app.db.clone(), &app.config)?;
    Ok(vec![actix_web::rt::spawn(reminders.serve())])
}

/// Listens and answers until stopped. `listener` is bound by the caller, so that tests know the port.
pub fn server(app: App, listener: std::net::TcpListener) -> anyhow::Result<Server> {
    let config = app.config.clone();
    let inventory = inventory();
    let server = HttpServer::new(move || {
        ActixApp::new()
            .wrap(actix_web::middleware::from_fn(guard::headers))
            .configure(|service| configure(app.clone(), &inventory, service))
    })
    .workers(config.server.workers)
    .client_request_timeout(std::time::Duration::from_secs(10))
    .shutdown_timeout(25)
    .server_hostname("registry");
    let server = match &config.server.tls {
        Some((certificate, key)) => server.listen_rustls_0_23(listener, tls(certificate, key)?)?,
        None => server.listen(listener)?,
    };
    Ok(server.run())
}
