//! Handing mails to a mail server (SMTP submission, RFC 6409).
//!
//! TLS is never optional: STARTTLS is required before anything but greetings is said, or TLS begins with
//! the first byte. The server's certificate is always verified, against the public authorities or against
//! one of your own. Each step has a time limit.
//! Source of the limits: house rule, connect 10 s, command 60 s, message 180 s.

use std::{fmt, future::Future, path::Path, time::Duration};

use lettre::transport::smtp::{
    Error as SmtpError,
    authentication::{Credentials, DEFAULT_MECHANISMS},
    client::{AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters},
    commands::{Data, Mail as MailFrom, Rcpt},
    extension::ClientId,
};
use tokio::{net::TcpStream, time::timeout};

use super::{
    line_wise::LineWise,
    mail::Mail,
    mailer::{Mailer, SendFailure, Verdict},
};

/// When TLS begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// After STARTTLS; a server that does not offer it gets no mail.
    StartTls,
    /// With the first byte.
    Tls,
}

/// Time limits.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// To reach the server.
    pub connect: Duration,
    /// For the answer to one command.
    pub command: Duration,
    /// To hand over one message.
    pub message: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            command: Duration::from_secs(60),
            message: Duration::from_secs(180),
        }
    }
}

/// A mail server.
#[derive(Clone)]
pub struct SmtpServer {
    /// Host name; the certificate must be for it.
    pub host: String,
    /// Port.
    pub port: u16,
    /// When TLS begins.
    pub security: Security,
    /// Account and password; without, mail is handed over without signing in.
    pub login: Option<(String, String)>,
    /// PEM of your own certificate authority, the only one trusted then.
    pub authority: Option<Vec<u8>>,
    /// Time limits.
    pub limits: Limits,
}

impl fmt::Debug for SmtpServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SmtpServer({}:{}, {:?}, [redacted])", self.host, self.port, self.security)
    }
}

/// Settings that cannot work.
#[derive(Debug, thiserror::Error)]
pub enum BadServer {
    /// The file with the authority cannot be read.
    #[error("mail.smtp_ca: {path}: {error}")]
    AuthorityFile {
        /// The file.
        path: String,
        /// Why.
        error: std::io::Error,
    },
    /// It holds no certificate.
    #[error("mail.smtp_ca: the file holds no certificate in PEM form")]
    NoAuthority,
    /// TLS cannot be set up.
    #[error("mail.smtp_host: TLS cannot be set up for “{host}”: {error}")]
    Tls {
        /// The host.
        host: String,
        /// Why.
        error: String,
    },
}

/// Reads the file named in `mail.smtp_ca`.
pub fn read_authority(path: &Path) -> Result<Vec<u8>, BadServer> {
    std::fs::read(path).map_err(|error| BadServer::AuthorityFile { path: path.display().to_string(), error })
}

/// Hands mails to one server, a connection each.
pub struct SmtpMailer {
    server: SmtpServer,
    tls: TlsParameters,
}

impl SmtpMailer {
    /// Checks the settings; does not connect.
    pub fn new(server: SmtpServer) -> Result<Self, BadServer> {
        let mut builder = TlsParameters::builder(server.host.clone());
        if let Some(pem) = &server.authority {
            if !String::from_utf8_lossy(pem).contains("-----BEGIN CERTIFICATE-----") {
                return Err(BadServer::NoAuthority);
            }
            let certificate = Certificate::from_pem(pem).map_err(|_| BadServer::NoAuthority)?;
            builder = builder.certificate_store(CertificateStore::None).add_root_certificate(certificate);
        }
        let tls = builder
            .build()
            .map_err(|e| BadServer::Tls { host: server.host.clone(), error: e.to_string() })?;
        Ok(Self { server, tls })
    }

    async fn hand_over(&self, mail: &Mail) -> Result<(), SendFailure> {
        let limit = self.server.limits.command;
        let mut connection = self.connect().await?;
        if let Some((user, password)) = &self.server.login {
            let credentials = Credentials::new(user.clone(), password.clone());
            within("signing in", limit, connection.auth(DEFAULT_MECHANISMS, &credentials))
                .await
                .map_err(Trouble::waits)?;
        }
        let from = MailFrom::new(Some(mail.from.clone()), Vec::new());
        within("the sender", limit, connection.command(from)).await.map_err(Trouble::about_mail)?;
        let to = Rcpt::new(mail.to.clone(), Vec::new());
        within("the recipient", limit, connection.command(to)).await.map_err(Trouble::about_address)?;
        within("the announcement of the message", limit, connection.command(Data))
            .await
            .map_err(Trouble::about_mail)?;
        within("the message", self.server.limits.message, connection.message(&mail.bytes))
            .await
            .map_err(Trouble::about_mail)?;
        // The server has answered for the mail; how it says good-bye changes nothing.
        let _ = timeout(Duration::from_secs(2), connection.quit()).await;
        Ok(())
    }

    /// An encrypted connection to a verified server, or nothing.
    async fn connect(&self) -> Result<AsyncSmtpConnection, SendFailure> {
        let SmtpServer { host, port, limits, .. } = &self.server;
        let name = ClientId::default();
        let connection = match self.server.security {
            Security::StartTls => {
                let tcp = within("connecting", limits.connect, TcpStream::connect((host.as_str(), *port)))
                    .await
                    .map_err(Trouble::waits)?;
                // Without this the end of a message waits for the acknowledgement of its body.
                tcp.set_nodelay(true).map_err(|e| Trouble::Io { step: "connecting", error: e }.waits())?;
                let stream = Box::new(LineWise::new(tcp));
                let greeted = AsyncSmtpConnection::connect_with_transport(stream, &name);
                let mut connection =
                    within("the greeting", limits.command, greeted).await.map_err(Trouble::waits)?;
                within("STARTTLS", limits.command, connection.starttls(self.tls.clone(), &name))
                    .await
                    .map_err(Trouble::waits)?;
                connection
            }
            Security::Tls => {
                let greeted = AsyncSmtpConnection::connect_tokio1(
                    (host.as_str(), *port),
                    Some(limits.connect),
                    &name,
                    Some(self.tls.clone()),
                    None,
                );
                within("connecting", limits.connect + limits.command, greeted)
                    .await
                    .map_err(Trouble::waits)?
            }
        };
        if connection.is_encrypted() { Ok(connection) } else { Err(Trouble::NotEncrypted.waits()) }
    }
}

impl Mailer for SmtpMailer {
    fn send(&self, mail: &Mail) -> Result<(), SendFailure> {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|e| SendFailure {
                verdict: Verdict::Later,
                reason: format!("No thread could be set up for mail: {e}"),
            })?;
        let outcome = runtime.block_on(self.hand_over(mail));
        // A name look-up that hangs must not hold the job.
        runtime.shutdown_background();
        outcome
    }

    fn describe(&self) -> String {
        let security = match self.server.security {
            Security::StartTls => "STARTTLS",
            Security::Tls => "TLS",
        };
        format!("mail server {} port {}, {security}", self.server.host, self.server.port)
    }
}

/// What went wrong at a step.
#[derive(Debug)]
enum Trouble {
    Late { step: &'static str, limit: Duration },
    Io { step: &'static str, error: std::io::Error },
    Smtp { step: &'static str, error: SmtpError },
    NotEncrypted,
}

impl From<(&'static str, std::io::Error)> for Trouble {
    fn from((step, error): (&'static str, std::io::Error)) -> Self {
        Self::Io { step, error }
    }
}

impl From<(&'static str, SmtpError)> for Trouble {
    fn from((step, error): (&'static str, SmtpError)) -> Self {
        Self::Smtp { step, error }
    }
}

async fn within<T, E>(
    step: &'static str,
    limit: Duration,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, Trouble>
where
    Trouble: From<(&'static str, E)>,
{
    match timeout(limit, work).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(Trouble::from((step, error))),
        Err(_) => Err(Trouble::Late { step, limit }),
    }
}

impl Trouble {
    /// Before the mail itself is spoken of: the server or the settings are at fault, the mail waits. A
    /// refused sign-in is no verdict on a mail, and a password set right must not find the day's mail gone.
    fn waits(self) -> SendFailure {
        SendFailure { verdict: Verdict::Later, reason: self.reason() }
    }

    fn about_mail(self) -> SendFailure {
        let verdict = if self.is_5xx() { Verdict::Never } else { Verdict::Later };
        SendFailure { verdict, reason: self.reason() }
    }

    fn about_address(self) -> SendFailure {
        let verdict = if self.is_5xx() { Verdict::AddressRefused } else { Verdict::Later };
        SendFailure { verdict, reason: self.reason() }
    }

    fn is_5xx(&self) -> bool {
        matches!(self, Self::Smtp { error, .. } if error.is_permanent())
    }

    fn reason(&self) -> String {
        let text = match self {
            Self::Late { step, limit } => format!("No answer to {step} within {} s", limit.as_secs_f32()),
            Self::Io { step, error } => format!("Error at {step}: {error}"),
            Self::Smtp { step, error } => match error.status() {
                Some(code) => {
                    let said = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
                    format!("The mail server refused {step}: {code} {said}")
                }
                None => format!("Error at {step}: {error}"),
            },
            Self::NotEncrypted => "The connection is not encrypted".to_owned(),
        };
        let clean = text.chars().map(|c| if c.is_control() { ' ' } else { c });
        clean.take(300).collect::<String>().trim_end().to_owned()
    }
}
