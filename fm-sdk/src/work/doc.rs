use super::Work;
use crate::{
    Error, Result, ResultExt,
    http::extract::IfMatchTags,
    store::{Document, Stored},
};
use serde_json::Value;
use std::{marker::PhantomData, ops::Deref};

/// A document and its version.
///
/// ```
/// use fm_sdk::{prelude::*, testing::MockBus};
///
/// #[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
/// struct Car { id: String, price: i64 }
/// document!(Car = "cars" {});
///
/// # actix_rt::System::new().block_on(async {
/// let bus = MockBus::for_service(Service::new("fm-cars", ()).keeps::<Car>());
/// # bus.given::<Car>(&[]).await;
/// let work = bus.work();
/// let new: Doc<Car> = work.insert(Car { id: "c1".into(), price: 900 }, |_, _| Ok(())).await.unwrap();
/// let changed = work.doc::<Car>("c1").change(|car, _| { car.price = 800; Ok(()) }).await.unwrap();
/// assert!(changed.version() > new.version());
///
/// // Only if nobody has changed it since: somebody has.
/// let late = work.doc::<Car>("c1").if_version(Some(new.version())).change(|car, _| { car.price = 700; Ok(()) }).await;
/// assert_eq!(late.unwrap_err().kind(), Kind::Stale);
/// assert_eq!(changed.into_inner().price, 800);
/// # });
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Doc<T> {
    data: T,
    version: i64,
}
impl<T> Doc<T> {
    pub(super) fn new(data: T, version: i64) -> Self {
        Doc { data, version }
    }
    /// Grows with every change; what an `ETag` shows.
    pub fn version(&self) -> i64 {
        self.version
    }
    /// The document itself.
    pub fn into_inner(self) -> T {
        self.data
    }
    pub(super) fn into_parts(self) -> (T, i64) {
        (self.data, self.version)
    }
}
impl<T> Deref for Doc<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.data
    }
}

/// As stored. A field that is `None` is left out: MongoDB's sparse unique indexes count `null` as a value.
pub(super) fn to_body<T: Document>(t: &T) -> Result<Value> {
    let mut v = serde_json::to_value(t).internal()?;
    if let Some(o) = v.as_object_mut() {
        o.retain(|_, v| !v.is_null());
    }
    Ok(v)
}
pub(super) fn from_stored<T: Document>(s: Stored) -> Result<Doc<T>> {
    Ok(Doc { data: serde_json::from_value(s.body.unwrap_or_default()).internal()?, version: s.version })
}

/// The versions of which the document must have one.
#[derive(Clone, Copy)]
pub(super) enum Versions<'a> {
    One(i64),
    OneOf(&'a IfMatchTags),
}
impl Versions<'_> {
    pub(super) fn holds(self, version: i64) -> bool {
        match self {
            Versions::One(one) => one == version,
            Versions::OneOf(tags) => tags.holds(version),
        }
    }
}

/// One document, by id; nothing is read before a verb is awaited.
///
/// It is a cheap copy of a name: every verb takes it by value, and it may be used again.
///
/// ```
/// use fm_sdk::prelude::*;
///
/// #[derive(Clone, serde::Serialize, serde::Deserialize)]
/// struct Car { id: String, price: i64 }
/// document!(Car = "cars" {});
///
/// async fn reprice(work: &Work, id: &str, to: i64) -> Result<i64> {
///     let car = work.doc::<Car>(id);
///     let from = car.need().await?.price;
///     let change = car.change(|car, _| {
///         car.price = to;
///         Ok(())
///     });
///     change.await.map(|_| from)
/// }
/// ```
pub struct DocRef<'a, T> {
    pub(super) work: &'a Work,
    pub(super) id: &'a str,
    pub(super) versions: Option<Versions<'a>>,
    pub(super) p: PhantomData<fn() -> T>,
}

// Derived, they would ask the same of `T`.
impl<T> Clone for DocRef<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for DocRef<'_, T> {}

impl<'a, T: Document> DocRef<'a, T> {
    /// Changes only if the document still has this version; `None` = whatever version.
    #[must_use]
    pub fn if_version(mut self, v: Option<i64>) -> Self {
        self.versions = v.map(Versions::One);
        self
    }
    /// Changes only if the client's condition holds (`If-Match`).
    #[must_use]
    pub fn if_match(mut self, condition: &'a IfMatchTags) -> Self {
        self.versions = Some(Versions::OneOf(condition));
        self
    }
    /// Reads it, if it is there.
    pub async fn get(self) -> Result<Option<Doc<T>>> {
        self.peek().await?.filter(|s| s.body.is_some()).map(from_stored).transpose()
    }
    /// Reads it.
    ///
    /// # Errors
    /// `NotFound`, code `<collection>-unknown`.
    pub async fn need(self) -> Result<Doc<T>> {
        self.get().await?.ok_or_else(|| self.unknown())
    }
    pub(super) async fn peek(&self) -> Result<Option<Stored>> {
        self.work.bus.rt.store.peek(T::COLLECTION, self.id, self.work.op.as_deref()).await
    }
    pub(super) fn unknown(&self) -> Error {
        Error::not_found(format!("{}-unknown", T::COLLECTION))
    }
}
