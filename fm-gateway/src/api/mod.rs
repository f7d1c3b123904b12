//! What the gateway answers itself, whatever the table says: health, and the documents of all services.

mod documents;
mod health;
mod merge;
mod messages;
mod page;
mod problems;

pub use documents::Documents;
pub use health::checks;

use crate::{front::Gateway, pipeline::Answer};
use fm_sdk::{Error, Kind, trace::TraceParent};
use http::{HeaderValue, Method, StatusCode, header};

/// One of the gateway's own paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Own {
    Live,
    Ready,
    OpenApi,
    AsyncApi,
    Docs,
    DocsStyle,
    /// Below `/health/`, but nothing.
    Unknown,
}

impl Own {
    /// Whether health is asked for, which orchestrators do in clear text.
    pub fn is_health(self) -> bool {
        matches!(self, Own::Live | Own::Ready | Own::Unknown)
    }
}

/// Says whether the gateway answers this path itself.
pub fn find(path: &str) -> Option<Own> {
    match path {
        "/health/live" => Some(Own::Live),
        "/health/ready" => Some(Own::Ready),
        "/api/openapi.json" => Some(Own::OpenApi),
        "/api/asyncapi.json" => Some(Own::AsyncApi),
        "/api/docs" => Some(Own::Docs),
        "/api/docs/style.css" => Some(Own::DocsStyle),
        "/health" => Some(Own::Unknown),
        _ => path.starts_with("/health/").then_some(Own::Unknown),
    }
}

/// Answers it.
pub async fn answer(own: Own, gateway: &Gateway, method: &Method, trace: &TraceParent) -> Answer {
    if own == Own::Unknown {
        return Answer::problem(&Error::new(Kind::NotFound, "not-found", "there is nothing here"), trace);
    }
    if !matches!(*method, Method::GET | Method::HEAD) {
        let error = Error::new(Kind::Malformed, "method-not-allowed", format!("{method} is not allowed here"));
        return Answer::problem_as(StatusCode::METHOD_NOT_ALLOWED, &error, trace)
            .with(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
    }
    match own {
        Own::Live => health::show(&gateway.health.live()),
        Own::Ready => health::show(&gateway.health.ready().await),
        Own::OpenApi => Answer::new(StatusCode::OK, "application/json", gateway.documents.merged().await.http.json.clone()),
        Own::AsyncApi => Answer::new(StatusCode::OK, "application/json", gateway.documents.merged().await.messages.json.clone()),
        Own::Docs => page::docs(&*gateway.documents.merged().await),
        Own::DocsStyle => page::style(),
        Own::Unknown => Answer::new(StatusCode::NOT_FOUND, "text/plain", ""),
    }
}
