//! Binds ports.

use super::handover;
use fm_sdk::{Error, Kind, Result};
use socket2::{Domain, Protocol, Socket, Type};
use std::{
    io,
    net::{TcpListener, ToSocketAddrs},
    os::unix::net::UnixStream,
    path::Path,
};

/// Connections that may wait to be accepted.
const BACKLOG: i32 = 1024;

/// Listens on the address that a setting names: with the socket of the gateway that answers at `from`, else with a new one.
///
/// # Errors
/// `Unavailable`, code `bind`, with the setting's name.
pub fn bind(name: &str, address: &str, from: Option<&Path>) -> Result<(TcpListener, Option<UnixStream>)> {
    let bound = || {
        let address = address.to_socket_addrs()?.next().ok_or(io::ErrorKind::AddrNotAvailable)?;
        if let Some(taken) = from.map(|path| handover::take(path, address)).transpose()?.flatten() {
            log::info!("handover: {name}={address}: listening socket taken over from the running gateway");
            return Ok((taken.socket, Some(taken.tie)));
        }
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
        socket.set_reuse_address(true)?;
        socket.bind(&address.into())?;
        socket.listen(BACKLOG)?;
        socket.set_nonblocking(true)?;
        Ok((socket.into(), None))
    };
    bound().map_err(|e: io::Error| Error::new(Kind::Unavailable, "bind", format!("{name}={address} cannot be bound: {e}")).caused_by(e))
}
