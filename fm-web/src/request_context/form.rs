//! Forms, refused when they were not sent from one of our own pages.

use super::RequestContext;
use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    http::header,
    web::{Bytes, Payload as Body},
};
use fm_sdk::{Error, Kind, Result};
use futures::{FutureExt, future::LocalBoxFuture};
use serde::{Deserialize, de::DeserializeOwned};

/// More than any form of ours holds; bytes.
const LARGEST: usize = 128 * 1024;

/// A form of ours that changes something: carries the token of the page that it was on.
pub struct Form<T>(pub T);

/// A form that can do no harm, whoever sends it with the reader's browser: one that only sets how pages look.
pub struct OpenForm<T>(pub T);

#[derive(Deserialize)]
struct Token {
    #[serde(default)]
    form_token: String,
}

impl<T: DeserializeOwned + 'static> FromRequest for Form<T> {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (context, own) = (RequestContext::of(request), verify_origin(request));
        let body = read(request, payload);
        async move {
            own?;
            let body = body.await?;
            verify_token(&context, &parse::<Token>(&body)?.form_token)?;
            Ok(Form(parse(&body)?))
        }
        .boxed_local()
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for OpenForm<T> {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let own = verify_origin(request);
        let body = read(request, payload);
        async move {
            own?;
            Ok(OpenForm(parse(&body.await?)?))
        }
        .boxed_local()
    }
}

/// Holds a request against where the browser says it comes from (Fetch metadata, or RFC 6454).
///
/// # Errors
/// `foreign-form` (403).
pub fn verify_origin(request: &HttpRequest) -> Result<()> {
    let header = |name: &str| request.headers().get(name).and_then(|v| v.to_str().ok());
    let own = match (header("sec-fetch-site"), header("origin")) {
        (Some(site), _) => site == "same-origin",
        (None, Some(origin)) => {
            let context = RequestContext::of(request);
            context.origin.is(origin) || (!context.site.is_empty() && context.site.eq_ignore_ascii_case(origin))
        }
        // No browser of the last years: the token decides.
        (None, None) => true,
    };
    if own { Ok(()) } else { Err(Error::new(Kind::Forbidden, "foreign-form", "the form was not sent from a page of this market")) }
}

/// Holds a form's token against the cookie.
///
/// # Errors
/// `form-token` (403).
pub fn verify_token(context: &RequestContext, token: &str) -> Result<()> {
    if context.token_is(token) {
        Ok(())
    } else {
        Err(Error::new(Kind::Forbidden, "form-token", "the form's token is not that of this browser"))
    }
}

fn read(request: &HttpRequest, payload: &mut Payload) -> impl Future<Output = Result<Bytes>> + use<> {
    let typed = request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok());
    let form = typed.is_some_and(|t| t.split(';').next().unwrap_or_default().trim() == "application/x-www-form-urlencoded");
    let body = Body::from_request(request, payload);
    async move {
        if !form {
            return Err(Error::new(Kind::Unsupported, "not-a-form", "must be application/x-www-form-urlencoded"));
        }
        let body = body.await.map_err(|e| malformed(&e))?;
        let read = body.to_bytes_limited(LARGEST).await.map_err(|_| Error::new(Kind::TooLarge, "too-large", "the form is too large"))?;
        read.map_err(|e| malformed(&e))
    }
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T> {
    serde_html_form::from_bytes(body).map_err(|e| malformed(&e))
}

fn malformed(why: &impl std::fmt::Display) -> Error {
    Error::new(Kind::Malformed, "malformed", "the form cannot be read").caused_by(std::io::Error::other(why.to_string()))
}
