//! A connection that hands out one line at a time.
//!
//! Before STARTTLS everything travels in the clear. Somebody in between could append answers to the
//! server's "ready", and a reader that has them in its buffer would take them for answers given under TLS.
//! With this stream no reader ever holds more than the line it asked for: what was appended meets the TLS
//! handshake, which fails on it.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll, ready},
};

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

/// See the module.
#[derive(Debug)]
pub(super) struct LineWise {
    tcp: TcpStream,
    /// Read from the network, not yet handed out: `waiting[from..]`.
    waiting: Vec<u8>,
    from: usize,
}

impl LineWise {
    pub(super) fn new(tcp: TcpStream) -> Self {
        Self { tcp, waiting: Vec::new(), from: 0 }
    }
}

impl AsyncRead for LineWise {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.from >= this.waiting.len() {
            let mut chunk = [0u8; 4096];
            let mut fresh = ReadBuf::new(&mut chunk);
            ready!(Pin::new(&mut this.tcp).poll_read(cx, &mut fresh))?;
            this.waiting.clear();
            this.waiting.extend_from_slice(fresh.filled());
            this.from = 0;
        }
        let rest = this.waiting.get(this.from..).unwrap_or_default();
        let line = rest.iter().position(|b| *b == b'\n').map_or(rest.len(), |end| end + 1);
        let give = line.min(out.remaining());
        out.put_slice(rest.get(..give).unwrap_or_default());
        this.from += give;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for LineWise {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.tcp).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(cx)
    }
}

impl AsyncTokioStream for LineWise {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.tcp.peer_addr()
    }
}
