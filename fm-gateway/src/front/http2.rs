//! Drives one HTTP/2 connection of a client (RFC 9113): hyper and h2 read and write the frames and bound what is in them; how many requests, how
//! often they are taken back, and how long nothing moves is bounded here.

use super::{
    connection::{BEYOND_HEAD, Serving},
    gateway::Limits,
    origin::Origin,
    per_address::Place,
    serve::serve,
    socket::Socket,
    state::ConnectionState,
    streams::{Spawner, StreamBody, Streams},
    wire::Peer,
};
use hyper::{server::conn::http2, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::{convert::Infallible, future::poll_fn, pin::pin, rc::Rc, task::Poll, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::{Instant, sleep_until},
};

/// What a client may send before it is read, per request and in all; bytes.
const STREAM_WINDOW: u32 = 256 << 10;
const CONNECTION_WINDOW: u32 = 1 << 20;
/// What is written of an answer before the client has taken it, per request; bytes.
const SEND_BUFFER: usize = 128 << 10;
/// Bytes that a header counts for beside its name and value (RFC 9113, 6.5.2).
const FIELD_OVERHEAD: usize = 32;
/// Requests that a client takes back before they are looked at, and mistakes of it that cost a stream each; then the connection ends
/// (CVE-2023-44487, CVE-2025-8671).
const MAX_PENDING_RESETS: usize = 20;
const MAX_FAULTS: usize = 50;
/// A client that is gone without a word is asked for a sign of life after this time, and has so long for it.
const PING_AFTER: Duration = Duration::from_secs(30);
const PING_TIME: Duration = Duration::from_secs(10);
/// How often the limits are looked at, at least.
const TICK: Duration = Duration::from_secs(1);

/// Serves the requests of a connection until its end. `state` is that of the bytes below the frames.
pub async fn drive<S>(io: S, client: Peer, origin: Origin, state: Rc<ConnectionState>, serving: Serving)
where
    S: AsyncRead + AsyncWrite + Unpin + 'static,
{
    let Serving { gateway, worker, leave } = serving;
    let (limits, excess, peer, origin) = (gateway.limits.clone(), state.excess, origin.peer, Rc::new(origin));
    state.multiplex();
    let streams = Rc::new(Streams::default());
    let service = service_fn(|request| {
        let place: Place = gateway.multiplexed.enter(peer);
        let stream = ConnectionState::new(excess || place.excess > 0);
        stream.multiplex();
        let guard = streams.begin(place);
        let served = serve(gateway.clone(), worker.clone(), stream, origin.clone(), request);
        async move { Ok::<_, Infallible>(served.await.map(|body| StreamBody::new(body, guard))) }
    });
    let socket = Socket::new(io, client, state.clone(), |_| ());
    let head = limits.head + limits.uri + BEYOND_HEAD + limits.headers * FIELD_OVERHEAD;
    let connection = http2::Builder::new(Spawner(streams.clone()))
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.http2_streams)
        .max_header_list_size(u32::try_from(head).unwrap_or(u32::MAX))
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_send_buf_size(SEND_BUFFER)
        .max_pending_accept_reset_streams(MAX_PENDING_RESETS)
        .max_local_error_reset_streams(MAX_FAULTS)
        .keep_alive_interval(PING_AFTER)
        .keep_alive_timeout(PING_TIME)
        .serve_connection(TokioIo::new(socket), service);
    let (mut connection, mut leaves, mut drains) = (pin!(connection), pin!(leave.wait()), pin!(gateway.draining.wait()));
    // When it was told that it ends.
    let (mut left, mut draining) = (None, false);
    let tick = TICK.min(limits.stall).min(limits.keep_alive).min(limits.head_time).min(limits.rest_time);
    let mut timer = pin!(sleep_until(Instant::now() + tick));
    let refused = poll_fn(|cx| {
        let leave = left.is_none() && leaves.as_mut().poll(cx).is_ready();
        draining = draining || drains.as_mut().poll(cx).is_ready();
        loop {
            // Whoever comes while it drains gets his first answer before he is sent away.
            if left.is_none() && (leave || (draining && streams.begun() > 0)) {
                left = Some(Instant::now());
                connection.as_mut().graceful_shutdown();
            }
            if connection.as_mut().poll(cx).is_ready() {
                return Poll::Ready(None);
            }
            if left.is_some() || !draining || streams.begun() == 0 {
                break;
            }
        }
        if streams.is_abused() {
            return Poll::Ready(Some("too-many-resets"));
        }
        while timer.as_mut().poll(cx).is_ready() {
            let now = Instant::now();
            timer.as_mut().reset(now + tick);
            streams.end_stalled(now, limits.stall);
            let is_idle = is_idle(&streams, &limits, excess, now);
            // Whoever does not take its leave is not waited for.
            let overdue = is_idle && left.is_some_and(|left| left + limits.rest_time <= now);
            if overdue || state.is_stalled(now, limits.stall) {
                return Poll::Ready(None);
            }
            if is_idle && left.is_none() {
                left = Some(now);
                connection.as_mut().graceful_shutdown();
                cx.waker().wake_by_ref();
            }
        }
        Poll::Pending
    })
    .await;
    streams.end();
    if let Some(code) = refused {
        gateway.metrics.refused(code);
        worker.refusals.note(peer, code);
    }
}

/// Whether nobody has asked for anything for too long.
fn is_idle(streams: &Streams, limits: &Limits, excess: bool, now: Instant) -> bool {
    let limit = match streams.begun() {
        0 => limits.head_time,
        _ if excess => TICK,
        _ => limits.keep_alive,
    };
    streams.idle_since().is_some_and(|idle| idle + limit <= now)
}
