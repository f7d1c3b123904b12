use super::{address::Address, signals::Signals, socket::Socket, stream::SignallingStream, timeout_guard::TimeoutGuard};
use crate::tls::TlsFailure;
use amiquip::{Auth, Connection, ConnectionOptions, ConnectionTuning, Error};
use std::{
    net::{SocketAddr, TcpStream, ToSocketAddrs},
    sync::Arc,
    time::Duration,
};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// Seconds; a broker that is silent for twice as long is given up.
const HEARTBEAT: u16 = 5;
/// Frames handed to the I/O thread and not taken yet, per channel. It takes them whatever the broker does, up to [`MAX_UNSENT_BYTES`].
const MAX_QUEUED_FRAMES: usize = 512;
/// Above all that the limits on unconfirmed messages, calls and prefetch let be under way at once: beyond it publishing would block.
const MAX_UNSENT_BYTES: usize = 64 << 20;

/// An open connection.
pub(in super::super) struct Link {
    pub connection: Connection,
    pub watch: Watch,
}

/// What the I/O thread of a connection tells, and what breaks the connection.
#[derive(Clone)]
pub(in super::super) struct Watch {
    pub signals: Arc<Signals>,
    pub guard: Arc<TimeoutGuard>,
}

/// Opens a connection; the name is resolved anew every time. The error says which address was tried and why it failed. `ended` is called
/// when an opened connection, or one that failed while it was opened, is given up.
pub(super) fn open(address: &Address, name: &str, ended: &(impl Fn() + Clone + Send + Sync + 'static)) -> Result<Link, String> {
    let targets =
        (address.host.as_str(), address.port).to_socket_addrs().map_err(|e| format!("{address}: the host name does not resolve: {e}"))?;
    let mut failed = format!("{address}: the host name has no addresses");
    for target in targets {
        match open_one(target, address, name, ended.clone()) {
            Ok(link) => return Ok(link),
            Err(why) => failed = format!("{address}: {why}"),
        }
    }
    Err(failed)
}

fn open_one(target: SocketAddr, address: &Address, name: &str, ended: impl Fn() + Send + Sync + 'static) -> Result<Link, String> {
    let stream = TcpStream::connect_timeout(&target, CONNECT_TIMEOUT).map_err(|e| format!("{target}: {e}"))?;
    // Without this a call waits for the delayed acknowledgement of TCP: 40 ms instead of less than one.
    stream.set_nodelay(true).map_err(|e| e.to_string())?;
    let guard = Arc::new(TimeoutGuard::new(stream.try_clone().map_err(|e| e.to_string())?));
    let signals = Arc::new(Signals::new(ended));
    let socket = match &address.tls {
        Some(config) => Socket::tls(stream, &address.host, config, CONNECT_TIMEOUT)?,
        None => Socket::plain(stream).map_err(|e| e.to_string())?,
    };
    let stream = SignallingStream::new(socket, signals.clone());
    let options = ConnectionOptions::default()
        .auth(Auth::Plain { username: address.user.clone(), password: address.password.clone() })
        .virtual_host(address.vhost.as_str())
        .heartbeat(HEARTBEAT)
        .connection_timeout(Some(CONNECT_TIMEOUT))
        .information(Some(name.to_owned()));
    let tuning = ConnectionTuning::default().mem_channel_bound(MAX_QUEUED_FRAMES).buffered_writes_high_water(MAX_UNSENT_BYTES);
    let connection = Connection::insecure_open_stream(stream, options, tuning).map_err(|e| match e {
        // The broker drops the connection without a word when it does not like the password.
        Error::InvalidCredentials => format!("the login of `{}` was refused [bus-login]", address.user),
        Error::ConnectionTimeout => "no answer to the handshake within 3 s".into(),
        Error::ServerClosedConnection { code, message } => format!("refused: {message} ({code}) [bus-refused]"),
        other => TlsFailure::among(&other).map_or_else(|| other.to_string(), |failure| failure.to_string()),
    });
    connection.map(|connection| Link { connection, watch: Watch { signals, guard } })
}
