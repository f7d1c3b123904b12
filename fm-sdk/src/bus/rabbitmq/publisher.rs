use super::{Shared, caller::CallJob, health::Which, outbox::Pending, outgoing::Outgoing};
use crate::{Error, Kind, Result};
use crossbeam_channel::Sender;
use std::sync::{Arc, atomic::Ordering::Relaxed};
use tokio::sync::{Semaphore, oneshot};

/// Unconfirmed messages at one time; the next ones wait for a place.
const WINDOW: usize = 1024;

/// What the publishing thread is asked to do.
pub(super) enum Job {
    /// Sends it and waits for the confirmation.
    Publish(Pending),
    /// Sends it and waits for the reply.
    Call(CallJob),
    /// Nobody waits for the reply of this call any more.
    Forget(u64),
    /// Sends a reply; it is not confirmed.
    Reply(Outgoing),
    /// Sends what is left, then closes the connection.
    Close(oneshot::Sender<()>),
}

/// The asynchronous side of the publishing connection. Never blocks.
#[derive(Clone)]
pub(super) struct Publisher {
    jobs: Sender<Job>,
    places: Arc<Semaphore>,
    pub shared: Arc<Shared>,
}

impl Publisher {
    pub fn new(jobs: Sender<Job>, shared: Arc<Shared>) -> Self {
        Publisher { jobs, places: Arc::new(Semaphore::new(WINDOW)), shared }
    }
    /// Sends a message; `Ok` = stored by the broker.
    pub async fn publish(&self, message: Outgoing) -> Result<()> {
        let (done, confirmed) = oneshot::channel();
        let pending = Pending::new(message, done);
        let sent = pending.sent.clone();
        let stored = async {
            let _place = self.places.acquire().await.map_err(|_| closed())?;
            self.hand_over(Job::Publish(pending))?;
            confirmed.await.map_err(|_| closed())?
        };
        match tokio::time::timeout(self.shared.options.publish_within, stored).await {
            Ok(result) => result,
            Err(_) if sent.load(Relaxed) => {
                Err(Error::new(Kind::Unavailable, "bus-silent", "the message broker did not confirm the message in time").maybe_done())
            }
            Err(_) => Err(away(&self.shared.health.why(Which::Publishing))),
        }
    }
    pub fn hand_over(&self, job: Job) -> Result<()> {
        self.jobs.send(job).map_err(|_| closed())
    }
}

/// The broker is away, and why.
pub(super) fn away(why: &str) -> Error {
    Error::new(Kind::Unavailable, "bus-away", format!("the message broker is away: {why}"))
}

pub(super) fn closed() -> Error {
    Error::new(Kind::Unavailable, "bus-closed", "the connection to the message broker was closed by this process")
}
