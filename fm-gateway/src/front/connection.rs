//! Drives one connection of a client: hyper reads and writes the messages, the limits on time and bytes are kept here.

use super::{
    gateway::{Gateway, Limits},
    http2,
    origin::Origin,
    per_address::Place,
    proxy_protocol,
    serve::serve,
    server,
    socket::Socket,
    state::ConnectionState,
    tls::{ClientCertificate, HTTP2, Tls},
    tunnel,
    wire::{Peer, Wire},
};
use crate::pipeline::Worker;
use fm_sdk::http::Draining;
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use std::{
    convert::Infallible,
    future::poll_fn,
    net::IpAddr,
    pin::{Pin, pin},
    rc::Rc,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, Sleep, sleep_until, timeout},
};

/// How long a connection that is one too many has to send its request; others wait for its place.
const EXCESS_TIME: Duration = Duration::from_secs(1);

/// How often a request that is in flight is checked for a client that has gone.
const GONE: Duration = Duration::from_secs(1);

/// What the parser takes beyond the limits, so that the guard refuses what is too long and says why; bytes and headers.
pub(super) const BEYOND_HEAD: usize = 4 * 1024;
const BEYOND_HEADERS: usize = 36;

/// What a connection needs of the gateway.
pub struct Serving {
    pub gateway: Arc<Gateway>,
    pub worker: Rc<Worker>,
    /// Once it has begun, the connection is closed when it waits for a request.
    pub leave: Draining,
}

/// Serves the requests of a connection until its end, over TLS if it is given. `place` is the connection's among those of its client.
pub async fn run(mut io: TcpStream, peer: IpAddr, place: Place, tls: Option<Arc<Tls>>, serving: Serving) {
    let Some((peer, place)) = client(&mut io, peer, place, &serving).await else { return };
    let state = ConnectionState::new(place.excess > 0);
    let (wire, client) = Wire::new(io, state.clone());
    let Some(tls) = tls else { return drive(wire, client, Origin::clear(peer), state, serving).await };
    let Some(stream) = tls.accept(wire, peer).await else { return };
    let session = stream.get_ref().1;
    let origin = Origin::encrypted(peer, ClientCertificate::of(session.peer_certificates()));
    if session.alpn_protocol() == Some(HTTP2) {
        // Its future is the larger one, and few need it.
        Box::pin(http2::drive(stream, client, origin, state, serving)).await;
    } else {
        drive(stream, client, origin, state, serving).await;
    }
}

/// The client of a connection, and its place among those of that client: behind a load balancer whom that names, which is counted then.
async fn client(io: &mut TcpStream, peer: IpAddr, place: Place, serving: &Serving) -> Option<(IpAddr, Place)> {
    let Serving { gateway, worker, .. } = serving;
    let address = peer.to_canonical();
    if !gateway.proxy_protocol.iter().any(|network| network.contains(&address)) {
        return Some((peer, place));
    }
    match timeout(gateway.limits.head_time, proxy_protocol::read(io)).await {
        Ok(Ok(None)) => Some((peer, place)),
        Ok(Ok(Some(client))) => Some((client, server::place(gateway, client)?)),
        Ok(Err(_)) | Err(_) => {
            gateway.metrics.refused("proxy-protocol");
            worker.refusals.note(peer, "proxy-protocol");
            None
        }
    }
}

async fn drive<S>(io: S, client: Peer, origin: Origin, state: Rc<ConnectionState>, serving: Serving)
where
    S: AsyncRead + AsyncWrite + Unpin + 'static,
{
    let Serving { gateway, worker, leave } = serving;
    let (mut limits, excess, peer, origin) = (gateway.limits.clone(), state.excess, origin.peer, Rc::new(origin));
    if excess {
        limits.keep_alive = limits.keep_alive.min(EXCESS_TIME);
        limits.head_time = limits.head_time.min(EXCESS_TIME);
    }
    let refused = {
        let (gateway, worker) = (gateway.clone(), worker.clone());
        move |code: &'static str| {
            gateway.metrics.refused(code);
            worker.refusals.note(peer, code);
        }
    };
    let socket = Socket::new(io, client.clone(), state.clone(), refused.clone());
    let service = service_fn(|request| {
        let served = serve(gateway.clone(), worker.clone(), state.clone(), origin.clone(), request);
        async move { Ok::<_, Infallible>(served.await) }
    });
    let head = limits.uri + limits.head + BEYOND_HEAD;
    let mut connection = http1::Builder::new()
        .header_read_timeout(None)
        .max_headers(limits.headers + BEYOND_HEADERS)
        .max_header_size(head)
        .max_buf_size(head.max(8192))
        .serve_connection(TokioIo::new(socket), service);
    let (mut leaves, mut left) = (pin!(leave.wait()), false);
    let mut clock = Clock::new(&limits);
    let ended = poll_fn(|cx| {
        if !left && leaves.as_mut().poll(cx).is_ready() {
            left = true;
            Pin::new(&mut connection).graceful_shutdown();
        }
        loop {
            if let Poll::Ready(ended) = Pin::new(&mut connection).poll(cx) {
                return Poll::Ready(Some(ended));
            }
            if state.poll_rest(cx, limits.rest).is_pending() {
                break;
            }
        }
        if state.is_lost(limits.rest) {
            return Poll::Ready(None);
        }
        clock.poll(cx, &state, &limits, &client).map(|()| None)
    })
    .await;
    if matches!(&ended, Some(Ok(()))) && state.is_asked_to_switch() {
        let http1::Parts { io, read_buf, .. } = connection.into_parts();
        let mut socket = io.into_inner();
        match state.take_tunnel() {
            Some(tunnel) => {
                state.multiplex();
                Box::pin(tunnel::run(socket, read_buf, tunnel, &state, &gateway)).await;
            }
            // Whoever is refused hears so before the end.
            None => drop(socket.shutdown().await),
        }
        return;
    }
    if matches!(&ended, Some(Err(e)) if e.is_parse()) && !state.refused.get() {
        refused("request-malformed");
    }
}

/// One timer per connection looks after it now and then; a request costs none.
struct Clock {
    /// How often the limits are looked at when nothing happens: no state lasts longer than its limit, however it began.
    tick: Duration,
    timer: Pin<Box<Sleep>>,
}

impl Clock {
    fn new(limits: &Limits) -> Self {
        let tick = limits.head_time.min(limits.stall).min(limits.keep_alive).min(limits.rest_time);
        Clock { tick, timer: Box::pin(sleep_until(Instant::now() + tick.min(GONE))) }
    }

    /// Is ready once a limit is broken, or the client has gone.
    fn poll(&mut self, cx: &mut Context<'_>, state: &ConnectionState, limits: &Limits, client: &Peer) -> Poll<()> {
        while self.timer.as_mut().poll(cx).is_ready() {
            let now = Instant::now();
            let due = state.due(limits);
            if let Some((at, what)) = due
                && at <= now
            {
                log::debug!("front: connection closed: {what:?}");
                return Poll::Ready(());
            }
            let in_flight = state.is_in_flight();
            if in_flight && client.is_gone() {
                return Poll::Ready(());
            }
            let tick = now + if in_flight { self.tick.min(GONE) } else { self.tick };
            self.timer.as_mut().reset(due.map_or(tick, |(at, _)| at.min(tick)));
        }
        Poll::Pending
    }
}
