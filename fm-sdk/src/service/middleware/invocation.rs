use crate::{Identity, bus::transport::Audience, work::Context};
use std::{cell::Cell, sync::Arc};

/// What a handler is run for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum InvocationKind {
    /// An HTTP request.
    Http,
    /// An event.
    Event,
    /// A command.
    Command,
    /// A call.
    Call,
}

impl From<Audience> for InvocationKind {
    fn from(audience: Audience) -> Self {
        match audience {
            Audience::Service | Audience::EachInstance => InvocationKind::Event,
            Audience::Command => InvocationKind::Command,
            Audience::Call => InvocationKind::Call,
        }
    }
}

/// One run of a handler, as middleware sees it.
#[derive(Debug)]
pub struct Invocation {
    kind: InvocationKind,
    name: String,
    identity: Option<Identity>,
    attempt: u32,
    status: Cell<Option<u16>>,
    context: Context,
}

impl Invocation {
    pub(crate) fn new(kind: InvocationKind, name: String, identity: Option<Identity>, attempt: u32) -> Self {
        Invocation { kind, name, identity, attempt, status: Cell::default(), context: Context::default() }
    }
    /// What the handler is run for.
    pub fn kind(&self) -> InvocationKind {
        self.kind
    }
    /// The message's name, or the method and the pattern of the route: `GET /api/cars/{id}`, `GET none` where there is no route. Of few
    /// different values, so it may be a label of a metric.
    pub fn name(&self) -> &str {
        &self.name
    }
    /// For whom it acts; `None` = nobody, or, over HTTP, a token that is refused (the handler refuses it when it asks).
    pub fn identity(&self) -> Option<&Identity> {
        self.identity.as_ref()
    }
    /// Which attempt this is; 1 = the first.
    pub fn attempt(&self) -> u32 {
        self.attempt
    }
    /// The status of the response, once an HTTP request has run.
    pub fn status(&self) -> Option<u16> {
        self.status.get()
    }
    pub(super) fn set_status(&self, status: u16) {
        self.status.set(Some(status));
    }
    /// Gives the handler a value: it takes it with [`Work::context`](crate::Work::context). One value per type; the last one counts.
    pub fn insert<T: Send + Sync + 'static>(&self, value: T) {
        self.context.insert(value);
    }
    /// Gives the value of this type that another middleware or this one put here.
    pub fn get<T: Send + Sync + 'static>(&self) -> Option<Arc<T>> {
        self.context.get()
    }
    pub(crate) fn context(&self) -> &Context {
        &self.context
    }
}
