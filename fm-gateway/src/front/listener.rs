//! Binds ports, and listens for clients.

use super::{gateway::Gateway, handover, serve::serve, socket::Socket, turn::Talk};
use crate::{pipeline::Worker, upstream::Pool};
use actix_http::{HttpService, KeepAlive, Request, error::DispatchError};
use actix_server::Server;
use actix_service::{ServiceFactoryExt, fn_factory, fn_service};
use fm_sdk::{Error, Kind, Result, http::Draining};
use socket2::{Domain, Protocol, Socket as System, Type};
use std::{
    convert::Infallible,
    io,
    net::{TcpListener, ToSocketAddrs},
    os::unix::net::UnixStream,
    path::Path,
    rc::Rc,
    sync::Arc,
    time::Duration,
};
use tokio::net::TcpStream;

/// How long clients have to take the rest of their answers once the server stops; seconds.
const LAST_ANSWERS: u64 = 30;

/// Connections beyond its limit that a client is told about; more are closed without a word.
const EXCESS: usize = 16;

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
            log::info!("{name}={address}: takes the listening socket over from the gateway that has it");
            return Ok((taken.socket, Some(taken.tie)));
        }
        let socket = System::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
        socket.set_reuse_address(true)?;
        socket.bind(&address.into())?;
        socket.listen(BACKLOG)?;
        socket.set_nonblocking(true)?;
        Ok((socket.into(), None))
    };
    bound().map_err(|e: io::Error| Error::new(Kind::Unavailable, "bind", format!("{name}={address} cannot be bound: {e}")).caused_by(e))
}

/// Serves clients on a bound socket. Once `leave` has begun, connections that wait for a request are closed.
///
/// # Errors
/// Those of the system, when the socket cannot be used.
pub fn listen(gateway: Arc<Gateway>, socket: TcpListener, workers: usize, leave: Draining) -> io::Result<Server> {
    let local = socket.local_addr()?;
    let server = Server::build().workers(workers).disable_signals().shutdown_timeout(LAST_ANSWERS);
    let server = server.max_concurrent_connections(gateway.limits.connections.div_ceil(workers.max(1)));
    let server = server.listen("gateway", socket, move || {
        let (gateway, leave) = (gateway.clone(), leave.clone());
        let (limits, connections, metrics) = (gateway.limits.clone(), gateway.connections.clone(), gateway.metrics.clone());
        let http = HttpService::build()
            // The socket keeps the time: that of the server begins anew whenever it looks at the connection.
            .keep_alive(KeepAlive::Os)
            .client_request_timeout(limits.head_time)
            .client_disconnect_timeout(Duration::from_secs(1))
            // A client that has gone away wants no answer.
            .h1_allow_half_closed(false)
            .local_addr(local)
            .graceful_shutdown_signal(move || {
                let leave = leave.clone();
                async move { leave.wait().await }
            })
            .on_connect_ext(|socket: &Socket, data| drop(data.insert::<Rc<Talk>>(socket.talk.clone())))
            .h1(fn_factory(move || {
                let gateway = gateway.clone();
                async move {
                    let worker = Rc::new(Worker { pool: Pool::start() });
                    Ok::<_, ()>(fn_service(move |request: Request| {
                        let served = serve(gateway.clone(), worker.clone(), request);
                        async move { Ok::<_, Infallible>(served.await) }
                    }))
                }
            }));
        fn_service(move |io: TcpStream| {
            let socket = io.peer_addr().map(|peer| connections.enter(peer.ip())).and_then(|place| {
                if place.excess > EXCESS {
                    metrics.refused("too-many-connections");
                    return Err(io::ErrorKind::ConnectionRefused.into());
                }
                let excess = place.excess > 0;
                Ok(Socket::new(io, &limits, place, excess))
            });
            async move { socket.map_err(DispatchError::Io) }
        })
        .and_then(http)
    })?;
    Ok(server.run())
}
