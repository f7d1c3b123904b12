use super::{address::Address, clean::Clean, fuse::Fuse, socket::Socket};
use crate::tls::TlsFailure;
use amiquip::{Auth, Connection, ConnectionOptions, ConnectionTuning, Error};
use std::{
    net::{TcpStream, ToSocketAddrs},
    time::Duration,
};

const CONNECT: Duration = Duration::from_secs(3);
/// Seconds; a broker that is silent for twice as long is given up.
const HEARTBEAT: u16 = 5;

/// An open connection, and what breaks it.
pub(super) struct Link {
    pub connection: Connection,
    pub fuse: Fuse,
}

/// Opens a connection; the name is resolved anew every time. The error says which address was tried and why it failed.
pub(super) fn open(address: &Address, name: &str) -> Result<Link, String> {
    let targets =
        (address.host.as_str(), address.port).to_socket_addrs().map_err(|e| format!("{address}: the host name does not resolve: {e}"))?;
    let mut failed = format!("{address}: the host name has no addresses");
    for target in targets {
        match open_one(target, address, name) {
            Ok(link) => return Ok(link),
            Err(why) => failed = format!("{address}: {why}"),
        }
    }
    Err(failed)
}

fn open_one(target: std::net::SocketAddr, address: &Address, name: &str) -> Result<Link, String> {
    let stream = TcpStream::connect_timeout(&target, CONNECT).map_err(|e| format!("{target}: {e}"))?;
    // Without this a call waits for the delayed acknowledgement of TCP: 40 ms instead of less than one.
    stream.set_nodelay(true).map_err(|e| e.to_string())?;
    let fuse = Fuse::new(stream.try_clone().map_err(|e| e.to_string())?);
    let socket = match &address.tls {
        Some(config) => Socket::tls(stream, &address.host, config, CONNECT)?,
        None => Socket::plain(stream).map_err(|e| e.to_string())?,
    };
    let stream = Clean::new(socket);
    let options = ConnectionOptions::default()
        .auth(Auth::Plain { username: address.user.clone(), password: address.password.clone() })
        .virtual_host(address.vhost.as_str())
        .heartbeat(HEARTBEAT)
        .connection_timeout(Some(CONNECT))
        .information(Some(name.to_owned()));
    let connection =
        Connection::insecure_open_stream(stream, options, ConnectionTuning::default().mem_channel_bound(512)).map_err(|e| match e {
            // The broker drops the connection without a word when it does not like the password.
            Error::InvalidCredentials => format!("the login of `{}` was refused [bus-login]", address.user),
            Error::ConnectionTimeout => "no answer to the handshake within 3 s".into(),
            Error::ServerClosedConnection { code, message } => format!("refused: {message} ({code}) [bus-refused]"),
            other => TlsFailure::among(&other).map_or_else(|| other.to_string(), |failure| failure.to_string()),
        });
    connection.map(|connection| Link { connection, fuse })
}
