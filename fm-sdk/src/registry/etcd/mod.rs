//! The registry on etcd v3.
//!
//! Everything runs on one thread of its own. Calls go to one node at a time, for at most 500 ms each, and move on when it fails; watches
//! and keep-alives move with them.

mod address;
mod backoff;
mod failure;
mod held;
mod keys;
mod lease;
mod node;
mod pool;
mod runtime;
mod tls;
mod watch;
mod write;

use super::{Change, LeasedKey, Registry, Snapshot};
use crate::{BoxFuture, ConnectionState, Result, tls::TlsFiles};
use etcd_rs::KeyValueOp;
use std::{sync::Arc, time::Duration};
use tokio::sync::watch::Receiver;

/// How often the registry is asked whether it is there.
const PROBE: Duration = Duration::from_secs(2);

/// A client of an etcd cluster. Its clones share connections, watches and the thread.
#[derive(Clone)]
pub struct Etcd {
    pool: Arc<pool::Pool>,
    watches: Arc<watch::Watches>,
    keys: keys::Keys,
    runtime: Arc<runtime::Runtime>,
}

impl Etcd {
    /// Makes a client of the nodes at `http://a:2379,https://b:2379,..`, optionally with `user:password@`, and with a path that comes
    /// before every key, so that several markets can share one etcd. Does not wait for etcd: while it is unreachable, it is tried for ever.
    ///
    /// # Errors
    /// `Invalid`, code `registry-url`, if an address cannot be read.
    pub fn connect(urls: &str) -> Result<Etcd> {
        Etcd::connect_with(urls, "", &TlsFiles::default())
    }

    /// Like [`Etcd::connect`]; `prefix` comes after the path of the addresses and before every key, and `https` goes with these files.
    ///
    /// # Errors
    /// `Invalid`, code `registry-url`, if an address cannot be read; `tls-authorities` or `tls-identity` if such a file cannot be used.
    pub fn connect_with(urls: &str, prefix: &str, files: &TlsFiles) -> Result<Etcd> {
        let address = address::Address::parse(urls)?;
        let encrypted = address.nodes.iter().any(|node| node.starts_with("https:"));
        let tls = if encrypted { Some(tls::for_grpc(files.client()?)) } else { None };
        let pool = Arc::new(pool::Pool::new(&address, tls));
        let keys = keys::Keys(format!("{}{prefix}", address.prefix).into());
        let runtime = runtime::Runtime::start()?;
        runtime.spawn(probe(pool.clone(), keys.clone()));
        Ok(Etcd { pool, watches: Arc::default(), keys, runtime })
    }
}

/// Any answer will do, also that we may not read this key.
async fn probe(pool: Arc<pool::Pool>, keys: keys::Keys) {
    let key = keys.full("/fm/probe");
    let mut backoff = backoff::backoff();
    loop {
        let key = key.as_str();
        match pool.call(|c| async move { c.get(key).await }).await {
            Err(failure::Failure::Unreachable { .. }) => tokio::time::sleep(backoff.next_wait()).await,
            _ => {
                backoff.reset();
                tokio::time::sleep(PROBE).await;
            }
        }
    }
}

impl Registry for Etcd {
    fn list(&self, prefix: &str) -> BoxFuture<'_, Result<Snapshot>> {
        let (pool, keys, prefix) = (self.pool.clone(), self.keys.clone(), prefix.to_string());
        Box::pin(self.runtime.run(async move { Ok(keys.list(&pool, &prefix).await?) }))
    }

    fn commit(&self, changes: Vec<Change>) -> BoxFuture<'_, Result<i64>> {
        let (pool, keys) = (self.pool.clone(), self.keys.clone());
        Box::pin(self.runtime.run(async move {
            super::check_changes(&changes)?;
            Ok(write::write(&pool, &keys, &changes, 0).await?)
        }))
    }

    fn put_for(&self, key: &str, value: String, ttl: Duration) -> BoxFuture<'_, Result<()>> {
        let (pool, keys, key) = (self.pool.clone(), self.keys.clone(), key.to_string());
        Box::pin(self.runtime.run(async move {
            let lease = lease::grant(&pool, ttl).await?;
            lease::put(&pool, &keys, &key, &value, lease).await?;
            Ok(())
        }))
    }

    fn hold(&self, key: &str, value: String, ttl: Duration) -> Box<dyn LeasedKey> {
        let own = self.watch(key);
        Box::new(held::KeepAlive::start(&self.runtime, self.pool.clone(), &self.keys, key, value, ttl, own))
    }

    fn watch(&self, prefix: &str) -> Receiver<Arc<Snapshot>> {
        self.watches.follow(&self.runtime, &self.pool, &self.keys, prefix)
    }

    fn connection(&self) -> Receiver<ConnectionState> {
        self.pool.connection()
    }
}
