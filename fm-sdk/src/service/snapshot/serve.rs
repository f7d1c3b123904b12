//! The side of the owner.

use super::{Page, PageRequest, call_name};
use crate::{
    Cx, Doc, Envelope, Error, Event, HandlerOptions, Kind, MessageKind, Reply, Result, Runtime, Service,
    bus::transport::Audience,
    message::{Declaration, Subject},
    store::Document,
};

/// Documents of one page.
const PAGE: u64 = 100;

impl<S: Send + Sync + 'static> Service<S> {
    /// Serves the documents of this type as events to services that subscribe late: see [`HandlerOptions::snapshot`]. `f` gives the event
    /// that says what a document is now, or `None` for one that subscribers do not know of.
    ///
    /// A new subscriber gets one event for each document, with the document's version; nobody else gets anything. It asks for them in pages
    /// of 100, by the call `<service>/snapshot-<event>`, which only services may make.
    ///
    /// ```
    /// use fm_sdk::{prelude::*, testing::MockBus};
    ///
    /// messages! { event "car.listed" from "fm-cars" CarListed { car: String, price: i64 } }
    /// #[derive(Clone, serde::Serialize, serde::Deserialize)]
    /// struct Car { id: String, price: i64, draft: bool }
    /// document!(Car = "cars" {});
    ///
    /// fn cars() -> Service<()> {
    ///     Service::new("fm-cars", ()).snapshot(|car: &Doc<Car>| (!car.draft).then(|| CarListed { car: car.id.clone(), price: car.price }))
    /// }
    /// # actix_rt::System::new().block_on(async {
    /// let bus = MockBus::for_service(cars());
    /// let car = |id: &str, draft| Car { id: id.into(), price: 900, draft };
    /// bus.given(&[car("c1", false), car("c2", true), car("c3", false)]).await;
    /// let listed: Vec<_> = bus.snapshot::<CarListed>().await.into_iter().map(|m| m.car).collect();
    /// assert_eq!(listed, ["c1", "c3"]);
    /// # });
    /// ```
    pub fn snapshot<E: Event, T: Document>(mut self, f: impl Fn(&Doc<T>) -> Option<E> + Send + Sync + 'static) -> Self {
        if !E::SENDERS.allow(self.name) {
            self.faults.push(format!("{} has a snapshot of {}, which it does not send", self.name, E::NAME));
        }
        let about = &["Gives the next page of a snapshot: documents as events, in order of their ids. For services only."];
        let call = Declaration::own_call::<PageRequest, Page>(call_name(self.name, E::NAME), about);
        let serve = async move |m: PageRequest, cx: Cx<S>| page(&cx, m.after, &f).await;
        self.keeps::<T>().add(Audience::Call, call, HandlerOptions::new(), serve)
    }
}

async fn page<S, E: Event, T: Document>(cx: &Cx<S>, after: Option<String>, f: &impl Fn(&Doc<T>) -> Option<E>) -> Reply<Page> {
    if cx.identity()?.act().is_none() {
        return Err(Error::new(Kind::Forbidden, "snapshot-for-services", "only services take snapshots"));
    }
    let found = cx.docs::<T>().after(after).limit(PAGE).list().await?;
    let next = (found.len() as u64 == PAGE).then(|| found.last().map(|doc| doc.id().to_owned())).flatten();
    let messages = found.iter().filter_map(|doc| f(doc).map(|event| message(cx.runtime(), doc, &event)));
    Ok(Page { messages: messages.collect::<Result<_>>()?, next })
}

fn message<E: Event, T: Document>(rt: &Runtime, doc: &Doc<T>, event: &E) -> Result<Envelope> {
    let mut m = Envelope::new(MessageKind::Event, E::NAME, event, &rt.service)?;
    let subject = Subject { document: format!("{}/{}", T::COLLECTION, doc.id()), version: doc.version() };
    let name = format!("{}\n{}\n{}\n{}", rt.service, E::NAME, subject.document, subject.version);
    m.id = uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_URL, name.as_bytes()).to_string();
    m.instance.clone_from(&rt.instance);
    m.subject = Some(subject);
    rt.delegate.seal(&mut m, None)?;
    Ok(m)
}
