//! Many documents are many steps, so only a message, which comes again until it is done, may change them.

use super::{Out, Work};
use crate::{
    Result,
    store::{Document, Filter},
};

const PAGE: u64 = 100;

/// Removes all that fit; the count is the number of documents that carry this message's mark, so exact over all its deliveries.
pub(crate) async fn remove_each<T: Document>(work: &Work, filter: Filter<T>, f: impl Fn(&T, &mut Out) -> Result<()>) -> Result<u64> {
    loop {
        let page = work.docs::<T>().filter(filter.clone()).limit(PAGE).list().await?;
        if page.is_empty() {
            break;
        }
        for d in page {
            work.doc::<T>(d.id()).step(|t, o| f(t, o).map(|()| false)).await?;
        }
    }
    marked::<T>(work).await
}

async fn marked<T: Document>(work: &Work) -> Result<u64> {
    match &work.op {
        Some(op) => work.bus.rt.store.marked(T::COLLECTION, op).await,
        None => Ok(0),
    }
}
