use crate::{Doc, DocRef, Docs, Out, Result, Runtime, Work, store::Document, work::Bus};
use std::sync::Arc;

/// The context of a batch: the service's state, and what a handler may do with the store for all messages together.
///
/// Messages leave in the step of a change (`out.publish`, `out.send`), in the name of the service. Ids come from the message that they belong
/// to ([`BatchItem::new_id`](super::BatchItem::new_id)).
pub struct BatchCx<S> {
    /// The service's state.
    pub state: Arc<S>,
    pub(super) work: Work,
}

impl<S> BatchCx<S> {
    /// One document, by id. A batch changes each at most once.
    pub fn doc<'a, T: Document>(&'a self, id: &'a str) -> DocRef<'a, T> {
        self.work.doc(id)
    }
    /// Documents by condition.
    pub fn docs<T: Document>(&self) -> Docs<'_, T> {
        self.work.docs()
    }
    /// Puts a new document, and says so, in one step.
    ///
    /// # Errors
    /// Those of [`Work::insert`].
    pub async fn insert<T: Document>(&self, t: T, f: impl Fn(&T, &mut Out) -> Result<()>) -> Result<Doc<T>> {
        self.work.insert(t, f).await
    }
    /// The bus, speaking for the service itself.
    pub fn bus(&self) -> &Bus {
        self.work.bus()
    }
    /// The value of this type that a [`Middleware`](crate::Middleware) put beside this batch.
    pub fn context<T: Send + Sync + 'static>(&self) -> Option<Arc<T>> {
        self.work.context()
    }
    /// What this instance stands on.
    pub fn runtime(&self) -> &Arc<Runtime> {
        self.work.runtime()
    }
}
