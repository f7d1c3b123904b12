//! The caller of an HTTP request, as actix extractors.

use super::{Identity, Verifier, rejection::TokenRejection};
use crate::{Error, Kind, Result};
use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    http::header::{AUTHORIZATION, HeaderMap},
    web::Data,
};
use std::{
    future::{Ready, ready},
    ops::Deref,
};

/// The caller, if the request has a token at all; a bad token is an error and not a stranger.
#[derive(Clone, Debug)]
pub struct MaybeIdentity(pub Option<Identity>);

impl Deref for MaybeIdentity {
    type Target = Option<Identity>;
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

/// Verifies the bearer token of a request (RFC 6750, section 2.1); `None` if it has none. The app's data must hold a [`Verifier`].
///
/// # Errors
/// Those of [`Verifier::verify_access`].
pub fn identity_of(request: &HttpRequest) -> Result<Option<Identity>> {
    let Some(token) = bearer(request.headers())? else { return Ok(None) };
    let verifier = request
        .app_data::<Data<Verifier>>()
        .ok_or_else(|| Error::new(Kind::Internal, "wiring", "the app's data holds no fm_sdk::identity::Verifier"))?;
    verifier.verify_access(token).map(Some)
}

/// The one bearer token of a request. Two `Authorization` headers are refused: a proxy in between may have read the other one.
fn bearer(headers: &HeaderMap) -> Result<Option<&str>> {
    let mut all = headers.get_all(AUTHORIZATION);
    let Some(value) = all.next() else { return Ok(None) };
    let token = value.to_str().ok().and_then(|v| v.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    match (token, all.next()) {
        (Some((_, token)), None) if !token.is_empty() => Ok(Some(token)),
        _ => Err(TokenRejection::Shape.access()),
    }
}

impl FromRequest for Identity {
    type Error = Error;
    type Future = Ready<Result<Self>>;
    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(identity_of(request).and_then(|who| who.ok_or_else(|| TokenRejection::Missing.access())))
    }
}

impl FromRequest for MaybeIdentity {
    type Error = Error;
    type Future = Ready<Result<Self>>;
    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(identity_of(request).map(MaybeIdentity))
    }
}
