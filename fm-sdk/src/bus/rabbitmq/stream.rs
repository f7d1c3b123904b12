use super::address::Address;
use amiquip::{Auth, Connection, ConnectionOptions, ConnectionTuning, Error};
use std::{
    net::{TcpStream, ToSocketAddrs},
    time::Duration,
};

const CONNECT: Duration = Duration::from_secs(3);
/// Seconds; a broker that is silent for twice as long is given up.
const HEARTBEAT: u16 = 5;

/// Opens a connection; the name is resolved anew every time. The error says which address was tried and why it failed.
pub(super) fn open(address: &Address, name: &str) -> Result<Connection, String> {
    let targets =
        (address.host.as_str(), address.port).to_socket_addrs().map_err(|e| format!("{address}: the host name does not resolve: {e}"))?;
    let mut failed = format!("{address}: the host name has no addresses");
    for target in targets {
        match open_one(target, address, name) {
            Ok(connection) => return Ok(connection),
            Err(why) => failed = format!("{address}: {why}"),
        }
    }
    Err(failed)
}

fn open_one(target: std::net::SocketAddr, address: &Address, name: &str) -> Result<Connection, String> {
    let stream = TcpStream::connect_timeout(&target, CONNECT).map_err(|e| format!("{target}: {e}"))?;
    // Without this a call waits for the delayed acknowledgement of TCP: 40 ms instead of less than one.
    stream.set_nodelay(true).map_err(|e| e.to_string())?;
    let stream = mio::net::TcpStream::from_stream(stream).map_err(|e| e.to_string())?;
    let options = ConnectionOptions::default()
        .auth(Auth::Plain { username: address.user.clone(), password: address.password.clone() })
        .virtual_host(address.vhost.as_str())
        .heartbeat(HEARTBEAT)
        .connection_timeout(Some(CONNECT))
        .information(Some(name.to_owned()));
    Connection::insecure_open_stream(stream, options, ConnectionTuning::default().mem_channel_bound(512)).map_err(|e| match e {
        // The broker drops the connection without a word when it does not like the password.
        Error::InvalidCredentials => format!("the login of `{}` was refused", address.user),
        Error::ConnectionTimeout => "no answer to the handshake within 3 s".into(),
        Error::ServerClosedConnection { code, message } => format!("refused: {message} ({code})"),
        other => other.to_string(),
    })
}
