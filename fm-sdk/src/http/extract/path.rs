//! Variable parts of the path.

use crate::{Error, Result};
use actix_web::{FromRequest, HttpRequest, dev::Payload, web};
use serde::de::DeserializeOwned;
use std::{
    future::{Ready, ready},
    ops::Deref,
};

/// The variable parts of the path, in their order. What cannot be read as `T` cannot exist either: 404 `not-found`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Path<T>(pub T);

impl<T> Path<T> {
    /// Gives what was read.
    pub fn into_inner(self) -> T {
        self.0
    }
}
impl<T> Deref for Path<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: DeserializeOwned> FromRequest for Path<T> {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let read = web::Path::<T>::from_request(request, payload).into_inner();
        ready(read.map(|p| Path(p.into_inner())).map_err(|_| Error::not_found("not-found")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    #[actix_web::test]
    async fn a_part_of_the_wrong_form_is_not_found() {
        let request = TestRequest::default().param("id", "seven").to_http_request();
        assert_eq!(Path::<u32>::extract(&request).await.unwrap_err().code(), "not-found");
        assert_eq!(Path::<String>::extract(&request).await.unwrap().into_inner(), "seven");
    }
}
