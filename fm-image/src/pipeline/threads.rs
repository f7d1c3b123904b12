//! A fixed number of threads. Few, so that the memory that the allocator keeps per thread stays small, too.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
};
use tokio::sync::oneshot;

type Job = Box<dyn FnOnce() + Send>;

/// Threads that do one job after the other; they end when this is dropped.
pub struct Threads(mpsc::Sender<Job>);

impl Threads {
    pub fn start(n: usize) -> Self {
        let (jobs, waiting) = mpsc::channel::<Job>();
        let waiting = Arc::new(Mutex::new(waiting));
        for i in 0..n {
            let waiting = waiting.clone();
            let next = move || waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let work = move || {
                while let Ok(job) = next() {
                    job();
                }
            };
            if let Err(e) = thread::Builder::new().name(format!("pipeline-{i}")).spawn(work) {
                log::error!("pipeline: thread not started: {e}");
            }
        }
        Threads(jobs)
    }
    /// Runs it on one of the threads; `None` if it panicked.
    pub async fn run<T: Send + 'static>(&self, f: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        let (done, result) = oneshot::channel();
        let job = Box::new(move || {
            if let Ok(t) = catch_unwind(AssertUnwindSafe(f)) {
                let _ = done.send(t);
            }
        });
        self.0.send(job).ok()?;
        result.await.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::Threads;

    #[actix_rt::test]
    async fn a_job_that_panics_costs_no_thread() {
        let threads = Threads::start(1);
        assert_eq!(threads.run(|| -> u8 { panic!("on purpose") }).await, None);
        assert_eq!(threads.run(|| 7).await, Some(7));
    }
}
