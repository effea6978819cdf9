//! Every setting by name, and where its value comes from: environment, file or default.

use std::{collections::BTreeMap, fmt};

/// A text that never shows in logs or messages.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret itself; the caller must not print it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// One setting the program knows.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    /// `section.key` of the file; the environment variable is derived from it.
    pub key: &'static str,
    /// Value without any setting; empty for none.
    pub default: &'static str,
    /// Is it masked when shown?
    pub secret: bool,
    /// What it does.
    pub meaning: &'static str,
}

const fn known(key: &'static str, default: &'static str, meaning: &'static str) -> Known {
    Known { key, default, secret: false, meaning }
}

const fn secret(key: &'static str, meaning: &'static str) -> Known {
    Known { key, default: "", secret: true, meaning }
}

/// All settings.
pub const KNOWN: &[Known] = &[
    known(
        "server.address",
        "127.0.0.1:8080",
        "Address and port to listen on. Off loopback a certificate or a proxy is needed.",
    ),
    known(
        "server.base_url",
        "",
        "Address people use, for links in mails. Default: made from server.address.",
    ),
    known(
        "server.certificate",
        "",
        "PEM file with the certificate chain; with server.private_key it turns on TLS.",
    ),
    known("server.private_key", "", "PEM file with the private key."),
    known(
        "server.behind_proxy",
        "",
        "Addresses of proxies that end TLS in front of this server, separated by blanks.",
    ),
    known("server.workers", "2", "Threads that answer requests, 1 to 64."),
    secret(
        "database.url",
        "postgres://… for a PostgreSQL server; default is the encrypted file in the data directory.",
    ),
    known("database.connections", "8", "Connections kept open, 2 to 64."),
    known(
        "keys.file",
        "",
        "File with the registry key (64 hexadecimal digits, readable by its owner only). Default: keys/registry.key in the data directory.",
    ),
    secret("keys.registry", "The registry key itself. Prefer keys.file: environments leak."),
    known(
        "session.idle_minutes",
        "15",
        "Minutes without a request after which a person signs in again, 5 to 30.",
    ),
    known("session.absolute_hours", "12", "Hours after which a person signs in again in any case, 1 to 12."),
    known("password.minimum", "15", "Least number of characters of a password, 15 or more."),
    known("mail.transport", "folder", "folder: .eml files in the outbox folder; smtp: a mail server."),
    known("mail.folder", "", "Folder for .eml files. Default: outbox in the data directory."),
    known("mail.from", "", "Sender of all mails, for instance Cancer Registry <registry@hospital.example>."),
    known("mail.smtp_host", "", "Name of the mail server."),
    known("mail.smtp_port", "587", "Port of the mail server."),
    known("mail.smtp_security", "starttls", "starttls (required, never optional) or tls."),
    known("mail.smtp_user", "", "Account on the mail server."),
    secret("mail.smtp_password", "Password on the mail server."),
    known(
        "mail.smtp_ca",
        "",
        "PEM file with the certificate authority of a private mail server. Certificates are always verified.",
    ),
];

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Not set.
    Default,
    /// The settings file.
    File,
    /// An environment variable.
    Environment,
}

/// Value in force of one setting.
#[derive(Clone, Debug)]
pub struct Effective {
    /// The setting.
    pub known: Known,
    /// Its value.
    pub value: String,
    /// Where it came from.
    pub origin: Origin,
}

/// Something wrong with the settings; all problems are reported together.
#[derive(Debug, thiserror::Error)]
#[error("The settings cannot be used:\n{}", .0.join("\n"))]
pub struct ConfigProblems(pub Vec<String>);

/// `CANCER_REGISTRY_SERVER_ADDRESS` for `server.address`.
pub fn variable(key: &str) -> String {
    format!("CANCER_REGISTRY_{}", key.replace('.', "_").to_uppercase())
}

/// Reads the file (when there is one) and the environment; unknown keys are problems.
pub fn effective(
    file: Option<&str>,
    environment: &BTreeMap<String, String>,
) -> Result<Vec<Effective>, ConfigProblems> {
    let mut problems = Vec::new();
    let mut from_file = BTreeMap::new();
    if let Some(text) = file {
        match text.parse::<toml::Table>() {
            Ok(table) => flatten(&table, "", &mut from_file),
            Err(e) => problems.push(format!("The settings file is not TOML: {}", e.message())),
        }
    }
    for key in from_file.keys() {
        if !KNOWN.iter().any(|k| k.key == key) {
            problems.push(format!("{key}: there is no such setting. `config show` lists them all."));
        }
    }
    if !problems.is_empty() {
        return Err(ConfigProblems(problems));
    }
    Ok(KNOWN
        .iter()
        .map(|k| {
            let (value, origin) = if let Some(v) = environment.get(&variable(k.key)) {
                (v.clone(), Origin::Environment)
            } else if let Some(v) = from_file.get(k.key) {
                (v.clone(), Origin::File)
            } else {
                (k.default.to_owned(), Origin::Default)
            };
            Effective { known: *k, value, origin }
        })
        .collect())
}

fn flatten(table: &toml::Table, prefix: &str, into: &mut BTreeMap<String, String>) {
    for (name, value) in table {
        let key = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        match value {
            toml::Value::Table(inner) => flatten(inner, &key, into),
            toml::Value::String(s) => {
                into.insert(key, s.clone());
            }
            toml::Value::Array(list) => {
                let words: Vec<_> =
                    list.iter().map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned)).collect();
                into.insert(key, words.join(" "));
            }
            other => {
                into.insert(key, other.to_string());
            }
        }
    }
}
