//! How many messages wait in each queue, and how many consumers it has.

use super::{Bus, unreachable};
use fm_sdk::{Result, ResultExt};
use serde::Serialize;

/// Queues of a service, each with what it is for.
const OF_SERVICE: [(&str, &str); 4] = [("events", "events"), ("commands", "commands"), ("calls", "calls"), ("parking", DEAD_LETTERS)];
/// The kind of a queue of dead letters.
pub const DEAD_LETTERS: &str = "dead letters";
/// Queues that all services share: messages that wait for their next attempt, and events that nobody consumes.
const SHARED: [(&str, &str); 5] = [
    ("fm.delay.1s", "retries"),
    ("fm.delay.10s", "retries"),
    ("fm.delay.1m", "retries"),
    ("fm.delay.10m", "retries"),
    ("fm.unrouted", "unrouted"),
];
/// How long the whole look may take.
const TIMEOUT: std::time::Duration = std::time::Duration::from_secs(10);

/// A queue of the broker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Queue {
    pub name: String,
    /// None: all services share it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// `events`, `commands`, `calls`, `dead letters`, `retries`, `unrouted`.
    pub kind: &'static str,
    /// Messages that wait; those that a consumer has in hand are not counted.
    pub messages: u64,
    pub consumers: u32,
}

impl Queue {
    /// It holds dead letters.
    pub fn is_dead_letters(&self) -> bool {
        self.kind == DEAD_LETTERS
    }
    /// Messages wait and nobody takes them; dead letters, and messages that wait for their time, are meant to.
    pub fn is_stuck(&self) -> bool {
        self.messages > 0 && self.consumers == 0 && ["events", "commands", "calls"].contains(&self.kind)
    }
}

impl Bus {
    /// Reads the queues of these services and those that all share; queues that do not exist are left out.
    ///
    /// # Errors
    /// `Invalid`, code `bus-memory`; `Unavailable`, code `bus-unreachable`.
    pub async fn queues(&self, services: &[String]) -> Result<Vec<Queue>> {
        let connection = self.connection().await?.clone();
        let of_service = |service: &String| {
            OF_SERVICE.map(|(last, kind)| Queue {
                name: format!("fm.{service}.{last}"),
                service: Some(service.clone()),
                kind,
                messages: 0,
                consumers: 0,
            })
        };
        let shared = SHARED.map(|(name, kind)| Queue { name: name.into(), service: None, kind, messages: 0, consumers: 0 });
        let wanted: Vec<Queue> = services.iter().flat_map(of_service).chain(shared).collect();
        let names = wanted.iter().map(|queue| queue.name.clone()).collect();
        // Held by the task: a broker that hangs holds up one thread, not one for each request.
        let reading = self.reading.clone().lock_owned();
        let read = async {
            let reading = reading.await;
            let task = async move {
                let depths = connection.queue_depths(names).await;
                drop(reading);
                depths
            };
            actix_rt::spawn(task).await.internal()?
        };
        let depths = tokio::time::timeout(TIMEOUT, read).await.map_err(|_| unreachable("no answer in time"))??;
        let found = |queue: Queue| {
            let depth = depths.iter().find(|depth| depth.name == queue.name)?;
            Some(Queue { messages: depth.messages, consumers: depth.consumers, ..queue })
        };
        Ok(wanted.into_iter().filter_map(found).collect())
    }
}
