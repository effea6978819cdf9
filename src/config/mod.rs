//! Settings: one TOML file, each key overridable by an environment variable.
//!
//! [`KNOWN`] lists every setting with its default and meaning; `config show` prints it with
//! the value in force and where that came from. Nothing needs to be set: the program is
//! safe without any file.

mod setting;

use std::{
    collections::BTreeMap,
    fmt,
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
};

pub use setting::{ConfigProblems, Effective, KNOWN, Known, Origin, Secret, effective, variable};

/// How the server listens.
#[derive(Clone, Debug)]
pub struct ServerConfig {
    /// Address and port.
    pub address: SocketAddr,
    /// Base of links in mails, without a slash at the end; empty when not set.
    pub base_url: String,
    /// Certificate chain and private key, both or none.
    pub tls: Option<(PathBuf, PathBuf)>,
    /// Proxies that end TLS in front of us.
    pub behind_proxy: Vec<IpAddr>,
    /// Threads that answer requests.
    pub workers: usize,
}

/// Where the data are.
#[derive(Clone, Debug)]
pub struct DatabaseConfig {
    /// PostgreSQL address; `None` for the embedded file.
    pub url: Option<Secret>,
    /// Connections kept open.
    pub connections: u32,
}

/// How people stay signed in.
#[derive(Clone, Copy, Debug)]
pub struct SessionConfig {
    /// Minutes without a request.
    pub idle_minutes: i64,
    /// Hours in all.
    pub absolute_hours: i64,
}

/// How mail leaves.
#[derive(Clone, Debug)]
pub struct MailConfig {
    /// `None`: .eml files in `folder`.
    pub smtp: Option<SmtpConfig>,
    /// Folder for .eml files.
    pub folder: PathBuf,
    /// Sender.
    pub from: String,
}

/// A mail server.
#[derive(Clone, Debug)]
pub struct SmtpConfig {
    /// Host name, also checked against the certificate.
    pub host: String,
    /// Port.
    pub port: u16,
    /// TLS from the first byte instead of required STARTTLS.
    pub implicit_tls: bool,
    /// Account; empty for none.
    pub user: String,
    /// Password.
    pub password: Secret,
    /// Own certificate authority.
    pub ca: Option<PathBuf>,
}

/// Everything that can be set, checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// Data directory.
    pub data: PathBuf,
    /// Server.
    pub server: ServerConfig,
    /// Database.
    pub database: DatabaseConfig,
    /// File with the registry key.
    pub key_file: PathBuf,
    /// The key itself, when given in the environment.
    pub key: Option<Secret>,
    /// Sessions.
    pub session: SessionConfig,
    /// Least length of a password.
    pub password_minimum: usize,
    /// Mail.
    pub mail: MailConfig,
}

struct Reader {
    values: BTreeMap<&'static str, String>,
    problems: Vec<String>,
}

impl Reader {
    fn text(&self, key: &str) -> String {
        self.values.get(key).map(|v| v.trim().to_owned()).unwrap_or_default()
    }

    fn path(&self, key: &str, data: &Path, default: &str) -> PathBuf {
        match self.text(key) {
            t if t.is_empty() => data.join(default),
            t => PathBuf::from(t),
        }
    }

    fn number<T: std::str::FromStr + PartialOrd + fmt::Display + Copy>(
        &mut self,
        key: &str,
        low: T,
        high: T,
    ) -> T {
        let text = self.text(key);
        match text.parse::<T>() {
            Ok(n) if low <= n && n <= high => n,
            _ => {
                self.problems.push(format!("{key} is “{text}”. A number from {low} to {high} is expected."));
                low
            }
        }
    }
}

impl Config {
    /// The settings in force for a data directory: file, then environment of the process.
    pub fn load(data: &Path, file: Option<&Path>) -> Result<Self, ConfigProblems> {
        Self::check(data, &Self::read(data, file)?)
    }

    /// Value and origin of every setting.
    pub fn read(data: &Path, file: Option<&Path>) -> Result<Vec<Effective>, ConfigProblems> {
        let default = data.join("config.toml");
        let path = file.unwrap_or(&default);
        let text = match std::fs::read_to_string(path) {
            Ok(text) => Some(text),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound && file.is_none() => None,
            Err(e) => return Err(ConfigProblems(vec![format!("{}: {e}", path.display())])),
        };
        effective(text.as_deref(), &std::env::vars().collect())
    }

    /// Turns texts into checked values.
    pub fn check(data: &Path, settings: &[Effective]) -> Result<Self, ConfigProblems> {
        let mut r = Reader {
            values: settings.iter().map(|e| (e.known.key, e.value.clone())).collect(),
            problems: Vec::new(),
        };
        let address_text = r.text("server.address");
        let address = address_text.parse().unwrap_or_else(|_| {
            r.problems.push(format!(
                "server.address is “{address_text}”. An address like 127.0.0.1:8080 is expected."
            ));
            SocketAddr::from(([127, 0, 0, 1], 8080))
        });
        let tls = match (r.text("server.certificate"), r.text("server.private_key")) {
            (c, k) if c.is_empty() && k.is_empty() => None,
            (c, k) if !c.is_empty() && !k.is_empty() => Some((PathBuf::from(c), PathBuf::from(k))),
            _ => {
                r.problems.push("server.certificate and server.private_key: set both or none.".to_owned());
                None
            }
        };
        let mut behind_proxy = Vec::new();
        for word in r.text("server.behind_proxy").split_whitespace() {
            match word.parse() {
                Ok(ip) => behind_proxy.push(ip),
                Err(_) => {
                    r.problems.push(format!("server.behind_proxy: “{word}” is not an address like 10.0.0.7."))
                }
            }
        }
        let url = r.text("database.url");
        if !url.is_empty() && !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
            r.problems.push("database.url: an address that starts with postgres:// is expected.".to_owned());
        }
        let smtp = match r.text("mail.transport").as_str() {
            "folder" => None,
            "smtp" => {
                let host = r.text("mail.smtp_host");
                if host.is_empty() {
                    r.problems.push("mail.smtp_host is needed with mail.transport = smtp.".to_owned());
                }
                let security = r.text("mail.smtp_security");
                if security != "starttls" && security != "tls" {
                    r.problems
                        .push(format!("mail.smtp_security is “{security}”. starttls or tls is expected."));
                }
                let ca = r.text("mail.smtp_ca");
                Some(SmtpConfig {
                    host,
                    port: r.number("mail.smtp_port", 1, u16::MAX),
                    implicit_tls: security == "tls",
                    user: r.text("mail.smtp_user"),
                    password: Secret::new(r.text("mail.smtp_password")),
                    ca: (!ca.is_empty()).then(|| PathBuf::from(ca)),
                })
            }
            other => {
                r.problems.push(format!("mail.transport is “{other}”. folder or smtp is expected."));
                None
            }
        };
        let key = r.text("keys.registry");
        let config = Self {
            data: data.to_path_buf(),
            server: ServerConfig {
                address,
                base_url: r.text("server.base_url").trim_end_matches('/').to_owned(),
                tls,
                behind_proxy,
                workers: r.number("server.workers", 1, 64),
            },
            database: DatabaseConfig {
                url: (!url.is_empty()).then(|| Secret::new(url)),
                connections: r.number("database.connections", 2, 64),
            },
            key_file: r.path("keys.file", data, "keys/registry.key"),
            key: (!key.is_empty()).then(|| Secret::new(key)),
            session: SessionConfig {
                idle_minutes: r.number("session.idle_minutes", 5, 30),
                absolute_hours: r.number("session.absolute_hours", 1, 12),
            },
            password_minimum: r.number("password.minimum", 15, 128),
            mail: MailConfig {
                smtp,
                folder: r.path("mail.folder", data, "outbox"),
                from: match r.text("mail.from") {
                    t if t.is_empty() => "Cancer Registry <registry@localhost.localdomain>".to_owned(),
                    t => t,
                },
            },
        };
        if r.problems.is_empty() { Ok(config) } else { Err(ConfigProblems(r.problems)) }
    }

    /// Base of links: the setting, else made from the listening address.
    pub fn base_url(&self) -> String {
        if !self.server.base_url.is_empty() {
            return self.server.base_url.clone();
        }
        let scheme = if self.server.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.server.address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(file: &str, environment: &[(&str, &str)]) -> Result<Config, ConfigProblems> {
        let environment = environment.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        Config::check(Path::new("/data"), &effective(Some(file), &environment)?)
    }

    #[test]
    fn without_settings_it_is_safe() {
        let c = load("", &[]).unwrap();
        assert!(c.server.address.ip().is_loopback());
        assert!(c.database.url.is_none() && c.mail.smtp.is_none());
        assert_eq!(c.session.idle_minutes, 15);
    }

    #[test]
    fn the_environment_wins_over_the_file() {
        let file = "[server]\naddress = \"127.0.0.1:9000\"\nbehind_proxy = [\"10.0.0.7\"]";
        assert_eq!(load(file, &[]).unwrap().server.address.port(), 9000);
        let c = load(file, &[("CANCER_REGISTRY_SERVER_ADDRESS", "127.0.0.1:9001")]).unwrap();
        assert_eq!(c.server.address.port(), 9001);
        assert_eq!(c.server.behind_proxy.len(), 1);
    }

    #[test]
    fn all_problems_are_told_together_with_the_name_of_the_setting() {
        let problems = load(
            "[session]\nidle_minutes = 90\n[password]\nminimum = 6\n[mail]\ntransport = \"pigeon\"",
            &[],
        )
        .unwrap_err()
        .0;
        assert_eq!(problems.len(), 3, "{problems:?}");
        for (p, name) in problems.iter().zip(["mail.transport", "session.idle_minutes", "password.minimum"]) {
            assert!(p.contains(name), "{p}");
        }
        assert!(load("[server]\nadress = 1", &[]).unwrap_err().to_string().contains("server.adress"));
    }

    #[test]
    fn secrets_do_not_print() {
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "[redacted]");
    }
}
