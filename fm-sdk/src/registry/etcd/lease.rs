//! Leases: taken, kept alive, given back.

use super::{
    failure::Failure,
    keys::Keys,
    pool::{Pool, bounded},
    write::{Unmade, write},
};
use crate::registry::{Change, Expect};
use etcd_rs::{LeaseGrantRequest, LeaseKeepAlive, LeaseOp, LeaseRevokeRequest};
use std::time::Duration;

/// A lease as etcd granted it.
#[derive(Clone, Copy)]
pub(super) struct Lease {
    pub(super) id: i64,
    /// May be longer than what was asked for: etcd has a shortest one.
    pub(super) ttl: Duration,
}

pub(super) async fn grant(pool: &Pool, ttl: Duration) -> Result<Lease, Failure> {
    let ttl = crate::registry::whole_seconds(ttl);
    // Of several attempts all but the last may leave a lease behind; without keys and keep-alive it ends by itself.
    let answer = pool.call(|c| async move { c.grant_lease(LeaseGrantRequest::new(ttl)).await }).await?;
    Ok(Lease { id: answer.id, ttl: seconds(answer.ttl) })
}

/// Puts a key on a lease and gives the revision.
pub(super) async fn put(pool: &Pool, keys: &Keys, key: &str, value: &str, lease: Lease) -> Result<i64, Unmade> {
    let change = Change { key: key.to_string(), expect: Expect::Any, value: Some(value.to_string()) };
    write(pool, keys, &[change], lease.id).await
}

/// Ends a lease and with it its keys.
pub(super) async fn revoke(pool: &Pool, lease: Lease) -> Result<(), Failure> {
    match pool.call(|c| async move { c.revoke(LeaseRevokeRequest::new(lease.id)).await }).await {
        Err(failure) if !failure.is_not_found() => Err(failure),
        _ => Ok(()),
    }
}

/// The stream over which a lease is kept alive, and the node that it goes to.
pub(super) struct Beat {
    lease: Lease,
    stream: Option<(usize, LeaseKeepAlive)>,
}

impl Beat {
    pub(super) fn new(lease: Lease) -> Beat {
        Beat { lease, stream: None }
    }

    /// Keeps the lease alive for its whole time again; `false`: it has ended. One attempt on one node; after a failure the next goes to
    /// the next.
    pub(super) async fn once(&mut self, pool: &Pool) -> Result<bool, Failure> {
        let turn = pool.turn();
        let mut stream = match self.stream.take() {
            Some((at, stream)) if at == turn => stream,
            _ => open(pool, turn, self.lease).await?,
        };
        match bounded(async { Ok(stream.keep_alive().await?) }).await {
            // etcd answers for a lease that has ended too, with a time of 0.
            Ok(Some(answer)) => {
                self.stream = Some((turn, stream));
                Ok(answer.ttl > 0)
            }
            Ok(None) => Err(blamed(pool, turn, Failure::broken("the stream of keep-alives has ended"))),
            Err(failure) => Err(blamed(pool, turn, failure)),
        }
    }
}

async fn open(pool: &Pool, turn: usize, lease: Lease) -> Result<LeaseKeepAlive, Failure> {
    pool.on(turn, |c| async move { c.keep_alive_for(lease.id).await }).await.map_err(|f| blamed(pool, turn, f))
}

fn blamed(pool: &Pool, turn: usize, failure: Failure) -> Failure {
    pool.blame(turn, &failure);
    failure
}

fn seconds(ttl: i64) -> Duration {
    Duration::from_secs(u64::try_from(ttl).unwrap_or_default().max(1))
}
