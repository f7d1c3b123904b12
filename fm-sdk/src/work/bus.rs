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
///
/// ```
/// use fm_sdk::{prelude::*, testing::MockBus};
/// use std::time::Duration;
///
/// messages! { call "fm-cars/price" PriceOf { car: String } -> i64; }
///
/// async fn total(bus: Bus, cars: &[&str]) -> Result<i64> {
///     let mut total = 0;
///     for car in cars {
///         total += bus.call(PriceOf { car: (*car).into() }).within(Duration::from_secs(2)).await?;
///     }
///     Ok(total)
/// }
/// # actix_rt::System::new().block_on(async {
/// let bus = MockBus::for_service(Service::new("fm-shop", ())).answer(|_: PriceOf| Ok(900));
/// assert_eq!(total(bus.bus(), &["c1", "c2"]).await.unwrap(), 1_800);
/// # });
/// ```
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
    /// `Unavailable` while the broker cannot be reached; `Internal`, code `sender-undeclared`, if the event's declaration does not name this service.
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

/// The bus of a request. If the request has a token, it must be valid.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Service, messages, testing::MockBus};

    messages! {
        event "probe.spoke" from "fm-probe" Spoke {}
        call "fm-owner/read" Read {} -> ();
    }

    fn market() -> MockBus<()> {
        MockBus::for_service(Service::new("fm-probe", ())).user("u1", &["cars:write"])
    }
    fn call() -> Envelope {
        Envelope::new(MessageKind::Call, Read::AT, &Read {}, "fm-probe").unwrap()
    }

    #[actix_rt::test]
    async fn a_message_acts_for_the_caller_of_its_bus() {
        let market = market();
        let other = market.identities().identity("u2", &["users:admin"]);
        market.bus().publish_now(&Spoke {}).await.unwrap();
        market.bus().as_user(&other).publish_now(&Spoke {}).await.unwrap();
        market.bus().as_service().publish_now(&Spoke {}).await.unwrap();
        let verifier = market.identities().verifier();
        let speakers: Vec<_> = market.wire::<Spoke>().iter().map(|(m, _)| verifier.verify_envelope(m).unwrap()).collect();
        let speakers: Vec<_> = speakers.iter().map(|who| (who.sub(), who.scopes(), who.act())).collect();
        let (write, admin) = (["cars:write".to_owned()], ["users:admin".to_owned()]);
        assert_eq!(
            speakers,
            [("u1", &write[..], Some("fm-probe")), ("u2", &admin[..], Some("fm-probe")), ("fm-probe", &[][..], Some("fm-probe"))]
        );
    }

    #[actix_rt::test]
    async fn a_call_carries_the_callers_own_token_only_if_any_service_may_make_it() {
        let market = market();
        let (rt, user) = (market.bus().rt, market.identity());
        let open = seal(&rt, Some(&user), call(), Senders::Any).unwrap();
        assert_eq!(open.token.as_deref(), Some(user.token()), "it proves no service, and none is asked for");

        let named = seal(&rt, Some(&user), call(), Senders::Only(&["fm-probe"])).unwrap();
        let proven = market.identities().verifier().verify_envelope(&named).unwrap();
        assert_eq!((proven.sub(), proven.act()), ("u1", Some("fm-probe")));

        // A token that acts for somebody is bound to the message that brought it.
        let onward = seal(&rt, Some(&proven), call(), Senders::Any).unwrap();
        assert_ne!(onward.token.as_deref(), Some(proven.token()));
        let proven = market.identities().verifier().verify_envelope(&onward).unwrap();
        assert_eq!((proven.sub(), proven.act()), ("u1", Some("fm-probe")));
    }
}
