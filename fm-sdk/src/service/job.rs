//! Work that is done again and again: on every instance, or on one of them at a time.

use crate::{Result, Work};
use futures::future::LocalBoxFuture;
use std::{borrow::Cow, sync::Arc, time::Duration};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

pub(crate) type Task<S> = Arc<dyn Fn(Arc<S>, Work) -> LocalBoxFuture<'static, Result<()>> + Send + Sync>;

/// How long an instance that does a job alone may be silent before another one takes over.
const LEASE: Duration = Duration::from_secs(15);
/// How often the lease is renewed, and asked for by those who wait.
const RENEWAL: Duration = Duration::from_secs(5);

pub(crate) struct Job<S> {
    pub name: Cow<'static, str>,
    pub every: Duration,
    /// On one instance at a time.
    pub once: bool,
    pub task: Task<S>,
}

impl<S> Clone for Job<S> {
    fn clone(&self) -> Self {
        Job { name: self.name.clone(), every: self.every, once: self.once, task: self.task.clone() }
    }
}

impl<S: Send + Sync + 'static> Job<S> {
    /// Does the job until it is dropped.
    pub(super) async fn repeat(self, state: Arc<S>, work: Work) {
        if self.once {
            return self.repeat_alone(state, work, LEASE, RENEWAL).await;
        }
        loop {
            sleep(self.every).await;
            self.run(&state, &work).await;
        }
    }

    pub(super) async fn run(&self, state: &Arc<S>, work: &Work) {
        if let Err(e) = (self.task)(state.clone(), work.fresh()).await {
            log::warn!(job = &*self.name; "job: failed, running again when it is due: {}", e.chain());
        }
    }

    /// Waits for the lease, then does the job as long as the lease is renewed. A run is cut off when it is lost: by then another instance
    /// may have begun.
    async fn repeat_alone(&self, state: Arc<S>, work: Work, lease: Duration, renewal: Duration) {
        let mut renewals = interval(renewal);
        renewals.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            renewals.tick().await;
            let asked = Instant::now();
            if !self.lead(&work, lease).await.unwrap_or(false) {
                continue;
            }
            log::debug!(job = &*self.name; "job: lease acquired, running on this instance");
            let runs = async {
                loop {
                    sleep(self.every).await;
                    self.run(&state, &work).await;
                }
            };
            tokio::select! {
                () = runs => {}
                () = self.keep(&work, asked, lease, &mut renewals) => log::info!(job = &*self.name; "job: lease lost, another instance may run it"),
            }
        }
    }

    /// Renews the lease until it is lost: taken by another instance, or not renewed in time.
    async fn keep(&self, work: &Work, mut renewed: Instant, lease: Duration, renewals: &mut tokio::time::Interval) {
        loop {
            renewals.tick().await;
            let asked = Instant::now();
            match tokio::time::timeout_at(renewed + lease, self.lead(work, lease)).await {
                Ok(Ok(true)) => renewed = asked,
                Ok(Ok(false)) | Err(_) => return,
                Ok(Err(e)) => log::warn!(job = &*self.name; "job: lease not renewed, trying again: {}", e.chain()),
            }
            if renewed.elapsed() >= lease {
                return;
            }
        }
    }

    /// Lets another instance begin at once.
    pub(super) async fn release(&self, work: &Work) {
        if let Err(e) = self.lead(work, Duration::ZERO).await {
            log::debug!(job = &*self.name; "job: lease not released, it ends by itself: {}", e.chain());
        }
    }

    async fn lead(&self, work: &Work, lease: Duration) -> Result<bool> {
        let rt = work.runtime();
        rt.store.lead(&format!("job/{}", self.name), &rt.instance, lease).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        bus::memory::Memory,
        runtime::{Backends, Runtime},
        store::{Driver, Sqlite},
        testing::{TestIdentities, eventually},
        trace::TraceSettings,
        work::Bus,
    };
    use futures::FutureExt;
    use std::sync::{Mutex, PoisonError};

    const TIMEOUT: Duration = Duration::from_secs(20);

    /// One instance of a service on a store that it shares.
    fn instance(name: &str, store: &Arc<dyn Driver>) -> Work {
        let identities = TestIdentities::new();
        let backends = Backends {
            transport: Arc::new(Memory::default()),
            store: store.clone(),
            registry: identities.registry(),
            verifier: identities.verifier().into_inner(),
            delegate: identities.delegate("fm-x"),
        };
        Work::new(Bus::new(Runtime::new("fm-x", name, TraceSettings::default(), backends), None), None)
    }

    type Runs = Arc<Mutex<Vec<String>>>;

    fn notes_who_runs() -> (Runs, Job<()>) {
        let runs = Runs::default();
        let noted = runs.clone();
        let task: Task<()> = Arc::new(move |_, work: Work| {
            let noted = noted.clone();
            async move {
                noted.lock().unwrap_or_else(PoisonError::into_inner).push(work.runtime().instance().to_owned());
                Ok(())
            }
            .boxed_local()
        });
        (runs, Job { name: "count".into(), every: Duration::from_millis(20), once: true, task })
    }

    fn spawn(job: &Job<()>, work: Work) -> actix_rt::task::JoinHandle<()> {
        let job = job.clone();
        let (lease, renewal) = (Duration::from_millis(600), Duration::from_millis(100));
        actix_rt::spawn(async move { job.repeat_alone(Arc::new(()), work, lease, renewal).await })
    }

    #[actix_rt::test]
    async fn one_instance_does_the_job_and_another_one_takes_over_when_it_dies() {
        let store: Arc<dyn Driver> = Arc::new(Sqlite::in_memory().unwrap());
        store.prepare(vec![]).await.unwrap();
        let (runs, job) = notes_who_runs();
        let first = spawn(&job, instance("a", &store));
        eventually("the first one runs", TIMEOUT, async || !runs.lock().unwrap().is_empty()).await;
        let second = spawn(&job, instance("b", &store));
        eventually("it runs often", TIMEOUT, async || runs.lock().unwrap().len() > 20).await;
        assert!(runs.lock().unwrap().iter().all(|who| who == "a"), "{runs:?}");
        first.abort();
        eventually("the second one takes over", TIMEOUT, async || runs.lock().unwrap().last().is_some_and(|who| who == "b")).await;
        second.abort();
    }

    #[actix_rt::test]
    async fn a_released_job_is_taken_over_before_its_lease_ends() {
        let store: Arc<dyn Driver> = Arc::new(Sqlite::in_memory().unwrap());
        store.prepare(vec![]).await.unwrap();
        let (_, job) = notes_who_runs();
        let (a, b) = (instance("a", &store), instance("b", &store));
        assert!(job.lead(&a, TIMEOUT).await.unwrap() && !job.lead(&b, TIMEOUT).await.unwrap());
        job.release(&b).await;
        assert!(!job.lead(&b, TIMEOUT).await.unwrap(), "only the holder can release it");
        job.release(&a).await;
        assert!(job.lead(&b, TIMEOUT).await.unwrap());
    }
}
