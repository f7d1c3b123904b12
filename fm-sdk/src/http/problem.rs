//! Errors as clients see them: RFC 9457 `application/problem+json`, in one place.

use crate::{Error, FieldError, Kind, trace};
use actix_web::{
    HttpResponse, ResponseError,
    body::{BodySize, BoxBody, MessageBody},
    dev::ServiceResponse,
    http::{
        StatusCode,
        header::{self, HeaderValue},
    },
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The media type of a problem (RFC 9457, section 6.1).
pub const MEDIA_TYPE: &str = "application/problem+json";

/// The body of an error's response (RFC 9457, section 3.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// `about:blank`: the status says what the title says, [`Problem::code`] says more.
    #[serde(rename = "type", default = "blank")]
    pub kind: String,
    /// The status in words.
    #[serde(default)]
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// A sentence for people.
    #[serde(default)]
    pub detail: String,
    /// A stable code for programs, like `not-owner`.
    #[serde(default)]
    pub code: String,
    /// The trace to ask the operator about.
    #[serde(default)]
    pub trace_id: String,
    /// What is wrong with single fields.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
}

fn blank() -> String {
    "about:blank".into()
}

/// The JSON Schema of a [`Problem`], for API descriptions.
#[must_use]
pub fn schema() -> Value {
    json!({
        "type": "object",
        "description": "An error (RFC 9457)",
        "required": ["type", "title", "status", "detail", "code", "trace_id"],
        "properties": {
            "type": {"type": "string", "format": "uri-reference"},
            "title": {"type": "string", "description": "The status in words"},
            "status": {"type": "integer", "minimum": 400, "maximum": 599},
            "detail": {"type": "string", "description": "A sentence for people"},
            "code": {"type": "string", "minLength": 1, "description": "Stable, for programs: not-owner"},
            "trace_id": {"type": "string", "description": "What to ask the operator about"},
            "errors": {
                "type": "array",
                "description": "What is wrong with single fields",
                "items": {
                    "type": "object",
                    "required": ["field", "message"],
                    "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
                },
            },
        },
    })
}

impl Problem {
    /// Makes a problem of the current trace.
    pub fn new(status: StatusCode, code: impl Into<String>, detail: impl Into<String>) -> Self {
        Problem {
            kind: blank(),
            title: status.canonical_reason().unwrap_or("Error").into(),
            status: status.as_u16(),
            detail: detail.into(),
            code: code.into(),
            trace_id: trace::current().map(|t| t.trace_id()).unwrap_or_default(),
            errors: Vec::new(),
        }
    }
    /// Makes a problem of which no more is known than the status.
    pub fn bare(status: StatusCode) -> Self {
        Problem::new(status, code_of(status), status.canonical_reason().unwrap_or("Error").to_lowercase())
    }
    /// Gives the response, never to be cached.
    pub fn response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR));
        response.content_type(MEDIA_TYPE).insert_header((header::CACHE_CONTROL, "no-store")).body(self.json())
    }
    fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Gives the HTTP status of an error's class.
pub fn status_of(kind: Kind) -> StatusCode {
    match kind {
        Kind::Malformed => StatusCode::BAD_REQUEST,
        Kind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        Kind::Unauthenticated => StatusCode::UNAUTHORIZED,
        Kind::Forbidden => StatusCode::FORBIDDEN,
        Kind::NotFound => StatusCode::NOT_FOUND,
        Kind::Conflict => StatusCode::CONFLICT,
        Kind::Stale => StatusCode::PRECONDITION_FAILED,
        Kind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Kind::Unsupported => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Kind::Throttled => StatusCode::TOO_MANY_REQUESTS,
        Kind::Unroutable | Kind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Kind::TimedOut => StatusCode::GATEWAY_TIMEOUT,
        Kind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// Gives the class of an HTTP status, for a client that reads another service's answer.
pub fn kind_of(status: StatusCode) -> Kind {
    match status.as_u16() {
        401 => Kind::Unauthenticated,
        403 => Kind::Forbidden,
        404 | 410 => Kind::NotFound,
        409 => Kind::Conflict,
        412 => Kind::Stale,
        413 => Kind::TooLarge,
        415 => Kind::Unsupported,
        422 => Kind::Invalid,
        429 => Kind::Throttled,
        502 | 503 => Kind::Unavailable,
        408 | 504 => Kind::TimedOut,
        400..=499 => Kind::Malformed,
        _ => Kind::Internal,
    }
}

/// The code of a problem of which only the status is known.
fn code_of(status: StatusCode) -> String {
    match status.as_u16() {
        400 => "malformed".into(),
        401 => "unauthenticated".into(),
        408 => "request-timeout".into(),
        412 => "stale".into(),
        413 => "too-large".into(),
        422 => "invalid".into(),
        429 => "throttled".into(),
        500 => "internal".into(),
        503 => "unavailable".into(),
        504 => "deadline".into(),
        _ => status.canonical_reason().unwrap_or("error").to_lowercase().replace(' ', "-"),
    }
}

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        status_of(self.kind())
    }

    /// Logs what the client must not or need not know, and answers with the rest.
    fn error_response(&self) -> HttpResponse {
        let status = self.status_code();
        match self.kind() {
            Kind::Internal => log::error!(code = self.code(); "http: {}", self.chain()),
            Kind::Unavailable | Kind::Unroutable | Kind::TimedOut => log::warn!(code = self.code(); "http: {}", self.chain()),
            _ => log::debug!(code = self.code(); "http: {}", self.chain()),
        }
        let fault = self.fault();
        let mut problem = Problem::new(status, fault.code, fault.message);
        problem.errors = fault.errors;
        let mut response = problem.response();
        let wait = self.retry_after_secs().or(matches!(self.kind(), Kind::Unavailable | Kind::Unroutable).then_some(1));
        if let Some(seconds) = wait {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.kind() == Kind::Unauthenticated {
            // RFC 6750, section 3: say more only if there was a token.
            let refused = self.code().starts_with("token-") && self.code() != "token-missing";
            let challenge = if refused { "Bearer error=\"invalid_token\"" } else { "Bearer" };
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        response
    }
}

/// Marks a response (in its extensions) that passes as it is, like one that a proxy hands on.
#[derive(Clone, Copy, Debug)]
pub struct Verbatim;

/// Gives errors that are not ours the same form: those of actix's own extractors, unknown paths, wrong methods.
pub(super) fn shaped(response: ServiceResponse<BoxBody>) -> ServiceResponse<BoxBody> {
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() || response.response().extensions().contains::<Verbatim>() {
        return response;
    }
    let typed = response.headers().get(header::CONTENT_TYPE);
    if typed.is_some_and(|t| t.as_bytes().starts_with(MEDIA_TYPE.as_bytes())) {
        return response;
    }
    let problem = match response.response().error() {
        Some(e) if status.is_server_error() => {
            log::error!("http: a handler failed, answering {status}: {e:?}");
            Problem::bare(status)
        }
        Some(e) => Problem::new(status, code_of(status), e.to_string()),
        None if typed.is_none() && matches!(response.response().body().size(), BodySize::None | BodySize::Sized(0)) => {
            Problem::bare(status)
        }
        None => return response,
    };
    response.map_body(|head, _| {
        head.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        head.headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        BoxBody::new(problem.json())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::body;

    async fn read(error: Error) -> (HttpResponse<()>, Problem) {
        let response = error.error_response();
        let (response, bytes) = response.into_parts();
        (response, serde_json::from_slice(&body::to_bytes(bytes).await.unwrap()).unwrap())
    }

    #[actix_web::test]
    async fn an_error_has_its_status_code_detail_and_fields() {
        let (response, problem) = read(Error::field("price", "must be at least 1")).await;
        assert_eq!(response.status(), 422);
        assert_eq!(response.headers().get("content-type").unwrap(), MEDIA_TYPE);
        assert_eq!((problem.status, problem.code.as_str(), problem.title.as_str()), (422, "invalid", "Unprocessable Entity"));
        assert_eq!(problem.errors, [FieldError { field: "price".into(), message: "must be at least 1".into() }]);
    }

    #[actix_web::test]
    async fn an_internal_error_keeps_its_reasons_to_itself() {
        let secret = std::io::Error::other("password of the database");
        let (_, problem) = read(Error::new(Kind::Internal, "internal", "the disk /dev/sda is full").caused_by(secret)).await;
        assert_eq!((problem.status, problem.detail.as_str()), (500, "internal error"));
    }

    #[actix_web::test]
    async fn refusals_carry_retry_after_and_www_authenticate() {
        let (throttled, _) = read(Error::new(Kind::Throttled, "throttled", "slow down").retry_after(7)).await;
        assert_eq!(throttled.headers().get("retry-after").unwrap(), "7");
        let (unreachable, _) = read(Error::new(Kind::Unavailable, "unavailable", "the store is unreachable")).await;
        assert_eq!(unreachable.headers().get("retry-after").unwrap(), "1");
        let (nobody, _) = read(Error::new(Kind::Unauthenticated, "unauthenticated", "sign in")).await;
        assert_eq!(nobody.headers().get("www-authenticate").unwrap(), "Bearer");
        let (expired, _) = read(Error::new(Kind::Unauthenticated, "token-expired", "expired")).await;
        assert_eq!(expired.headers().get("www-authenticate").unwrap(), "Bearer error=\"invalid_token\"");
    }

    #[actix_web::test]
    async fn a_problem_names_the_trace() {
        let trace = trace::TraceParent::start();
        let (_, problem) = trace::scope(trace, read(Error::not_found("car-unknown"))).await;
        assert_eq!(problem.trace_id, trace.trace_id());
    }

    #[test]
    fn each_status_of_ours_is_read_back_as_a_kind_of_the_same_status() {
        for kind in [Kind::Malformed, Kind::Invalid, Kind::Unauthenticated, Kind::Forbidden, Kind::NotFound, Kind::Conflict, Kind::Stale]
            .into_iter()
            .chain([Kind::TooLarge, Kind::Unsupported, Kind::Throttled, Kind::Unavailable, Kind::TimedOut, Kind::Internal])
        {
            assert_eq!(kind_of(status_of(kind)), kind);
        }
    }
}
