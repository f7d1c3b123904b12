//! Records a step trace while its request runs.

use super::{
    super::{Exchange, Outcome},
    Attempt, AttemptKind, AttemptOutcome, Samples, Secrets, StepRecord, StepTrace,
};
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

/// The most names and attempts that one step records.
const MAX_RECORDED: usize = 100;

/// Put into the extensions of a request, it records what the steps do with it; whoever keeps a clone reads the trace afterwards.
#[derive(Clone, Debug, Default)]
pub struct Recorder {
    state: Arc<Mutex<State>>,
    /// Gets the trace when the request has ended.
    samples: Option<Arc<Samples>>,
}

#[derive(Debug, Default)]
struct State {
    started: Option<Instant>,
    trace: StepTrace,
    secrets: Secrets,
    /// Of the step that runs.
    read: Vec<String>,
    attempts: Vec<Attempt>,
}

impl Recorder {
    /// Records for the samples, too.
    pub(super) fn kept_by(samples: Arc<Samples>) -> Recorder {
        Recorder { samples: Some(samples), ..Recorder::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins with a request that has found its route.
    pub(in crate::pipeline) fn begin(&self, exchange: &Exchange) {
        let mut state = self.state();
        state.started = Some(exchange.started);
        state.trace.route.clone_from(&exchange.route.id);
        state.trace.trace_id = exchange.trace.trace_id();
        state.trace.method = exchange.head.method.to_string();
        state.trace.host = exchange.client.host().to_owned();
        state.trace.path = exchange.path().to_owned();
        state.secrets.add_headers(&exchange.head.headers);
        for (name, value) in exchange.route.steps.iter().flat_map(|step| &step.env) {
            state.secrets.add_env(name, value);
        }
    }

    /// Notes what the step that runs looks at.
    pub fn read(&self, name: &str) {
        let mut state = self.state();
        if state.read.len() < MAX_RECORDED && !state.read.iter().any(|known| known == name) {
            state.read.push(name.to_owned());
        }
    }

    /// Notes that an instance is asked, until what is returned is dropped.
    pub fn attempt(&self, kind: AttemptKind, service: &str, instance: &str) -> AttemptInProgress {
        let now = Instant::now();
        let mut state = self.state();
        let at = state.attempts.len();
        let (at_micros, outcome) = (state.since_start(now), AttemptOutcome::Abandoned);
        if at < MAX_RECORDED {
            let (service, instance) = (service.to_owned(), instance.to_owned());
            state.attempts.push(Attempt { kind, service, instance, at_micros, took_micros: 0, outcome });
        }
        AttemptInProgress { recorder: self.clone(), at, started: now, outcome: AttemptOutcome::Abandoned }
    }

    /// Adds what a step did, beside what was noted while it ran.
    pub(super) fn step(&self, started: Option<Instant>, make: impl FnOnce(&Secrets) -> StepRecord) {
        let now = Instant::now();
        let mut state = self.state();
        let mut record = make(&state.secrets);
        if let Some(started) = started {
            record.at_micros = state.since_start(started);
            record.took_micros = micros(started, now);
        }
        record.read = std::mem::take(&mut state.read);
        record.attempts = std::mem::take(&mut state.attempts);
        state.trace.steps.push(record);
    }

    /// Notes how the request ended.
    pub(in crate::pipeline) fn end(&self, outcome: &Outcome) {
        let mut state = self.state();
        state.trace.status = Some(outcome.status.as_u16());
        state.trace.sent = outcome.sent;
        state.trace.complete = outcome.complete;
        state.trace.took_micros = u64::try_from(outcome.took.as_micros()).unwrap_or(u64::MAX);
        if let Some(samples) = &self.samples {
            samples.push(state.trace.clone());
        }
    }

    /// What was recorded so far; `None`, if the request has found no route.
    pub fn trace(&self) -> Option<StepTrace> {
        let state = self.state();
        state.started.map(|_| state.trace.clone())
    }

    /// Hides what may be secret in the value of a header of this request or of its answer.
    pub fn masked(&self, name: &str, value: &str) -> String {
        self.state().secrets.hide_value(name, value)
    }
}

impl State {
    fn since_start(&self, at: Instant) -> u64 {
        self.started.map_or(0, |started| micros(started, at))
    }
}

fn micros(from: Instant, to: Instant) -> u64 {
    u64::try_from(to.saturating_duration_since(from).as_micros()).unwrap_or(u64::MAX)
}

/// An instance that is asked and has not answered yet.
#[derive(Debug)]
pub struct AttemptInProgress {
    recorder: Recorder,
    at: usize,
    started: Instant,
    outcome: AttemptOutcome,
}

impl AttemptInProgress {
    /// Notes what came of it.
    pub fn end(mut self, outcome: AttemptOutcome) {
        self.outcome = outcome;
    }
}

impl Drop for AttemptInProgress {
    fn drop(&mut self) {
        let now = Instant::now();
        if let Some(attempt) = self.recorder.state().attempts.get_mut(self.at) {
            attempt.took_micros = micros(self.started, now);
            attempt.outcome = self.outcome.clone();
        }
    }
}
