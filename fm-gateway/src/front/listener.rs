//! Binds ports, and listens for clients.

use super::{gateway::Gateway, handover, serve::serve, socket::Socket, turn::Talk};
use crate::{pipeline::Worker, upstream::Pool};
use actix_http::{HttpService, KeepAlive, Request};
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
        let limits = gateway.limits.clone();
        let http = HttpService::build()
            .keep_alive(KeepAlive::Timeout(limits.keep_alive))
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
            let socket = Socket::new(io, &limits);
            async move { Ok(socket) }
        })
        .and_then(http)
    })?;
    Ok(server.run())
}
