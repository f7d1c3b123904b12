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

/// A connection that has waited for its next request for so long keeps no buffers.
const UNUSED: Duration = Duration::from_secs(1);

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
    // What a handshake needs is not kept for as long as the connection lasts.
    let Some(stream) = Box::pin(tls.accept(wire, peer)).await.map(Box::new) else { return };
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
    let mut socket = Socket::new(io, client.clone(), state.clone(), refused.clone());
    let mut service = service_fn(|request| {
        let served = serve(gateway.clone(), worker.clone(), state.clone(), origin.clone(), request);
        async move { Ok::<_, Infallible>(served.await) }
    });
    let head = limits.uri + limits.head + BEYOND_HEAD;
    let mut http = http1::Builder::new();
    http.header_read_timeout(None).max_headers(limits.headers + BEYOND_HEADERS).max_header_size(head).max_buf_size(head.max(8192));
    let (mut leaves, mut left) = (pin!(leave.wait()), false);
    let mut clock = Clock::new(&limits);
    let (ended, connection) = loop {
        let mut connection = http.serve_connection(TokioIo::new(socket), service);
        if left {
            Pin::new(&mut connection).graceful_shutdown();
        }
        let ended = poll_fn(|cx| {
            if !left && leaves.as_mut().poll(cx).is_ready() {
                left = true;
                Pin::new(&mut connection).graceful_shutdown();
            }
            loop {
                if let Poll::Ready(ended) = Pin::new(&mut connection).poll(cx) {
                    return Poll::Ready(Ended::ByItself(ended));
                }
                if state.poll_rest(cx, limits.rest).is_pending() {
                    break;
                }
            }
            if state.is_lost(limits.rest) {
                return Poll::Ready(Ended::Overdue);
            }
            clock.poll(cx, &state, &limits, &client)
        })
        .await;
        let Ended::Unused = ended else { break (ended, connection) };
        // Its buffers are many times what else an idle connection takes.
        let http1::Parts { io, read_buf, service: same, .. } = connection.into_parts();
        (socket, service) = (io.into_inner(), same);
        state.release_head();
        if !read_buf.is_empty() {
            socket.unread(read_buf);
            continue;
        }
        let over = poll_fn(|cx| {
            left = left || leaves.as_mut().poll(cx).is_ready();
            if left || client.poll_readable(cx).is_ready() {
                return Poll::Ready(false);
            }
            match clock.poll(cx, &state, &limits, &client) {
                Poll::Ready(Ended::Unused) | Poll::Pending => Poll::Pending,
                Poll::Ready(_) => Poll::Ready(true),
            }
        })
        .await;
        if over {
            return;
        }
    };
    if matches!(&ended, Ended::ByItself(Ok(()))) && state.is_asked_to_switch() {
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
    if matches!(&ended, Ended::ByItself(Err(e)) if e.is_parse()) && !state.refused.get() {
        refused("request-malformed");
    }
}

/// Why hyper drives a connection no longer.
enum Ended {
    ByItself(hyper::Result<()>),
    /// A limit is broken, or the client has gone.
    Overdue,
    /// Nobody uses it, so that it needs no buffers until the client sends something.
    Unused,
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

    /// Is ready once a limit is broken, the client has gone, or the connection is seen to be unused.
    fn poll(&mut self, cx: &mut Context<'_>, state: &ConnectionState, limits: &Limits, client: &Peer) -> Poll<Ended> {
        while self.timer.as_mut().poll(cx).is_ready() {
            let now = Instant::now();
            let due = state.due(limits);
            if let Some((at, what)) = due
                && at <= now
            {
                log::debug!("front: connection closed: {what:?}");
                return Poll::Ready(Ended::Overdue);
            }
            let in_flight = state.is_in_flight();
            if in_flight && client.is_gone() {
                return Poll::Ready(Ended::Overdue);
            }
            let tick = now + if in_flight { self.tick.min(GONE) } else { self.tick };
            self.timer.as_mut().reset(due.map_or(tick, |(at, _)| at.min(tick)));
            if state.idle_since().is_some_and(|since| since + UNUSED <= now) {
                // The timer has to be asked again to wake this task.
                cx.waker().wake_by_ref();
                return Poll::Ready(Ended::Unused);
            }
        }
        Poll::Pending
    }
}
