//! Writing: one etcd transaction per commit, made at most once however often it is tried.
//!
//! An attempt whose answer was lost may still be carried out later, by a node that hung and goes on. It must not undo what was written
//! since. So every change is guarded by the revision that its key has now, also one that expects nothing: what was tried again
//! successfully has ended the guard of all earlier attempts.

use super::{failure::Failure, keys::Keys, pool::Pool};
use crate::{
    Error, Kind,
    registry::{Change, Expect, stale},
};
use etcd_rs::{DeleteRequest, KeyRange, KeyValue, KeyValueOp, PutRequest, RangeRequest, TxnCmp, TxnOpResponse, TxnRequest, TxnResponse};

/// Rounds against others who write the same keys at the same time.
const ROUNDS: usize = 100;

/// Why a commit was not made.
pub(super) enum Unmade {
    /// The registry cannot or will not do it.
    Failed(Failure),
    /// The expectation of this key does not hold.
    Stale(String),
    /// Perhaps it was made: an attempt without an answer, and then an expectation that does not hold any more.
    Unknown,
    /// Others were faster in every round.
    Crowded,
}

/// Makes all changes on a lease (0 = none) or none of them, and gives the revision.
pub(super) async fn write(pool: &Pool, keys: &Keys, changes: &[Change], lease: i64) -> Result<i64, Unmade> {
    let mut doubtful = false;
    let mut now = Vec::new();
    if changes.iter().any(|c| c.expect == Expect::Any) {
        let read = pool.call(|c| {
            let read = read(keys, changes);
            async move { c.txn(read).await }
        });
        now = found(read.await.map_err(Failure::undone)?);
    }
    for _ in 0..ROUNDS {
        let answer = pool.call_telling(|c| {
            let request = guarded(keys, changes, &now, lease);
            async move { c.txn(request).await }
        });
        let answer = answer.await?;
        if answer.value.succeeded {
            return Ok(answer.value.header.revision());
        }
        doubtful |= answer.doubtful;
        now = found(answer.value);
        if let Some(revision) = ours(changes, &now, lease).filter(|_| doubtful && changes.iter().all(|c| c.expect == Expect::Any)) {
            return Ok(revision);
        }
        if let Some((change, _)) = changes.iter().zip(&now).find(|(c, at)| !holds(c.expect, at.as_ref())) {
            return Err(if doubtful { Unmade::Unknown } else { Unmade::Stale(change.key.clone()) });
        }
    }
    Err(Unmade::Crowded)
}

/// What the keys are now, in the order of the changes; also the answer of a failed guard.
fn read(keys: &Keys, changes: &[Change]) -> TxnRequest {
    changes.iter().fold(TxnRequest::new(), |txn, c| txn.and_then(RangeRequest::new(KeyRange::key(keys.full(&c.key)))))
}
fn found(answer: TxnResponse) -> Vec<Option<KeyValue>> {
    let one = |r| if let TxnOpResponse::Range(r) = r { r.kvs.into_iter().next() } else { None };
    answer.responses.into_iter().map(one).collect()
}

fn guarded(keys: &Keys, changes: &[Change], now: &[Option<KeyValue>], lease: i64) -> TxnRequest {
    changes.iter().enumerate().fold(TxnRequest::new(), |txn, (i, change)| {
        let key = keys.full(&change.key);
        let range = KeyRange::key(key.clone());
        let expect = match change.expect {
            Expect::Any => now.get(i).and_then(Option::as_ref).map_or(Expect::Absent, |kv| Expect::Revision(kv.mod_revision)),
            given => given,
        };
        let txn = match expect {
            // A revision below one is none that a key can have; etcd takes 0 for "absent".
            Expect::Revision(r) => {
                txn.when_mod_revision(range.clone(), TxnCmp::Equal, usize::try_from(r).ok().filter(|r| *r > 0).unwrap_or(usize::MAX >> 1))
            }
            _ => txn.when_version(range.clone(), TxnCmp::Equal, 0),
        };
        let txn = match &change.value {
            Some(value) => txn.and_then(PutRequest::new(key, value.as_str()).lease(lease)),
            None => txn.and_then(DeleteRequest::new(key.as_str())),
        };
        txn.or_else(RangeRequest::new(range))
    })
}

fn holds(expect: Expect, now: Option<&KeyValue>) -> bool {
    match expect {
        Expect::Any => true,
        Expect::Absent => now.is_none(),
        Expect::Revision(r) => now.is_some_and(|kv| kv.mod_revision == r),
    }
}

/// The revision in which all of it was written, if everything is as the changes want it.
fn ours(changes: &[Change], now: &[Option<KeyValue>], lease: i64) -> Option<i64> {
    let mut revision = None;
    for (change, now) in changes.iter().zip(now) {
        match (&change.value, now) {
            (None, None) => {}
            (Some(value), Some(kv))
                if kv.value == value.as_bytes() && kv.lease == lease && revision.is_none_or(|r| r == kv.mod_revision) =>
            {
                revision = Some(kv.mod_revision);
            }
            _ => return None,
        }
    }
    revision
}

impl From<Failure> for Unmade {
    fn from(failure: Failure) -> Unmade {
        Unmade::Failed(failure)
    }
}

impl From<Unmade> for Error {
    fn from(unmade: Unmade) -> Error {
        match unmade {
            Unmade::Failed(failure @ Failure::Unreachable { doubtful: true, .. }) => Error::timed_out(true).caused_by(Error::from(failure)),
            Unmade::Failed(failure) => failure.into(),
            Unmade::Stale(key) => stale(&key),
            Unmade::Unknown => Error::timed_out(true),
            Unmade::Crowded => Error::new(Kind::Unavailable, "registry-crowded", "too many others write the same keys"),
        }
    }
}

impl From<Unmade> for Failure {
    fn from(unmade: Unmade) -> Failure {
        match unmade {
            Unmade::Failed(failure) => failure,
            Unmade::Stale(_) | Unmade::Unknown | Unmade::Crowded => Failure::broken("too many others write the same key"),
        }
    }
}
