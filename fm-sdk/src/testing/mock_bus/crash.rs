//! Counts the commands to the store; at the chosen one it stops for ever (a crash) or until told to go on (a pause).

use crate::{
    BoxFuture, Envelope, Result,
    store::{Driver, Finished, Place, Query, Spec, Stored, Write, Written},
    testing::crash::{HookGuard, set_hook},
};
use std::{
    cell::RefCell,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::sync::Notify;

thread_local! { static HOOK: RefCell<Option<HookGuard>> = const { RefCell::new(None) }; }

#[derive(Clone, Copy)]
pub(super) struct At {
    step: usize,
    after: bool,
    dies: bool,
}

pub(super) struct Crash {
    inner: Arc<dyn Driver>,
    at: Mutex<(usize, Option<At>)>,
    dead: Notify,
    held: Notify,
    go: Notify,
    happened: AtomicBool,
}

impl Crash {
    pub fn around(inner: Arc<dyn Driver>) -> Self {
        Crash { inner, at: Mutex::default(), dead: Notify::new(), held: Notify::new(), go: Notify::new(), happened: AtomicBool::new(false) }
    }
    fn lock(&self) -> MutexGuard<'_, (usize, Option<At>)> {
        self.at.lock().unwrap_or_else(PoisonError::into_inner)
    }
    pub fn at(&self, step: usize, after: bool, dies: bool) {
        self.happened.store(false, Relaxed);
        *self.lock() = (0, Some(At { step, after, dies }));
    }
    /// Takes back what was asked for, until [`Crash::resume`].
    pub fn postpone(&self) -> Option<At> {
        self.lock().1.take()
    }
    /// Asks for it again, counted from here.
    pub fn resume(&self, planned: Option<At>) {
        *self.lock() = (0, planned);
    }
    pub fn happened(&self) -> bool {
        self.happened.load(Relaxed)
    }
    pub async fn died(&self) {
        self.dead.notified().await;
    }
    pub async fn held(&self) {
        self.held.notified().await;
    }
    pub fn go_on(&self) {
        self.go.notify_one();
    }
    /// Counts the points inside a driver's commands too.
    pub fn arm(self: &Arc<Self>) {
        let me = self.clone();
        // Dropping a guard takes away whichever hook is set, so the old one goes first.
        self.disarm_hook();
        let guard = set_hook(move || {
            let dies = me.lock().1.is_some_and(|at| at.dies) && me.count().is_some();
            if dies {
                me.happened.store(true, Relaxed);
                me.dead.notify_one();
            }
            dies
        });
        HOOK.set(Some(guard));
    }
    fn disarm_hook(&self) {
        drop(HOOK.take());
    }
    pub fn disarm(&self) {
        self.disarm_hook();
        self.lock().1 = None;
    }
    fn count(&self) -> Option<At> {
        let mut now = self.lock();
        now.0 += 1;
        let hit = now.1.filter(|at| at.step == now.0);
        if hit.is_some() {
            now.1 = None;
        }
        hit
    }
}

/// The store as the service under test sees it.
pub(super) struct Crashing(pub Arc<Crash>);

impl Crashing {
    fn step<'a, T: Send + 'a>(&'a self, f: BoxFuture<'a, Result<T>>) -> BoxFuture<'a, Result<T>> {
        Box::pin(async move {
            let Some(At { after, dies, .. }) = self.0.count() else { return f.await };
            let stop = async || {
                self.0.happened.store(true, Relaxed);
                if dies {
                    self.0.dead.notify_one();
                    std::future::pending::<()>().await;
                }
                self.0.held.notify_one();
                self.0.go.notified().await;
            };
            if after {
                let result = f.await;
                stop().await;
                return result;
            }
            stop().await;
            f.await
        })
    }
}

impl Driver for Crashing {
    fn system(&self) -> &'static str {
        self.0.inner.system()
    }
    fn prepare(&self, specs: Vec<Spec>) -> BoxFuture<'_, Result<()>> {
        self.0.inner.prepare(specs)
    }
    fn peek(&self, collection: &'static str, id: &str, op: Option<&str>) -> BoxFuture<'_, Result<Option<Stored>>> {
        self.step(self.0.inner.peek(collection, id, op))
    }
    fn read(&self, query: Query) -> BoxFuture<'_, Result<Vec<Stored>>> {
        self.step(self.0.inner.read(query))
    }
    fn count(&self, query: Query) -> BoxFuture<'_, Result<u64>> {
        self.0.inner.count(query)
    }
    fn write(&self, write: Write) -> BoxFuture<'_, Result<Written>> {
        self.step(self.0.inner.write(write))
    }
    fn write_marked(&self, write: Write, also: Vec<String>) -> BoxFuture<'_, Result<Written>> {
        self.step(self.0.inner.write_marked(write, also))
    }
    fn finish_all(&self, ops: Vec<String>) -> BoxFuture<'_, Result<()>> {
        self.step(self.0.inner.finish_all(ops))
    }
    fn marked(&self, collection: &'static str, op: &str) -> BoxFuture<'_, Result<u64>> {
        self.step(self.0.inner.marked(collection, op))
    }
    fn finished(&self, op: &str) -> BoxFuture<'_, Result<Option<Finished>>> {
        self.step(self.0.inner.finished(op))
    }
    fn finish(&self, op: &str, reply: Option<String>, messages: Vec<Envelope>) -> BoxFuture<'_, Result<bool>> {
        self.step(self.0.inner.finish(op, reply, messages))
    }
    fn pending(&self, instance: &str, orphaned: Duration, limit: u32) -> BoxFuture<'_, Result<Vec<(Place, Envelope)>>> {
        self.step(self.0.inner.pending(instance, orphaned, limit))
    }
    fn relayed(&self, done: Vec<(Place, String)>) -> BoxFuture<'_, Result<()>> {
        self.step(self.0.inner.relayed(done))
    }
    fn lead(&self, job: &str, instance: &str, ttl: Duration) -> BoxFuture<'_, Result<bool>> {
        self.0.inner.lead(job, instance, ttl)
    }
    fn sweep(&self, keep: Duration) -> BoxFuture<'_, Result<u64>> {
        self.0.inner.sweep(keep)
    }
    fn ping(&self) -> BoxFuture<'_, Result<()>> {
        self.0.inner.ping()
    }
}
