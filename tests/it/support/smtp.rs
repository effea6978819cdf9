//! A mail server that does as it is told: STARTTLS or TLS, sign-in, replies 4xx and 5xx, silence, a line
//! that drops after the message. It keeps what it accepted. Loopback only.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{Arc, Mutex, atomic::AtomicUsize, atomic::Ordering},
    time::Duration,
};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::{ServerConfig, pki_types::PrivateKeyDer};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::TlsAcceptor;

/// The account the server knows.
pub(crate) const USER: &str = "registry";
/// Its password.
pub(crate) const PASSWORD: &str = "a long practice password";

/// When the server offers TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Offer {
    StartTls,
    Tls,
    /// STARTTLS is taken out of the greeting, as somebody in between would.
    Stripped,
    /// Replies in the clear are appended to the answer to STARTTLS.
    Injected,
}

/// Where in a conversation something happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum At {
    Greeting,
    Auth,
    From,
    To,
    Data,
    Message,
}

/// What the server does differently in one conversation.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// Answers this instead.
    Say(At, &'static str),
    /// Says nothing any more.
    Stall(At),
    /// Takes the message and drops the line without an answer.
    DropAfterMessage,
}

/// A message the server took (or, after `DropAfterMessage`, received).
#[derive(Clone, Debug)]
pub(crate) struct Taken {
    pub(crate) from: String,
    pub(crate) to: Vec<String>,
    pub(crate) data: String,
    pub(crate) encrypted: bool,
    pub(crate) user: Option<String>,
    /// Did the server say that it took it?
    pub(crate) answered: bool,
}

impl Taken {
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let head = self.data.split("\r\n\r\n").next()?;
        let start = format!("{}:", name.to_lowercase());
        let line = head.lines().find(|l| l.to_lowercase().starts_with(&start))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    }
}

#[derive(Default)]
struct State {
    script: VecDeque<Act>,
    taken: Vec<Taken>,
    /// Everything clients said in the clear.
    clear: String,
}

/// The server; dropping it stops it.
pub(crate) struct FakeSmtp {
    address: SocketAddr,
    authority: String,
    offer: Offer,
    config: Arc<ServerConfig>,
    state: Arc<Mutex<State>>,
    connections: Arc<AtomicUsize>,
    runtime: Option<tokio::runtime::Runtime>,
}

impl FakeSmtp {
    /// Starts with a certificate for `localhost` by an authority of its own.
    pub(crate) fn start(offer: Offer) -> Self {
        Self::start_as(offer, "localhost")
    }

    /// Starts with a certificate for another name.
    pub(crate) fn start_as(offer: Offer, name: &str) -> Self {
        let (config, authority) = certificate(name);
        let mut server = Self {
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            authority,
            offer,
            config: Arc::new(config),
            state: Arc::default(),
            connections: Arc::default(),
            runtime: None,
        };
        server.resume();
        server
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// PEM of the authority.
    pub(crate) fn authority(&self) -> &str {
        &self.authority
    }

    /// One act a conversation, in this order; then it is well-behaved again.
    pub(crate) fn script(&self, acts: impl IntoIterator<Item = Act>) {
        self.state.lock().unwrap().script.extend(acts);
    }

    pub(crate) fn taken(&self) -> Vec<Taken> {
        self.state.lock().unwrap().taken.clone()
    }

    pub(crate) fn said_in_the_clear(&self) -> String {
        self.state.lock().unwrap().clear.clone()
    }

    /// Conversations begun so far.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// Connections are refused from now on.
    pub(crate) fn stop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(Duration::from_secs(1));
        }
    }

    /// Listens again on the same port.
    pub(crate) fn resume(&mut self) {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(TcpListener::bind(self.address)).unwrap();
        self.address = listener.local_addr().unwrap();
        let (offer, config) = (self.offer, self.config.clone());
        let (state, connections) = (self.state.clone(), self.connections.clone());
        runtime.spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                connections.fetch_add(1, Ordering::SeqCst);
                let act = state.lock().unwrap().script.pop_front();
                let talk = Talk { offer, config: config.clone(), state: state.clone(), act };
                // A client that hangs up ends the conversation; the test looks at what was taken.
                tokio::spawn(async move { drop(talk.run(tcp).await) });
            }
        });
        self.runtime = Some(runtime);
    }
}

impl Drop for FakeSmtp {
    fn drop(&mut self) {
        self.stop();
    }
}

fn certificate(name: &str) -> (ServerConfig, String) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
        .unwrap();
    (config, issuer.pem())
}

struct Talk {
    offer: Offer,
    config: Arc<ServerConfig>,
    state: Arc<Mutex<State>>,
    act: Option<Act>,
}

enum End {
    Closed,
    StartTls,
}

impl Talk {
    async fn run(self, tcp: TcpStream) -> std::io::Result<()> {
        tcp.set_nodelay(true)?;
        let acceptor = TlsAcceptor::from(self.config.clone());
        if self.offer == Offer::Tls {
            let mut tls = acceptor.accept(tcp).await?;
            self.talk(&mut tls, true, true).await?;
            return Ok(());
        }
        let mut tcp = tcp;
        if let End::StartTls = self.talk(&mut tcp, false, true).await? {
            let mut tls = acceptor.accept(tcp).await?;
            self.talk(&mut tls, true, false).await?;
        }
        Ok(())
    }

    /// The scripted words for a step, or the usual ones; `None` is silence.
    fn answer(&self, at: At, usual: &str) -> Option<String> {
        match &self.act {
            Some(Act::Say(when, words)) if *when == at => Some(format!("{words}\r\n")),
            Some(Act::Stall(when)) if *when == at => None,
            _ => Some(format!("{usual}\r\n")),
        }
    }

    async fn talk<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: &mut S,
        encrypted: bool,
        greet: bool,
    ) -> std::io::Result<End> {
        let mut lines = Lines { buffer: Vec::new() };
        if greet && !self.reply(stream, At::Greeting, "220 practice mail server").await? {
            return Ok(End::Closed);
        }
        let (mut from, mut to, mut user) = (String::new(), Vec::new(), None);
        while let Some(line) = lines.next(stream).await? {
            if !encrypted {
                self.state.lock().unwrap().clear.push_str(&line);
            }
            let upper = line.to_uppercase();
            let going = if upper.starts_with("EHLO") {
                let starttls = !encrypted && self.offer != Offer::Stripped;
                let words = if starttls {
                    "250-practice\r\n250-8BITMIME\r\n250 STARTTLS\r\n"
                } else {
                    "250-practice\r\n250-8BITMIME\r\n250 AUTH LOGIN PLAIN\r\n"
                };
                stream.write_all(words.as_bytes()).await?;
                true
            } else if upper.starts_with("STARTTLS") {
                let mut words = "220 go ahead\r\n".to_owned();
                if self.offer == Offer::Injected {
                    words.push_str("250-practice\r\n250 AUTH PLAIN\r\n235 in\r\n250 ok\r\n250 ok\r\n354 go\r\n250 taken\r\n");
                }
                stream.write_all(words.as_bytes()).await?;
                stream.flush().await?;
                return Ok(End::StartTls);
            } else if upper.starts_with("AUTH") {
                let given = self.sign_in(stream, &mut lines, line.trim()).await?;
                let good = given == Some((USER.to_owned(), PASSWORD.to_owned()));
                if good {
                    user = Some(USER.to_owned());
                }
                let words = if good { "235 2.7.0 welcome" } else { "535 5.7.8 wrong account or password" };
                self.reply(stream, At::Auth, words).await?
            } else if upper.starts_with("MAIL FROM") {
                from = line.trim()[10..].to_owned();
                to.clear();
                self.reply(stream, At::From, "250 ok").await?
            } else if upper.starts_with("RCPT TO") {
                to.push(line.trim()[8..].to_owned());
                self.reply(stream, At::To, "250 ok").await?
            } else if upper.starts_with("DATA") {
                let going = self.reply(stream, At::Data, "354 go ahead").await?;
                if going && !matches!(self.act, Some(Act::Say(At::Data, _))) {
                    let mut data = String::new();
                    while let Some(line) = lines.next(stream).await?.filter(|l| l != ".\r\n") {
                        data.push_str(line.strip_prefix('.').unwrap_or(&line));
                    }
                    let refused =
                        matches!(self.act, Some(Act::Say(At::Message, _) | Act::Stall(At::Message)));
                    let dropped = matches!(self.act, Some(Act::DropAfterMessage));
                    if !refused {
                        self.state.lock().unwrap().taken.push(Taken {
                            from: from.clone(),
                            to: to.clone(),
                            data,
                            encrypted,
                            user: user.clone(),
                            answered: !dropped,
                        });
                    }
                    if dropped {
                        return Ok(End::Closed);
                    }
                    self.reply(stream, At::Message, "250 2.0.0 taken").await?
                } else {
                    going
                }
            } else if upper.starts_with("QUIT") {
                stream.write_all(b"221 bye\r\n").await?;
                return Ok(End::Closed);
            } else {
                stream.write_all(b"502 not known\r\n").await?;
                true
            };
            if !going {
                return Ok(End::Closed);
            }
            stream.flush().await?;
        }
        Ok(End::Closed)
    }

    /// Answers; in silence it waits until the test is over.
    async fn reply<S: AsyncWrite + Unpin>(
        &self,
        stream: &mut S,
        at: At,
        usual: &str,
    ) -> std::io::Result<bool> {
        let Some(words) = self.answer(at, usual) else {
            tokio::time::sleep(Duration::from_secs(120)).await;
            return Ok(false);
        };
        stream.write_all(words.as_bytes()).await?;
        stream.flush().await?;
        Ok(true)
    }

    async fn sign_in<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: &mut S,
        lines: &mut Lines,
        line: &str,
    ) -> std::io::Result<Option<(String, String)>> {
        let mut words = line.split_whitespace().skip(1);
        match (words.next(), words.next()) {
            (Some("PLAIN"), Some(given)) => {
                let text = unbase64(given);
                let mut parts = text.split('\0').skip(1);
                Ok(parts.next().map(str::to_owned).zip(parts.next().map(str::to_owned)))
            }
            (Some("LOGIN"), None) => {
                // "Username:" and "Password:".
                stream.write_all(b"334 VXNlcm5hbWU6\r\n").await?;
                stream.flush().await?;
                let user = lines.next(stream).await?.unwrap_or_default();
                stream.write_all(b"334 UGFzc3dvcmQ6\r\n").await?;
                stream.flush().await?;
                let password = lines.next(stream).await?.unwrap_or_default();
                Ok(Some((unbase64(user.trim()), unbase64(password.trim()))))
            }
            _ => Ok(None),
        }
    }
}

struct Lines {
    buffer: Vec<u8>,
}

impl Lines {
    /// The next line with its end; `None` when the client hung up.
    async fn next<S: AsyncRead + Unpin>(&mut self, stream: &mut S) -> std::io::Result<Option<String>> {
        loop {
            if let Some(end) = self.buffer.iter().position(|b| *b == b'\n') {
                let line: Vec<u8> = self.buffer.drain(..=end).collect();
                return Ok(Some(String::from_utf8_lossy(&line).into_owned()));
            }
            let mut chunk = [0u8; 4096];
            let n = stream.read(&mut chunk).await?;
            if n == 0 {
                return Ok(None);
            }
            self.buffer.extend_from_slice(&chunk[..n]);
        }
    }
}

fn unbase64(text: &str) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bits, mut held, mut out) = (0u32, 0, Vec::new());
    for value in text.bytes().filter_map(|b| LETTERS.iter().position(|l| *l == b)) {
        bits = bits << 6 | u32::try_from(value).unwrap();
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push(u8::try_from(bits >> held & 0xff).unwrap());
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
