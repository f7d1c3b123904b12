//! The state of a circuit: closed, open, half-open.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

/// When a circuit opens, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Limits {
    /// The last so many calls count.
    pub window: usize,
    /// Fewer calls say nothing.
    pub min_calls: usize,
    /// Opens when so many percent of them fail or are slow.
    pub failure_percent: usize,
    pub open_for: Duration,
    /// So many calls try it out; all of them must be well.
    pub probes: usize,
}

/// Lets a call through. It belongs to the state of its time: what becomes of it later says nothing about another one.
#[derive(Debug, PartialEq, Eq)]
pub struct Ticket(u64);

/// What has become of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallOutcome {
    Well,
    Failed,
    /// Nobody knows: the client went away before the answer came.
    Unknown,
}

#[derive(Debug)]
enum State {
    Closed { failed: VecDeque<bool>, failures: usize },
    Open { until: Instant },
    HalfOpen { in_flight: usize, well: usize },
}

#[derive(Debug)]
pub struct Breaker {
    limits: Limits,
    state: State,
    /// Counts states.
    generation: u64,
}

impl Breaker {
    pub fn new(limits: Limits) -> Self {
        Breaker { limits, state: State::Closed { failed: VecDeque::new(), failures: 0 }, generation: 0 }
    }

    /// Lets a call through, or says how long none will be.
    pub fn admit(&mut self, now: Instant) -> Result<Ticket, Duration> {
        if let State::Open { until } = self.state {
            if now < until {
                return Err(until - now);
            }
            self.enter(State::HalfOpen { in_flight: 0, well: 0 });
        }
        if let State::HalfOpen { in_flight, well } = &mut self.state {
            if *in_flight + *well >= self.limits.probes {
                return Err(Duration::ZERO);
            }
            *in_flight += 1;
        }
        Ok(Ticket(self.generation))
    }

    /// Counts what has become of a call.
    pub fn note(&mut self, ticket: Ticket, outcome: CallOutcome, now: Instant) {
        if ticket.0 != self.generation {
            return;
        }
        match &mut self.state {
            State::Open { .. } => {}
            State::Closed { failed, failures } => {
                if outcome == CallOutcome::Unknown {
                    return;
                }
                if failed.len() >= self.limits.window && failed.pop_front() == Some(true) {
                    *failures -= 1;
                }
                failed.push_back(outcome == CallOutcome::Failed);
                *failures += usize::from(outcome == CallOutcome::Failed);
                if failed.len() >= self.limits.min_calls && *failures * 100 >= self.limits.failure_percent * failed.len() {
                    self.open(now);
                }
            }
            State::HalfOpen { in_flight, well } => {
                *in_flight -= 1;
                match outcome {
                    CallOutcome::Unknown => {}
                    CallOutcome::Failed => self.open(now),
                    CallOutcome::Well => {
                        *well += 1;
                        if *well >= self.limits.probes {
                            self.enter(State::Closed { failed: VecDeque::new(), failures: 0 });
                        }
                    }
                }
            }
        }
    }

    fn open(&mut self, now: Instant) {
        self.enter(State::Open { until: now + self.limits.open_for });
    }

    fn enter(&mut self, state: State) {
        self.state = state;
        self.generation += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::{CallOutcome::*, *};

    const LIMITS: Limits = Limits { window: 10, min_calls: 4, failure_percent: 50, open_for: Duration::from_secs(10), probes: 2 };
    const SECOND: Duration = Duration::from_secs(1);

    /// Calls one after the other.
    fn call(breaker: &mut Breaker, now: Instant, outcomes: &[CallOutcome]) {
        for outcome in outcomes {
            let ticket = breaker.admit(now).unwrap();
            breaker.note(ticket, *outcome, now);
        }
    }

    #[test]
    fn it_opens_when_the_share_of_failures_is_reached_and_enough_calls_are_known() {
        let (mut breaker, now) = (Breaker::new(LIMITS), Instant::now());
        call(&mut breaker, now, &[Failed, Failed, Failed, Unknown, Unknown]);
        call(&mut breaker, now, &[Well]);
        assert_eq!(breaker.admit(now), Err(LIMITS.open_for));
        assert_eq!(breaker.admit(now + SECOND), Err(LIMITS.open_for - SECOND));
    }

    #[test]
    fn only_the_last_calls_count() {
        let (mut breaker, now) = (Breaker::new(LIMITS), Instant::now());
        call(&mut breaker, now, &[Well; 10]);
        call(&mut breaker, now, &[Failed; 4]);
        call(&mut breaker, now, &[Well; 6]);
        // The four failures go as others come; never are five of ten failed.
        call(&mut breaker, now, &[Failed; 4]);
        assert!(breaker.admit(now).is_ok());
        call(&mut breaker, now, &[Failed]);
        assert!(breaker.admit(now).is_err());
    }

    #[test]
    fn probes_close_it_when_all_are_well() {
        let (mut breaker, now) = (Breaker::new(LIMITS), Instant::now());
        call(&mut breaker, now, &[Failed; 4]);
        let later = now + LIMITS.open_for;
        let probes = [breaker.admit(later).unwrap(), breaker.admit(later).unwrap()];
        assert_eq!(breaker.admit(later), Err(Duration::ZERO), "no more than the probes pass");
        for probe in probes {
            breaker.note(probe, Well, later);
        }
        call(&mut breaker, later, &[Failed, Failed, Failed]);
        assert!(breaker.admit(later).is_ok(), "what was before is forgotten");
    }

    #[test]
    fn one_failed_probe_opens_it_again_and_an_unknown_one_frees_its_place() {
        let (mut breaker, now) = (Breaker::new(LIMITS), Instant::now());
        call(&mut breaker, now, &[Failed; 4]);
        let later = now + LIMITS.open_for;
        call(&mut breaker, later, &[Unknown, Unknown, Unknown, Well]);
        call(&mut breaker, later, &[Failed]);
        assert_eq!(breaker.admit(later), Err(LIMITS.open_for));
    }

    #[test]
    fn a_call_that_began_in_an_earlier_state_is_not_counted() {
        let (mut breaker, now) = (Breaker::new(LIMITS), Instant::now());
        let slow = breaker.admit(now).unwrap();
        call(&mut breaker, now, &[Failed; 4]);
        let later = now + LIMITS.open_for;
        let probe = breaker.admit(later).unwrap();
        breaker.note(slow, Failed, later);
        breaker.note(probe, Well, later);
        call(&mut breaker, later, &[Well]);
        call(&mut breaker, later, &[Well; 10]);
    }
}
