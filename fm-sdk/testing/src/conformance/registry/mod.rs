//! What every registry promises. `fm_sdk::registry_conformance!(open());` makes one test per case; `open()` is a future that gives a
//! [`RegistrySpace`] of its own.

#[macro_use]
mod cases;
mod commits;
mod leases;
mod lists;
mod watches;

#[doc(hidden)]
pub mod all {
    pub use super::{commits::*, leases::*, lists::*, watches::*};
}

use fm_sdk::{
    Kind, Result,
    registry::{Change, Expect, Registry, Snapshot},
};
use std::{sync::Arc, time::Duration};
use tokio::{sync::watch, time::timeout};

/// How long a case waits for what must happen; longer than any lease of the suite.
const TIMEOUT: Duration = Duration::from_secs(60);
/// The shortest lease that every registry keeps to the second.
const LEASE: Duration = Duration::from_secs(2);

/// Makes one test per case of the suite for the space that the future `$open` gives.
#[macro_export]
macro_rules! registry_conformance {
    ($open:expr) => {
        $crate::registry_lists!($open);
        $crate::registry_commits!($open);
        $crate::registry_leases!($open);
        $crate::registry_watches!($open);
    };
}

/// Two clients of one key space that nobody else uses.
pub struct RegistrySpace {
    /// The client that acts.
    pub a: Arc<dyn Registry>,
    /// Another one, as if in another process.
    pub b: Arc<dyn Registry>,
}

impl RegistrySpace {
    /// Names the two clients.
    pub fn new(a: impl Registry, b: impl Registry) -> Self {
        RegistrySpace { a: Arc::new(a), b: Arc::new(b) }
    }

    async fn put(&self, key: &str, value: &str) -> i64 {
        self.a.commit(vec![put(key, value)]).await.expect("commits")
    }
    async fn values(&self, prefix: &str) -> Vec<String> {
        values(&self.b.list(prefix).await.expect("lists"))
    }
}

fn put(key: &str, value: &str) -> Change {
    Change { key: key.into(), expect: Expect::Any, value: Some(value.into()) }
}
fn delete(key: &str) -> Change {
    Change { key: key.into(), expect: Expect::Any, value: None }
}
fn expecting(expect: Expect, change: Change) -> Change {
    Change { expect, ..change }
}
/// `key=value`, in key order.
fn values(snapshot: &Snapshot) -> Vec<String> {
    snapshot.entries.iter().map(|(k, e)| format!("{k}={}", e.value)).collect()
}
fn is_stale(result: Result<i64>) -> bool {
    result.is_err_and(|e| e.kind() == Kind::Stale && e.code() == "revision")
}

/// Waits until the watch shows it, for at most [`TIMEOUT`].
async fn until(watch: &mut watch::Receiver<Arc<Snapshot>>, what: impl Fn(&Snapshot) -> bool) -> Arc<Snapshot> {
    let seen = timeout(TIMEOUT, watch.wait_for(|s| what(s))).await.map(|r| r.expect("the watch goes on").clone());
    match seen {
        Ok(seen) => seen,
        Err(_) => panic!("not seen within {TIMEOUT:?}; the watch shows {:?}", watch.borrow()),
    }
}
