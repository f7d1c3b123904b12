//! Lists, a page at a time.

use super::extract::{Checks, Query};
use crate::{Error, Result};
use actix_web::{FromRequest, HttpRequest, dev::Payload};
use serde::{Deserialize, Serialize};
use std::future::{Ready, ready};

/// Which part of a list is wanted. An extractor, where a list has no other parameters; in a query with more parameters keep `page`
/// and `per_page` as `Option<u32>` (flattening would let unknown parameters pass) and give them to [`Page::new`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// 1 is the first.
    pub page: u32,
    /// 1 to 100.
    pub per_page: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    page: Option<u32>,
    per_page: Option<u32>,
}

impl FromRequest for Page {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Query::<Wanted>::parse(request.query_string()).and_then(|Query(w)| Page::new(w.page, w.per_page)))
    }
}

impl Default for Page {
    fn default() -> Self {
        Page { page: 1, per_page: 20 }
    }
}

impl Page {
    /// Checks what the client asked for; the first 20 if it did not say.
    ///
    /// # Errors
    /// 400 `invalid`, with `page` or `per_page`.
    pub fn new(page: Option<u32>, per_page: Option<u32>) -> Result<Self> {
        Checks::of_query()
            .optional("page", page.as_ref(), |p| *p >= 1, "must be at least 1")
            .optional("per_page", per_page.as_ref(), |p| (1..=100).contains(p), "must be 1..100")
            .finish()?;
        let default = Page::default();
        Ok(Page { page: page.unwrap_or(default.page), per_page: per_page.unwrap_or(default.per_page) })
    }
    /// Gives how many items come before this page.
    #[must_use]
    pub fn skip(&self) -> u64 {
        u64::from(self.page - 1) * u64::from(self.per_page)
    }
    /// Gives how many items this page has at most.
    #[must_use]
    pub fn limit(&self) -> u64 {
        u64::from(self.per_page)
    }
    /// Cuts this page out of all items.
    pub fn of<T>(self, all: impl IntoIterator<Item = T, IntoIter: ExactSizeIterator>) -> List<T> {
        let all = all.into_iter();
        let total = all.len() as u64;
        let skip = usize::try_from(self.skip()).unwrap_or(usize::MAX);
        List { items: all.skip(skip).take(self.per_page as usize).collect(), total, page: self.page, per_page: self.per_page }
    }
    /// Makes the answer of the items of this page.
    pub fn list<T>(self, items: Vec<T>, total: u64) -> List<T> {
        List { items, total, page: self.page, per_page: self.per_page }
    }
}

/// A page of a list, as it is answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct List<T> {
    /// The items of this page.
    pub items: Vec<T>,
    /// How many there are on all pages.
    pub total: u64,
    /// Which page this is; 1 is the first.
    pub page: u32,
    /// How many items a page has at most.
    pub per_page: u32,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Kind;
    use actix_web::test::TestRequest;

    async fn wanted(query: &str) -> Result<Page> {
        Page::extract(&TestRequest::with_uri(&format!("/?{query}")).to_http_request()).await
    }

    #[actix_web::test]
    async fn pages_are_cut_and_counted() {
        let page = wanted("page=2&per_page=3").await.unwrap();
        assert_eq!((page.skip(), page.limit()), (3, 3));
        assert_eq!(page.of(vec![1, 2, 3, 4, 5]), List { items: vec![4, 5], total: 5, page: 2, per_page: 3 });
        assert_eq!(Page::new(Some(u32::MAX), Some(100)).unwrap().of(vec![1]).items, Vec::<i32>::new());
        assert_eq!(wanted("").await.unwrap(), Page::default());
    }

    #[actix_web::test]
    async fn pages_outside_the_limits_are_refused_with_the_parameter() {
        for (query, field) in
            [("page=0", "page"), ("per_page=0", "per_page"), ("per_page=101", "per_page"), ("page=-1", "page"), ("offset=3", "offset")]
        {
            let error = wanted(query).await.unwrap_err();
            assert_eq!((error.kind(), error.fields()[0].field.as_str()), (Kind::Malformed, field), "{query}");
        }
    }
}
