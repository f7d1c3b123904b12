//! Query strings.

use super::fields;
use crate::{Error, Result};
use actix_web::{FromRequest, HttpRequest, dev::Payload};
use serde::de::DeserializeOwned;
use std::{
    future::{Ready, ready},
    ops::Deref,
};

/// The query of the URL. A key that is repeated fills a `Vec` (with `#[serde(default)]`), an empty value is `None` of an `Option`.
///
/// Put `#[serde(deny_unknown_fields)]` on `T`, and no `#[serde(flatten)]`, which would let unknown parameters pass.
/// Refuses what cannot be read as `T` with 400 `malformed` and the parameter, and bytes that are no UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Query<T>(pub T);

impl<T> Query<T> {
    /// Gives what was read.
    pub fn into_inner(self) -> T {
        self.0
    }
}
impl<T> Deref for Query<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: DeserializeOwned> Query<T> {
    /// Reads a query string, without the question mark.
    ///
    /// # Errors
    /// `Malformed`, with the parameter and the reason.
    pub fn parse(text: &str) -> Result<Self> {
        if String::from_utf8(decoded(text)).is_err() {
            return Err(fields::malformed("query", String::new(), "is no UTF-8".into()));
        }
        fields::read(serde_html_form::Deserializer::from_bytes(text.as_bytes()), "query").map(Query)
    }
}

impl<T: DeserializeOwned> FromRequest for Query<T> {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::parse(request.query_string()))
    }
}

/// Takes off the percent encoding (RFC 3986, section 2.1). What reads the query would replace bytes that are no UTF-8 silently.
fn decoded(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let escaped = after.get(..2).filter(|_| *first == b'%').and_then(|hex| u8::from_str_radix(str::from_utf8(hex).ok()?, 16).ok());
        bytes.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() { &after[2..] } else { after };
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Sort {
        Price,
    }
    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Search {
        #[serde(default)]
        color: Vec<String>,
        #[serde(default)]
        engine: Vec<Sort>,
        price_from: Option<u32>,
        sort: Option<Sort>,
    }
    fn refused(query: &str) -> (String, String) {
        let error = Query::<Search>::parse(query).unwrap_err();
        assert_eq!(error.code(), "malformed");
        (error.fields()[0].field.clone(), error.fields()[0].message.clone())
    }

    #[test]
    fn keys_may_repeat_and_values_be_empty() {
        let search = Query::<Search>::parse("color=red&color=dark+blue&price_from=&sort=price").unwrap();
        assert_eq!(search.color, ["red", "dark blue"]);
        assert_eq!((search.price_from, search.sort.is_some(), search.engine.len()), (None, true, 0));
        assert_eq!(Query::<Search>::parse("color=red").unwrap().color, ["red"]);
        assert_eq!(Query::<Search>::parse("price_from=7").unwrap().price_from, Some(7));
    }

    #[test]
    fn errors_name_the_exact_parameter() {
        assert_eq!(refused("colour=red"), ("colour".into(), "is not known".into()));
        assert_eq!(refused("price_from=cheap"), ("price_from".into(), "must be a whole number".into()));
        assert_eq!(refused("price_from=99999999999"), ("price_from".into(), "is too large".into()));
        assert_eq!(refused("price_from=1&price_from=2"), ("price_from".into(), "is given more than once".into()));
        assert_eq!(refused("sort=beauty"), ("sort".into(), "unknown variant `beauty`, expected `price`".into()));
        assert_eq!(refused("engine=price&engine=x").0, "engine[1]");
    }

    #[test]
    fn bytes_that_are_no_utf_8_are_refused_and_not_replaced() {
        for bad in ["color=%ff", "color=%c3%28", "%80=x", "color=red&color=%ed%a0%80"] {
            assert_eq!(Query::<Search>::parse(bad).unwrap_err().code(), "malformed", "{bad}");
        }
        let search = Query::<Search>::parse("color=%c3%bcber&color=100%&color=%zz&color=%ef%bf%bd").unwrap();
        assert_eq!(search.color, ["\u{fc}ber", "100%", "%zz", "\u{fffd}"]);
    }
}
