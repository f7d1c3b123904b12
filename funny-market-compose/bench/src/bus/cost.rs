//! What an operation costs beside time. A busy machine makes everything slower; these change little.

use crate::{Result, process};
use nix::sys::{
    resource::{Usage, UsageWho, getrusage},
    time::TimeValLike,
};

/// The cost of one operation.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cost {
    /// Processor time of this process, which is both sides of a call, in microseconds.
    pub client: f64,
    /// Processor time of the broker, in microseconds.
    pub broker: f64,
    /// How often a thread of this process waited for another one or for the broker.
    pub waits: f64,
}

/// What had been used when a run began.
pub(super) struct Meter {
    client: Usage,
    /// Its processes, and the nanoseconds that each had used.
    broker: Vec<(u32, u64)>,
}

impl Meter {
    /// The broker is all that this process has started and that still runs at the end: it calls small programs.
    pub fn start() -> Result<Self> {
        let own = std::process::id();
        let others = process::family(own).into_iter().filter(|pid| *pid != own);
        let broker = others.filter_map(|pid| Some((pid, process::processor_time(&[pid]).ok()?))).collect();
        Ok(Meter { client: getrusage(UsageWho::RUSAGE_SELF)?, broker })
    }

    /// Gives what each of this many operations has used since the start.
    pub fn stop(self, operations: usize) -> Result<Cost> {
        let (before, now, each) = (self.client, getrusage(UsageWho::RUSAGE_SELF)?, operations.max(1) as f64);
        let micros = |usage: &Usage| (usage.user_time() + usage.system_time()).num_microseconds() as f64;
        let used = |(pid, before): &(u32, u64)| process::processor_time(&[*pid]).ok()?.checked_sub(*before);
        let broker_ns: u64 = self.broker.iter().filter_map(used).sum();
        Ok(Cost {
            client: (micros(&now) - micros(&before)) / each,
            broker: broker_ns as f64 / 1000.0 / each,
            waits: (now.voluntary_context_switches() - before.voluntary_context_switches()) as f64 / each,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        thread,
        time::{Duration, Instant},
    };

    #[test]
    fn the_work_and_the_waits_of_threads_that_have_ended_count_too() {
        let meter = Meter::start().unwrap();
        let worker = thread::spawn(|| {
            for _ in 0..20 {
                thread::sleep(Duration::from_millis(1));
            }
            let until = Instant::now() + Duration::from_millis(50);
            while Instant::now() < until {
                std::hint::spin_loop();
            }
        });
        worker.join().unwrap();
        let cost = meter.stop(10).unwrap();
        assert!(cost.waits >= 2.0 && cost.client >= 100.0, "{cost:?}");
    }
}
