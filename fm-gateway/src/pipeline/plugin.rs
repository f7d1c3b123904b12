//! The traits of plugins.

use super::{Answer, Drivers, Exchange, Outcome};
use bytes::Bytes;
use fm_sdk::{Error, registry::services::Instance};
use futures::future::LocalBoxFuture;
use serde_json::{Map, Value};
use std::{collections::BTreeSet, sync::Arc};

/// A kind of step: what it is called, what can be set, and how a step is made of settings.
///
/// A plugin never sees settings that its schema refuses, and its steps are made when a table is loaded, never while a request waits.
pub trait Plugin: Send + Sync + 'static {
    /// The name that routes use.
    fn name(&self) -> &'static str;

    /// The version of its settings and behaviour.
    fn version(&self) -> &'static str {
        "1"
    }

    /// What it does, in a sentence.
    fn about(&self) -> &'static str;

    /// The JSON Schema of its settings, in the subset of [`super::schema`].
    fn schema(&self) -> Value;

    /// What its steps take part in.
    fn phases(&self) -> Phases;

    /// The drivers that must be there, by name: see [`Drivers`].
    fn requires(&self) -> &'static [&'static str] {
        &[]
    }

    /// The `${variables}` that its steps set for those after them.
    fn provides(&self) -> &'static [&'static str] {
        &[]
    }

    /// Whether its steps answer every request that reaches them, so that nothing can come after them.
    fn answers(&self) -> bool {
        false
    }

    /// Whether its steps, with these settings, let nobody pass who is not known: what a route needs that is not public.
    fn guards(&self, _settings: &Map<String, Value>) -> bool {
        false
    }

    /// Whether its steps decide who may ask, without knowing who it is.
    fn restricts(&self) -> bool {
        false
    }

    /// Whether its steps answer from what others were answered, so that nothing behind them can decide who may ask.
    fn answers_from_memory(&self) -> bool {
        false
    }

    /// Makes a step. The settings fit the schema, defaults are filled in, `env{NAME}` is replaced.
    ///
    /// # Errors
    /// A sentence that says what is wrong with the settings, beyond the schema.
    fn build(&self, settings: &Map<String, Value>, drivers: &Drivers) -> Result<Box<dyn Step>, String>;
}

/// A plugin at its place in the pipeline of one route. Shared by all workers; what belongs to one request lives in the [`Exchange`].
#[expect(unused_variables, reason = "the names are for those who implement it")]
pub trait Step: Send + Sync {
    /// Resolves when the step can do its work. A table takes effect when all its steps can, or have had some seconds for it.
    fn ready(&self) -> LocalBoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }

    /// The instances that it chooses from, where they are not in the registry: operators are shown them.
    fn unregistered(&self) -> Option<StepInstances<'_>> {
        None
    }

    /// Looks at the request, may change it, and passes, answers or fails.
    fn request<'a>(&'a self, exchange: &'a mut Exchange) -> Flow<'a> {
        Flow::Now(Decision::Pass)
    }

    /// Looks at the answer's head and may change it; called in reverse order, also for answers of other steps and for errors.
    fn response(&self, exchange: &mut Exchange, answer: &mut Answer) {}

    /// Changes a piece of the answer's body.
    fn body(&self, exchange: &mut Exchange, piece: Bytes) -> Bytes {
        piece
    }

    /// Learns how it ended, when the last byte is handed over or the client is gone.
    fn log(&self, exchange: &Exchange, outcome: &Outcome) {}
}

/// Instances that a step chooses from.
pub struct StepInstances<'a> {
    /// The name of all of them.
    pub name: &'a str,
    pub instances: Arc<[Instance]>,
    /// The ids of those that get no requests, since their health checks fail.
    pub unwell: Arc<BTreeSet<String>>,
}

/// The phases that a plugin takes part in; the others cost nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Phases {
    pub request: bool,
    pub response: bool,
    pub body: bool,
    pub log: bool,
}

impl Phases {
    pub const REQUEST: Phases = Phases { request: true, response: false, body: false, log: false };
}

/// What a step says about a request.
pub enum Decision {
    /// The next step may look.
    Pass,
    /// This is the answer.
    Answer(Answer),
    /// It goes no further, and this is why.
    Fail(Error),
}

/// A decision, at once or later. Those who need not wait need not allocate.
pub enum Flow<'a> {
    Now(Decision),
    Later(LocalBoxFuture<'a, Decision>),
}

impl Flow<'_> {
    pub fn pass() -> Self {
        Flow::Now(Decision::Pass)
    }
    pub fn fail(error: Error) -> Self {
        Flow::Now(Decision::Fail(error))
    }
    pub fn answer(answer: Answer) -> Self {
        Flow::Now(Decision::Answer(answer))
    }
}
