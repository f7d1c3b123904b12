use crate::bus::transport::ServiceQueue;
use std::fmt;

/// What a service has left, as it is shown before it goes.
#[derive(Debug)]
pub(super) struct Leftovers {
    pub service: String,
    pub queues: Vec<ServiceQueue>,
    pub keys: Vec<String>,
    pub schedules: u64,
    /// Messages of the outbox; they stay, since only an instance can send them.
    pub unsent: usize,
}

impl Leftovers {
    pub fn is_empty(&self) -> bool {
        self.queues.is_empty() && self.keys.is_empty() && self.schedules == 0
    }
}

impl fmt::Display for Leftovers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            writeln!(f, "{} has left nothing", self.service)?;
        }
        for queue in &self.queues {
            writeln!(f, "queue {} ({} messages)", queue.name, queue.messages)?;
        }
        for key in &self.keys {
            writeln!(f, "registry key {key}")?;
        }
        if self.schedules > 0 {
            writeln!(f, "schedules: {} messages that are not due yet", self.schedules)?;
        }
        if self.unsent > 0 {
            writeln!(f, "warning: {} messages of the outbox were never sent; start the service once more to send them", self.unsent)?;
        }
        Ok(())
    }
}
