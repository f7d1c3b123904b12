//! A WebSocket between a client and an upstream: bytes in both directions, until one side ends it, nothing has come for too long, or the gateway
//! drains; then both sides are told so in a frame of their own.

use super::{gateway::Gateway, state::ConnectionState, websocket::Boundary};
use crate::upstream::Stream;
use bytes::{Bytes, BytesMut};
use std::{any::Any, cell::Cell, io, pin::pin, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    sync::watch,
    time::{Instant, sleep, timeout},
};

/// How much is read before it is written; bytes.
const BUFFER: usize = 16 * 1024;
/// How long a side has to take its leave, once it was told to or the other one has.
const LEAVE_TIME: Duration = Duration::from_secs(2);
/// How often the limits are looked at.
const TICK: Duration = Duration::from_secs(1);
/// Close, 1001: going away (RFC 6455, 5.5.1 and 7.4.1); clients mask theirs, servers do not (5.1).
const CLOSE: [u8; 4] = [0x88, 2, 0x03, 0xe9];
const MASKED_CLOSE: [u8; 8] = [0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe9];

/// The side of the upstream, which has switched.
pub struct Tunnel {
    pub io: Stream,
    /// What it has sent behind the head of its answer.
    pub ahead: Bytes,
    /// How long nothing may come from either side.
    pub idle: Duration,
    /// What is let go at the end.
    pub held: Vec<Box<dyn Any>>,
}

/// Carries bytes until the end. `ahead` is what the client has sent behind the head of its request.
pub async fn run<S>(client: S, ahead: Bytes, tunnel: Tunnel, state: &ConnectionState, gateway: &Gateway)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let Tunnel { io, ahead: answered, idle, held } = tunnel;
    let moved = Cell::new(Instant::now());
    let (leave, leaves) = watch::channel(false);
    let (from_client, to_client) = tokio::io::split(client);
    let (from_upstream, to_upstream) = tokio::io::split(io);
    let up = relay(from_client, to_upstream, ahead, &MASKED_CLOSE, &moved, leaves.clone());
    let down = relay(from_upstream, to_client, answered, &CLOSE, &moved, leaves);
    let both = async {
        let (mut up, mut down) = (pin!(up), pin!(down));
        // The other direction may have something to say still: the answer to a close.
        let _ = tokio::select! {
            _ = &mut up => timeout(LEAVE_TIME, down).await,
            _ = &mut down => timeout(LEAVE_TIME, up).await,
        };
    };
    let limits = async {
        let silent = async {
            while (idle.is_zero() || moved.get().elapsed() < idle) && !state.is_stalled(Instant::now(), gateway.limits.stall) {
                sleep(TICK.min(if idle.is_zero() { TICK } else { idle })).await;
            }
        };
        tokio::select! {
            () = gateway.draining.wait() => {}
            () = silent => {}
        }
        leave.send_replace(true);
        sleep(LEAVE_TIME).await;
    };
    tokio::select! {
        () = both => {}
        () = limits => {}
    }
    drop(held);
}

/// Carries one direction; on its leave it ends the frame that is under way, and says goodbye.
async fn relay(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    ahead: Bytes,
    goodbye: &[u8],
    moved: &Cell<Instant>,
    mut leaves: watch::Receiver<bool>,
) -> io::Result<()> {
    let (mut frames, mut buffer, mut leaving) = (Boundary::default(), BytesMut::from(&ahead[..]), false);
    loop {
        let length = frames.follow(&buffer, leaving);
        to.write_all(&buffer[..length]).await?;
        if leaving && frames.is_between() {
            to.write_all(goodbye).await?;
            return to.shutdown().await;
        }
        to.flush().await?;
        moved.set(Instant::now());
        buffer.clear();
        buffer.reserve(BUFFER);
        tokio::select! {
            biased;
            _ = leaves.wait_for(|leaves| *leaves), if !leaving => leaving = true,
            read = from.read_buf(&mut buffer) => if !read.is_ok_and(|count| count > 0) {
                return to.shutdown().await;
            },
        }
    }
}
