//! What one request or message may do with the store: read, and change one document at a time together with the messages that say so.

mod bus;
mod calling;
mod context;
mod doc;
mod docs;
mod each;
mod out;
mod schedule;
mod send;
mod step;

pub use bus::Bus;
pub(crate) use bus::{of_request, seal};
pub use calling::Calling;
pub(crate) use context::Context;
pub use doc::{Doc, DocRef};
pub use docs::Docs;
pub(crate) use each::remove_each;
pub use out::Out;
pub use schedule::UnderKey;

use crate::{
    Call, Error, Identity, Kind, Result,
    runtime::Runtime,
    store::{Document, Guard, Query, Write, Written},
};
use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload};
use std::{
    collections::HashSet,
    future::{Ready, ready},
    marker::PhantomData,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

/// Everything one request or message may do. An actix extractor; [`crate::Cx`] derefs to it.
///
/// ```
/// use fm_sdk::{prelude::*, testing::MockBus};
///
/// messages! { event "car.repriced" from "fm-cars" Repriced { car: String, to: i64 } }
/// #[derive(Clone, serde::Serialize, serde::Deserialize)]
/// struct Car { id: String, price: i64 }
/// document!(Car = "cars" { price: i64 [index] });
///
/// async fn reprice(work: Work, id: &str, to: i64) -> Result<()> {
///     work.doc::<Car>(id).change(|car, out| {              // one step: the document and its event, or neither
///         car.price = to;
///         out.publish(Repriced { car: car.id.clone(), to })
///     }).await.map(drop)
/// }
/// # actix_rt::System::new().block_on(async {
/// let bus = MockBus::for_service(Service::new("fm-cars", ()).keeps::<Car>());
/// bus.given(&[Car { id: "c1".into(), price: 900 }]).await;
/// reprice(bus.work(), "c1", 800).await.unwrap();
/// let cheap = bus.work().docs::<Car>().filter(Car::price.between(None, Some(850))).list().await.unwrap();
/// assert_eq!(cheap[0].id, "c1");
/// # });
/// ```
#[derive(Clone)]
pub struct Work {
    pub(crate) bus: Bus,
    /// The message that is handled: marks every document it changes.
    pub(crate) op: Option<String>,
    /// The other messages that are handled with it: they mark them too.
    also: Arc<[String]>,
    /// One of several messages has changed a document before, without the others.
    repeated: Arc<AtomicBool>,
    /// Where ids come from instead of chance: the message, or an owner's idempotency key.
    seed: Option<Arc<str>>,
    /// The idempotency key as the operation that marks what is inserted under it.
    key: Option<String>,
    made: Arc<Mutex<u32>>,
    touched: Arc<Mutex<HashSet<(&'static str, String)>>>,
    context: Context,
}

impl Work {
    pub(crate) fn new(bus: Bus, op: Option<String>) -> Self {
        Work {
            bus,
            seed: op.as_deref().map(Into::into),
            op,
            also: Arc::default(),
            repeated: Arc::default(),
            key: None,
            made: Arc::default(),
            touched: Arc::default(),
            context: Context::default(),
        }
    }
    /// What several messages may do together.
    pub(crate) fn of_batch(bus: Bus, mut ops: Vec<String>) -> Self {
        let also = ops.split_off(1).into();
        Work { also, ..Work::new(bus, ops.pop()) }
    }
    /// Whether a document was met that one of several messages has changed before: what was done is not what all of them ask for.
    pub(crate) fn is_repeated(&self) -> bool {
        self.repeated.load(Relaxed)
    }
    pub(crate) fn within(self, context: Context) -> Self {
        Work { context, ..self }
    }
    /// The value of this type that a [`Middleware`](crate::Middleware) put beside this request or message.
    pub fn context<T: Send + Sync + 'static>(&self) -> Option<Arc<T>> {
        self.context.get()
    }
    /// Who is behind this request or message.
    ///
    /// # Errors
    /// `Unauthenticated`, code `token-missing`, if nobody is.
    pub fn identity(&self) -> Result<&Identity> {
        self.bus.caller.as_ref().ok_or_else(|| Error::new(Kind::Unauthenticated, "token-missing", "sign in first").permanent())
    }
    /// The bus, speaking for the same caller.
    pub fn bus(&self) -> &Bus {
        &self.bus
    }
    /// What this instance stands on.
    pub fn runtime(&self) -> &Arc<Runtime> {
        &self.bus.rt
    }
    /// The same caller, another piece of work.
    pub(crate) fn fresh(&self) -> Work {
        Work::new(Bus::new(self.bus.rt.clone(), self.bus.caller.clone()), None)
    }
    /// Prepares a call for the same caller; awaiting it sends it.
    pub fn call<M: Call>(&self, m: M) -> Calling<M> {
        self.bus.call(m)
    }
    /// Makes this piece of work repeatable: ids are derived from the owner and the key, and an `insert` that finds its document
    /// already there gives that one. For the header `Idempotency-Key`.
    ///
    /// The store remembers for 30 days that the key was used, also after the document is removed: an `insert` then fails with `Conflict`,
    /// code `idempotency-key-used`, and creates nothing.
    #[must_use]
    pub fn repeatable(&self, owner: &str, key: &str) -> Work {
        let seed = format!("{owner}\n{key}");
        // A digest: the mark stays in the store after its owner is gone.
        let key = Some(format!("idempotency-key/{}", derived(&self.bus.rt.service, &seed)));
        Work { seed: Some(seed.into()), key, made: Arc::default(), ..self.clone() }
    }
    /// A new id: derived from the message or idempotency key if there is one (the same one when it comes again), else UUIDv7.
    pub fn new_id(&self) -> String {
        let Some(seed) = &self.seed else { return uuid::Uuid::now_v7().simple().to_string() };
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        *made += 1;
        Work::id_of(&self.bus.rt, seed, *made)
    }
    /// The n-th id of a message or an idempotency key.
    pub(crate) fn id_of(rt: &Runtime, seed: &str, n: u32) -> String {
        derived(&rt.service, &format!("{seed}\n{n}"))
    }
    /// One document, by id.
    pub fn doc<'a, T: Document>(&'a self, id: &'a str) -> DocRef<'a, T> {
        DocRef { work: self, id, versions: None, p: PhantomData }
    }
    /// Documents by condition.
    pub fn docs<T: Document>(&self) -> Docs<'_, T> {
        Docs { work: self, query: Query { collection: T::COLLECTION, ..Query::default() }, p: PhantomData }
    }
    /// Puts a new document, and says so, in one step.
    ///
    /// # Errors
    /// `Conflict`: code `exists` for the id, `taken` (with the field) for a unique field; of a [`repeatable`](Work::repeatable) insert
    /// `idempotency-key-used` if what the key created was removed since.
    pub async fn insert<T: Document>(&self, t: T, f: impl Fn(&T, &mut Out) -> Result<()>) -> Result<Doc<T>> {
        self.once(T::COLLECTION, t.id())?;
        let body = doc::to_body(&t)?;
        let mut past = 0;
        for _ in 0..step::TRIES {
            let version = step::next_version(past);
            let mut out = self.out::<T>(t.id(), version);
            f(&t, &mut out)?;
            let write = Write {
                collection: T::COLLECTION,
                id: t.id().into(),
                guard: Guard::Absent,
                body: Some(body.clone()),
                messages: out.sealed()?,
                op: self.key.clone().or_else(|| self.op.clone()),
                version,
            };
            match self.write(write).await? {
                Written::Done => return Ok(Doc::new(t, version)),
                Written::Seen | Written::Exists if self.key.is_some() => return self.created_before(t.id()).await,
                Written::Seen => return self.doc::<T>(t.id()).need().await,
                Written::Exists => {
                    return Err(Error::new(Kind::Conflict, "exists", format!("{} {} exists already", T::COLLECTION, t.id())));
                }
                Written::Taken(field) => return Err(taken(&field)),
                // a removed document of this id was ahead of this clock
                Written::Stale => past = self.bus.rt.store.peek(T::COLLECTION, t.id(), None).await?.map_or(0, |found| found.version),
            }
        }
        Err(step::contended())
    }
    /// What the idempotency key created before.
    async fn created_before<T: Document>(&self, id: &str) -> Result<Doc<T>> {
        let removed = || Error::new(Kind::Conflict, "idempotency-key-used", "what this idempotency key created was removed since");
        self.doc::<T>(id).get().await?.ok_or_else(removed)
    }
    fn out<T: Document>(&self, id: &str, version: i64) -> Out {
        Out::about(&self.bus, format!("{}/{id}", T::COLLECTION), version)
    }
    async fn write(&self, w: Write) -> Result<Written> {
        self.bus.trail.wrote.store(true, Relaxed);
        let speaks = !w.messages.is_empty();
        let store = &self.bus.rt.store;
        let written = if self.also.is_empty() { store.write(w).await? } else { store.write_marked(w, self.also.to_vec()).await? };
        if written == Written::Seen {
            self.seen()?;
        }
        if speaks {
            self.bus.rt.relay.wake();
        }
        Ok(written)
    }
    /// One message finds its own change done. Of several, another set may have done it: then nothing can be said of the rest.
    fn seen(&self) -> Result<()> {
        if self.also.is_empty() {
            return Ok(());
        }
        self.repeated.store(true, Relaxed);
        Err(Error::new(Kind::Unavailable, "batch-repeated", "one message of the batch has changed a document before"))
    }
    /// A message that changed one document twice would find its own mark and take the second change for done.
    fn once(&self, collection: &'static str, id: &str) -> Result<()> {
        let first = self.touched.lock().unwrap_or_else(PoisonError::into_inner).insert((collection, id.into()));
        if self.op.is_none() || first {
            return Ok(());
        }
        let text = format!("{collection}/{id}: one message may change a document once; put it into one closure");
        Err(Error::new(Kind::Internal, "changed-twice", text))
    }
}

/// The same id for the same name, within a service (UUIDv5, RFC 9562).
fn derived(service: &str, name: &str) -> String {
    let name = format!("{service}\n{name}");
    uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_URL, name.as_bytes()).simple().to_string()
}

fn taken(field: &str) -> Error {
    let fields = vec![crate::FieldError { field: field.into(), message: "is taken".into() }];
    Error::new(Kind::Conflict, "taken", format!("{field} is taken")).with_fields(fields)
}

impl FromRequest for Work {
    type Error = Error;
    type Future = Ready<Result<Self>>;
    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let context = req.extensions().get::<Context>().cloned().unwrap_or_default();
        ready(of_request(req).map(|b| Work::new(b, None).within(context)))
    }
}
