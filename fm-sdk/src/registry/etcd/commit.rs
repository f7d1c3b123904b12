//! Commits: one etcd transaction each.

use super::{failure::Failure, keys::Keys, pool::Pool};
use crate::{
    Error, Result,
    registry::{Change, Expect, check_changes, stale},
};
use etcd_rs::{DeleteRequest, KeyRange, KeyValueOp, PutRequest, TxnCmp, TxnRequest};

pub(super) async fn commit(pool: &Pool, keys: &Keys, changes: &[Change]) -> Result<i64> {
    check_changes(changes)?;
    let answer = pool.call_telling(|c| {
        let request = request(keys, changes);
        async move { c.txn(request).await }
    });
    match answer.await {
        Ok(answer) if answer.value.succeeded => Ok(answer.value.header.revision()),
        // An attempt whose answer was lost has perhaps made the very change that now stands in the way. Nobody can tell but the caller.
        Ok(answer) if answer.doubtful => Err(Error::timed_out(true)),
        Ok(_) => Err(stale(&which(pool, keys, changes).await)),
        Err(Failure::Away { why, doubtful: true }) => Err(Error::timed_out(true).caused_by(Error::from(Failure::broken(&why)))),
        Err(failure) => Err(failure.into()),
    }
}

/// Every change with an expectation ends what it expects, so an attempt may be repeated: it cannot be made twice.
fn request(keys: &Keys, changes: &[Change]) -> TxnRequest {
    let mut txn = TxnRequest::new();
    for change in changes {
        let key = keys.full(&change.key);
        txn = match change.expect {
            Expect::Any => txn,
            Expect::Absent => txn.when_version(KeyRange::key(key.clone()), TxnCmp::Equal, 0),
            // A revision below one is none that a key can have.
            Expect::Revision(r) => {
                txn.when_mod_revision(KeyRange::key(key.clone()), TxnCmp::Equal, usize::try_from(r).unwrap_or(usize::MAX >> 1))
            }
        };
        txn = match &change.value {
            Some(value) => txn.and_then(PutRequest::new(key, value.as_str())),
            None => txn.and_then(DeleteRequest::new(key.as_str())),
        };
    }
    txn
}

/// The key that stands in the way, for the message; the first one if that cannot be told any more.
async fn which(pool: &Pool, keys: &Keys, changes: &[Change]) -> String {
    for change in changes {
        let key = KeyRange::key(keys.full(&change.key));
        let Ok(now) = pool
            .call(|c| {
                let key = key.clone();
                async move { c.get(key).await }
            })
            .await
        else {
            break;
        };
        let at = now.kvs.first().map(|kv| kv.mod_revision);
        let holds = match change.expect {
            Expect::Any => true,
            Expect::Absent => at.is_none(),
            Expect::Revision(r) => at == Some(r),
        };
        if !holds {
            return change.key.clone();
        }
    }
    changes.first().map(|c| c.key.clone()).unwrap_or_default()
}
