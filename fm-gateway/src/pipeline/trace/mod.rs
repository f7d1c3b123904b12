//! The step trace: what each step of a pipeline did with one request. Recorded only where somebody asks for it; bodies are never in it, and
//! values that may be secrets are masked.

mod mask;
mod recorder;
mod samples;
mod watch;

pub(super) use {mask::Secrets, watch::Watch};
pub use {
    mask::{MASK, is_secret, without_query_values},
    recorder::{AttemptInProgress, Recorder},
    samples::Samples,
};

use serde::Serialize;
use std::fmt;

/// What became of a request, step by step.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct StepTrace {
    pub route: String,
    pub trace_id: String,
    pub method: String,
    pub host: String,
    /// In its normal form, without the query.
    pub path: String,
    /// In the order in which it happened: requests first to last step, answers last to first.
    pub steps: Vec<StepRecord>,
    /// The answer's status; none while there is no answer yet.
    pub status: Option<u16>,
    /// Bytes of the answer's body that were handed over.
    pub sent: u64,
    /// False if the client or the upstream went away before the end.
    pub complete: bool,
    pub took_micros: u64,
}

/// What one step did in one phase.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StepRecord {
    /// Its place in the pipeline, from 0.
    pub step: usize,
    pub plugin: String,
    pub phase: Phase,
    /// Since the request's head was read.
    pub at_micros: u64,
    pub took_micros: u64,
    /// Names of the variables, `header.<name>` and so on, that it looked at.
    pub read: Vec<String>,
    pub changed: Vec<Change>,
    pub outcome: StepOutcome,
    /// The instances that it asked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attempts: Vec<Attempt>,
}

/// When a step is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    Request,
    Response,
}

/// What a step said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum StepOutcome {
    Passed,
    Answered {
        status: u16,
    },
    Failed {
        status: u16,
        code: String,
        message: String,
    },
    /// It takes no part in this phase.
    Skipped,
    /// It is switched off.
    SwitchedOff,
    /// A step before it answered or failed.
    NotReached,
}

/// A value that is another one after a step than before it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// `request.header.<name>`, `response.header.<name>`, `variable.<name>`, `path` (the upstream's), `max_body`, `status`.
    pub field: String,
    /// None: there was no value, or there is none any more. Values that may be secrets are [`MASK`] or `env{NAME}`.
    pub before: Option<String>,
    pub after: Option<String>,
}

/// One instance that was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Attempt {
    pub kind: AttemptKind,
    pub service: String,
    pub instance: String,
    pub at_micros: u64,
    pub took_micros: u64,
    pub outcome: AttemptOutcome,
}

/// Why an instance is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AttemptKind {
    First,
    /// The one before failed.
    Retry,
    /// The one before lets the request wait.
    Hedge,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum AttemptOutcome {
    Answered {
        status: u16,
    },
    /// `connect`, `head-timeout`, `broken`, ...
    Failed {
        reason: String,
    },
    /// Another instance answered first, or nobody waits any more.
    Abandoned,
}

impl fmt::Display for StepOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StepOutcome::Passed => f.write_str("passed"),
            StepOutcome::Answered { status } => write!(f, "answered {status}"),
            StepOutcome::Failed { status, code, message } => write!(f, "failed {status} {code}: {message}"),
            StepOutcome::Skipped => f.write_str("skipped, takes no part"),
            StepOutcome::SwitchedOff => f.write_str("skipped, switched off"),
            StepOutcome::NotReached => f.write_str("not reached"),
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.before, &self.after) {
            (None, Some(after)) => write!(f, "+ {} = {after}", self.field),
            (Some(before), None) => write!(f, "- {} = {before}", self.field),
            (before, after) => {
                write!(f, "~ {} = {} -> {}", self.field, before.as_deref().unwrap_or_default(), after.as_deref().unwrap_or_default())
            }
        }
    }
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            AttemptKind::First => "asked",
            AttemptKind::Retry => "retried",
            AttemptKind::Hedge => "hedged",
        };
        write!(f, "{kind} {} {}: ", self.service, self.instance)?;
        match &self.outcome {
            AttemptOutcome::Answered { status } => write!(f, "{status}")?,
            AttemptOutcome::Failed { reason } => f.write_str(reason)?,
            AttemptOutcome::Abandoned => f.write_str("abandoned")?,
        }
        write!(f, " after {}", Micros(self.took_micros))
    }
}

/// A time for people.
struct Micros(u64);

impl fmt::Display for Micros {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            micros @ 0..1000 => write!(f, "{micros} us"),
            micros => write!(f, "{}.{} ms", micros / 1000, micros % 1000 / 100),
        }
    }
}

impl fmt::Display for StepTrace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for record in &self.steps {
            let arrow = if record.phase == Phase::Request { "->" } else { "<-" };
            write!(f, "{arrow} {} {}  {}", record.step + 1, record.plugin, record.outcome)?;
            if !matches!(record.outcome, StepOutcome::Skipped | StepOutcome::SwitchedOff | StepOutcome::NotReached) {
                write!(f, "  ({})", Micros(record.took_micros))?;
            }
            writeln!(f)?;
            if !record.read.is_empty() {
                writeln!(f, "     reads {}", record.read.join(", "))?;
            }
            for attempt in &record.attempts {
                writeln!(f, "     {attempt}")?;
            }
            for change in &record.changed {
                writeln!(f, "     {change}")?;
            }
        }
        Ok(())
    }
}
