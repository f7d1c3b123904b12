use super::Calling;
use crate::{
    Call, Envelope, Error, Event, Identity, Kind, MessageKind, Result, Senders,
    identity::identity_of,
    runtime::{Runtime, Trail},
};
use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload, web};
use std::{
    future::{Ready, ready},
    sync::{Arc, atomic::Ordering::Relaxed},
};
use tokio::time::Instant;

/// Speaks on the bus for one caller: the user of the request, the one for whom a message acts, or the service itself.
/// Cheap to clone, `Send + Sync`, an actix extractor.
#[derive(Clone)]
pub struct Bus {
    pub(crate) rt: Arc<Runtime>,
    pub(crate) caller: Option<Identity>,
    pub(crate) trail: Arc<Trail>,
    pub(crate) deadline: Option<Instant>,
}

impl Bus {
    pub(crate) fn new(rt: Arc<Runtime>, caller: Option<Identity>) -> Self {
        Bus { rt, caller, trail: Arc::default(), deadline: None }
    }
    /// Acts for this user instead of the caller of the request.
    #[must_use]
    pub fn as_user(&self, who: &Identity) -> Bus {
        Bus { caller: Some(who.clone()), ..self.clone() }
    }
    /// Acts for the service itself, whoever called.
    #[must_use]
    pub fn as_service(&self) -> Bus {
        Bus { caller: None, ..self.clone() }
    }
    /// Prepares a call; awaiting it sends it.
    pub fn call<M: Call>(&self, m: M) -> Calling<M> {
        Calling::new(self.clone(), &m)
    }
    /// Publishes at once, outside of any change of state. `Ok` = stored by the broker.
    ///
    /// A document's change and its event belong into one step: publish in the closure of `insert`, `change` or `remove`.
    ///
    /// # Errors
    /// `Unavailable` while the broker is away; `Internal`, code `sender-undeclared`, if the event's declaration does not name this service.
    pub async fn publish_now<E: Event>(&self, e: &E) -> Result<()> {
        E::SENDERS.check_sent(E::NAME, &self.rt.service)?;
        self.trail.direct.store(true, Relaxed);
        let m = Envelope::new(MessageKind::Event, E::NAME, e, &self.rt.service)?;
        self.rt.publish(seal(&self.rt, self.caller.as_ref(), m, E::SENDERS)?).await
    }
}

/// Completes an envelope: who sends it, for whom, and as part of which trace. A delegation token bound to this very message says so; a call
/// that anybody may make carries the caller's own token instead, which proves no service.
pub(crate) fn seal(rt: &Runtime, caller: Option<&Identity>, mut m: Envelope, senders: Senders) -> Result<Envelope> {
    m.instance.clone_from(&rt.instance);
    m.trace = crate::trace::current().map(|t| t.to_string());
    match (m.kind, caller) {
        (MessageKind::Call, Some(who)) if who.act().is_none() && senders == Senders::Any => m.token = Some(who.token().to_string()),
        (_, who) => rt.delegate.seal(&mut m, who)?,
    }
    Ok(m)
}

impl FromRequest for Bus {
    type Error = Error;
    type Future = Ready<Result<Self>>;
    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(of_request(req))
    }
}

/// The bus of a request. A token that came along must be good; none is fine.
pub(crate) fn of_request(req: &HttpRequest) -> Result<Bus> {
    let rt = req
        .app_data::<web::Data<Runtime>>()
        .ok_or_else(|| Error::new(Kind::Internal, "wiring", "the app was not built by fm_sdk::Service"))?
        .clone()
        .into_inner();
    let caller = identity_of(req)?;
    let known = req.extensions().get::<Arc<Trail>>().cloned();
    let trail = known.unwrap_or_else(|| {
        let trail = rt.trails().begin();
        req.extensions_mut().insert(trail.clone());
        trail
    });
    Ok(Bus { rt, caller, trail, deadline: None })
}
