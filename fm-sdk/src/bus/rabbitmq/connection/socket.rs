//! The socket under a connection: plain, or TLS by rustls. The client library polls it with mio, and its own TLS is OpenSSL's.

use crate::tls::TlsFailure;
use mio::{Evented, Poll, PollOpt, Ready, Token, net::TcpStream};
use rustls::{ClientConfig, ClientConnection, pki_types::ServerName};
use std::{
    io::{ErrorKind, Read, Result, Write},
    sync::Arc,
    time::Duration,
};

/// Plaintext that is encrypted at once; the largest TLS record.
const CHUNK: usize = 16 << 10;

pub(super) enum Socket {
    Plain(TcpStream),
    Tls(Box<Tls>),
}

impl Socket {
    pub fn plain(stream: std::net::TcpStream) -> Result<Socket> {
        Ok(Socket::Plain(TcpStream::from_stream(stream)?))
    }

    /// Shakes hands, blocking for at most `within` per answer.
    pub fn tls(
        mut stream: std::net::TcpStream,
        host: &str,
        config: &Arc<ClientConfig>,
        within: Duration,
    ) -> std::result::Result<Socket, String> {
        let name = ServerName::try_from(host.to_owned()).map_err(|e| format!("`{host}` is no name of a server: {e}"))?;
        let mut session = ClientConnection::new(config.clone(), name).map_err(|e| e.to_string())?;
        let mut shake = |stream: &mut std::net::TcpStream| {
            stream.set_read_timeout(Some(within))?;
            stream.set_write_timeout(Some(within))?;
            while session.is_handshaking() {
                session.complete_io(stream)?;
            }
            Ok(())
        };
        shake(&mut stream).map_err(|e: std::io::Error| match (TlsFailure::among(&e), e.kind()) {
            (Some(failure), _) => failure.to_string(),
            (None, ErrorKind::WouldBlock | ErrorKind::TimedOut) => format!("no answer to the TLS handshake within {} s", within.as_secs()),
            (None, _) => TlsFailure::hung_up().to_string(),
        })?;
        let stream = TcpStream::from_stream(stream).map_err(|e| e.to_string())?;
        Ok(Socket::Tls(Box::new(Tls { stream, session, accepted: 0 })))
    }

    fn stream(&self) -> &TcpStream {
        match self {
            Socket::Plain(stream) => stream,
            Socket::Tls(tls) => &tls.stream,
        }
    }
}

/// A TLS session over a socket that does not block.
pub(super) struct Tls {
    stream: TcpStream,
    session: ClientConnection,
    /// Plaintext that was encrypted and is not known to be sent.
    accepted: usize,
}

impl Tls {
    fn send_pending(&mut self) -> Result<()> {
        while self.session.wants_write() {
            self.session.write_tls(&mut self.stream)?;
        }
        Ok(())
    }
}

impl Read for Tls {
    fn read(&mut self, to: &mut [u8]) -> Result<usize> {
        loop {
            match self.session.reader().read(to) {
                Err(e) if e.kind() == ErrorKind::WouldBlock => {}
                done => return done,
            }
            if self.session.read_tls(&mut self.stream)? == 0 {
                return Ok(0);
            }
            let processed = self.session.process_new_packets();
            // An answer of the protocol itself, or the alert that says what was wrong. What does not fit now goes with the next write.
            let _ = self.send_pending();
            processed.map_err(|e| std::io::Error::new(ErrorKind::InvalidData, e))?;
        }
    }
}

impl Write for Tls {
    /// Says that bytes were written only when their ciphertext is with the system: who writes waits for the socket only while it has
    /// something to write. Until then it must come again with the same bytes, as it does after `WouldBlock` anyway.
    fn write(&mut self, from: &[u8]) -> Result<usize> {
        let mut sent = 0;
        while sent < from.len() {
            if self.accepted == 0 {
                let end = from.len().min(sent + CHUNK);
                self.accepted = self.session.writer().write(&from[sent..end])?;
            }
            match self.send_pending() {
                Ok(()) => sent += std::mem::take(&mut self.accepted),
                Err(e) if e.kind() == ErrorKind::WouldBlock && sent > 0 => break,
                Err(e) => return Err(e),
            }
        }
        Ok(sent)
    }
    fn flush(&mut self) -> Result<()> {
        self.send_pending()
    }
}

impl Read for Socket {
    fn read(&mut self, to: &mut [u8]) -> Result<usize> {
        match self {
            Socket::Plain(stream) => stream.read(to),
            Socket::Tls(tls) => tls.read(to),
        }
    }
}

impl Write for Socket {
    fn write(&mut self, from: &[u8]) -> Result<usize> {
        match self {
            Socket::Plain(stream) => stream.write(from),
            Socket::Tls(tls) => tls.write(from),
        }
    }
    fn flush(&mut self) -> Result<()> {
        match self {
            Socket::Plain(stream) => stream.flush(),
            Socket::Tls(tls) => tls.flush(),
        }
    }
}

impl Evented for Socket {
    fn register(&self, poll: &Poll, token: Token, interest: Ready, opts: PollOpt) -> Result<()> {
        self.stream().register(poll, token, interest, opts)
    }
    fn reregister(&self, poll: &Poll, token: Token, interest: Ready, opts: PollOpt) -> Result<()> {
        self.stream().reregister(poll, token, interest, opts)
    }
    fn deregister(&self, poll: &Poll) -> Result<()> {
        self.stream().deregister(poll)
    }
}
