//! Bodies in JSON.

use super::{fields, objects::Objects};
use crate::{Error, Kind, Result};
use actix_web::{
    FromRequest, HttpMessage, HttpRequest, HttpResponse, Responder,
    dev::{Decompress, Payload},
    http::header,
    web::BytesMut,
};
use futures::{StreamExt, future::LocalBoxFuture};
use serde::{Serialize, de::DeserializeOwned};
use std::ops::{Deref, DerefMut};

/// A body in JSON, in or out. Put `#[serde(deny_unknown_fields)]` on what is read, so that a client's typing error is not ignored.
///
/// An array is not read as a struct, as serde's own readers would. Refuses another content type, and a content coding other than gzip and
/// deflate (415 `unsupported-media-type`), what cannot be read as `T` (400 `malformed`, with the field) and what is larger than
/// [`JsonLimit`] (413 `too-large`, counted after decompression).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Json<T>(pub T);

/// The largest body that [`Json`] reads, in bytes; as `app_data` of a scope or resource. 256 KiB without.
#[derive(Clone, Copy, Debug)]
pub struct JsonLimit(pub usize);

impl Default for JsonLimit {
    fn default() -> Self {
        JsonLimit(256 * 1024)
    }
}

/// What [`Decompress`] takes off; it would hand on a body in another coding as if it had none (RFC 9110, section 15.5.16).
const CODINGS: [&str; 3] = ["gzip", "deflate", "identity"];

impl<T> Json<T> {
    /// Gives what was read.
    pub fn into_inner(self) -> T {
        self.0
    }
}
impl<T> Deref for Json<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}
impl<T> DerefMut for Json<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for Json<T> {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let limit = request.app_data::<JsonLimit>().copied().unwrap_or_default().0;
        let typed = is_json(request.content_type());
        let coded = request
            .headers()
            .get_all(header::CONTENT_ENCODING)
            .all(|coding| CODINGS.iter().any(|c| coding.as_bytes().eq_ignore_ascii_case(c.as_bytes())));
        let announced = request.headers().get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()).and_then(|v| v.parse::<usize>().ok());
        let body = Decompress::from_headers(payload.take(), request.headers());
        Box::pin(async move {
            if !typed {
                return Err(Error::new(Kind::Unsupported, "unsupported-media-type", "the body must be application/json"));
            }
            if !coded {
                let message = format!("the body's content coding must be one of {}", CODINGS.join(", "));
                return Err(Error::new(Kind::Unsupported, "unsupported-media-type", message));
            }
            if announced.is_some_and(|n| n > limit) {
                return Err(too_large(limit));
            }
            read(&collect(body, limit).await?)
        })
    }
}

async fn collect(mut body: Decompress<Payload>, limit: usize) -> Result<BytesMut> {
    let mut bytes = BytesMut::new();
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|e| Error::new(Kind::Malformed, "malformed", "the body could not be read").caused_by(e))?;
        if bytes.len() + chunk.len() > limit {
            return Err(too_large(limit));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<Json<T>> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = fields::read(Objects(&mut json), "body")?;
    json.end().map_err(|_| fields::malformed("body", String::new(), "something follows the JSON".into()))?;
    Ok(Json(value))
}

/// `application/json`, or any type with the suffix `+json` (RFC 6839, section 3.1).
fn is_json(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

fn too_large(limit: usize) -> Error {
    Error::new(Kind::TooLarge, "too-large", format!("the body is larger than {limit} bytes"))
}

impl<T: Serialize> Responder for Json<T> {
    type Body = actix_web::body::BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        HttpResponse::Ok().json(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::{ResponseError, test::TestRequest};
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Car {
        maker: String,
        #[serde(default)]
        images: Vec<Image>,
    }
    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Image {
        #[serde(rename = "key")]
        _key: u32,
    }

    async fn extract(content_type: &str, body: &'static str, limit: usize) -> Result<Json<Car>> {
        let request = TestRequest::post().insert_header(("content-type", content_type)).set_payload(body).app_data(JsonLimit(limit));
        let (request, mut payload) = request.to_http_parts();
        Json::<Car>::from_request(&request, &mut payload).await
    }
    async fn refused(body: &'static str) -> (String, String) {
        let error = extract("application/json", body, 1000).await.unwrap_err();
        assert_eq!((error.status_code().as_u16(), error.code()), (400, "malformed"), "{body}");
        error.fields().first().map(|f| (f.field.clone(), f.message.clone())).unwrap_or_default()
    }

    #[actix_web::test]
    async fn a_body_that_is_understood_comes_in() {
        let car = extract("application/json; charset=utf-8", r#"{"maker": "audi", "images": [{"key": 1}]}"#, 1000).await.unwrap();
        assert_eq!((car.maker.as_str(), car.images.len()), ("audi", 1));
    }

    #[actix_web::test]
    async fn a_coding_that_is_not_understood_is_refused() {
        for (coding, code) in [
            ("identity", None),
            ("Identity", None),
            ("br", Some("unsupported-media-type")),
            ("zstd", Some("unsupported-media-type")),
            ("gzip", Some("malformed")),
        ] {
            let request =
                TestRequest::post().insert_header(("content-type", "application/json")).insert_header(("content-encoding", coding));
            let (request, mut payload) = request.set_payload(r#"{"maker": "audi"}"#).to_http_parts();
            let error = Json::<Car>::from_request(&request, &mut payload).await.err();
            assert_eq!(error.as_ref().map(Error::code), code, "{coding}");
        }
    }

    #[actix_web::test]
    async fn errors_name_the_exact_field() {
        assert_eq!(refused(r#"{}"#).await, ("maker".into(), "is required".into()));
        assert_eq!(refused(r#"{"maker": "a", "modle": 1}"#).await, ("modle".into(), "is not known".into()));
        assert_eq!(refused(r#"{"maker": "a", "images": [{"key": 1}, {"kee": 1}]}"#).await, ("images[1].kee".into(), "is not known".into()));
        assert_eq!(refused(r#"{"maker": "a", "images": [{"key": 1}, {}]}"#).await, ("images[1].key".into(), "is required".into()));
        let (field, message) = refused(r#"{"maker": "a", "images": [{"key": "one"}]}"#).await;
        assert_eq!((field.as_str(), message.as_str()), ("images[0].key", "invalid type: string \"one\", expected u32"));
        assert_eq!(refused(r#"{"maker": "a", "maker": "b"}"#).await, ("maker".into(), "is given twice".into()));
    }

    #[actix_web::test]
    async fn an_array_is_no_object_at_any_depth() {
        assert_eq!(serde_json::from_str::<Car>(r#"["audi", []]"#).unwrap().maker, "audi", "serde alone takes it");
        assert_eq!(refused(r#"["audi", []]"#).await, (String::new(), String::new()));
        let (field, message) = refused(r#"{"maker": "a", "images": [{"key": 1}, [2]]}"#).await;
        assert_eq!((field.as_str(), message.as_str()), ("images[1]", "invalid type: sequence, expected struct Image"));
    }

    #[test]
    fn types_that_serde_knows_are_read_as_before() {
        #[derive(Debug, PartialEq, Deserialize)]
        #[serde(rename_all = "snake_case")]
        enum Shape {
            Point,
            Circle(u8),
            Line(u8, u8),
            Box { w: u8, h: u8 },
        }
        #[derive(Debug, PartialEq, Deserialize)]
        struct Unit;
        #[derive(Debug, PartialEq, Deserialize)]
        struct New(Option<String>);
        type All = (Vec<Shape>, New, std::collections::BTreeMap<String, i64>, Unit, serde_json::Value, char, (f64, bool));
        let text = r#"[["point", {"circle": 1}, {"line": [1, 2]}, {"box": {"w": 3, "h": 4}}], null, {"a": -1}, null, [{"b": 2}], "c", [1.5, true]]"#;
        assert_eq!(read::<All>(text.as_bytes()).unwrap().0, serde_json::from_str::<All>(text).unwrap());
        assert!(read::<Shape>(br#"{"box": [3, 4]}"#).is_err());
        assert!(read::<Vec<Shape>>(br#"["round"]"#).is_err());
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Numbers {
        i: Option<i64>,
        u: Option<u32>,
        f: Option<f64>,
    }
    fn number(field: &str, json: &str) -> std::result::Result<Numbers, String> {
        let read = read::<Numbers>(format!("{{\"{field}\": {json}}}").as_bytes());
        read.map(Json::into_inner).map_err(|e| {
            assert_eq!(e.code(), "malformed", "{json}");
            e.fields().first().map_or_else(|| e.message().to_owned(), |f| format!("{}: {}", f.field, f.message))
        })
    }

    #[test]
    fn an_integer_may_be_written_with_a_fraction_or_an_exponent() {
        for (json, value) in [
            ("5000", 5000),
            ("5000.0", 5000),
            ("5000.000", 5000),
            ("5e3", 5000),
            ("1E3", 1000),
            ("1e+3", 1000),
            ("12.5e1", 125),
            ("5000e-3", 5),
            ("-0", 0),
            ("-0.0", 0),
            ("0e99", 0),
            ("-7.0", -7),
            ("1125899906842623.0", 1_125_899_906_842_623),
            ("9223372036854775807", i64::MAX),
        ] {
            assert_eq!(number("i", json).unwrap().i, Some(value), "{json}");
            if let Ok(value) = u32::try_from(value) {
                assert_eq!(number("u", json).unwrap().u, Some(value), "{json}");
            }
        }
        assert_eq!(number("f", "2.5").unwrap().f, Some(2.5));
        assert_eq!(number("f", "2").unwrap().f, Some(2.0));
        assert_eq!(number("i", "null").unwrap().i, None);
    }

    #[test]
    fn a_number_that_is_no_exact_integer_is_refused_with_its_field() {
        for (field, json, says) in [
            ("i", "5000.5", "i: must be a whole number"),
            ("i", "1e-3", "i: must be a whole number"),
            ("u", "0.1", "u: must be a whole number"),
            ("i", "1125899906842624.0", "i: is too large for a number with a fraction or an exponent"),
            ("i", "1e300", "i: is too large for a number with a fraction or an exponent"),
            ("i", "1e400", "number out of range"),
            ("i", "-1e400", "number out of range"),
            ("f", "1e400", "number out of range"),
            ("i", "1e99999999999999999999", "number out of range"),
            ("i", "9223372036854775808", "expected i64"),
            ("u", "-1.0", "expected u32"),
            ("u", "5e9", "expected u32"),
            ("i", "\"5000\"", "expected i64"),
            ("i", "true", "expected i64"),
            ("i", "[5000]", "expected i64"),
            ("i", "05", "invalid number"),
            ("i", "+5", "expected value"),
            ("i", "0x10", "expected"),
            ("i", "NaN", "expected"),
        ] {
            let refused = number(field, json).unwrap_err();
            assert!(refused.contains(says), "{json}: {refused}");
        }
    }

    #[actix_web::test]
    async fn a_body_that_is_no_json_is_refused() {
        for body in ["", "{", "maker=audi", r#"{"maker": "a"} {}"#, "[]", "null"] {
            refused(body).await;
        }
    }

    #[actix_web::test]
    async fn another_content_type_and_a_large_body_are_refused() {
        let error = extract("text/plain", r#"{"maker": "a"}"#, 1000).await.unwrap_err();
        assert_eq!((error.status_code().as_u16(), error.code()), (415, "unsupported-media-type"));
        let error = extract("application/json", r#"{"maker": "a"}"#, 10).await.unwrap_err();
        assert_eq!((error.status_code().as_u16(), error.code()), (413, "too-large"));
    }
}
