use crate::{
    request_context::RequestContext,
    view::{Entry, blame},
};
use actix_web::http::StatusCode;
use fm_sdk::{Error, Kind, Result};

/// Why the API did not take a form: what to say above it, and the page's status. Beside the fields stands what belongs there.
pub struct Refusal {
    pub lines: Vec<String>,
    pub status: StatusCode,
}

impl Refusal {
    /// Says one thing.
    pub fn of(status: StatusCode, line: &str) -> Self {
        Refusal { lines: vec![line.to_owned()], status }
    }
    /// Puts the API's complaints into the form.
    ///
    /// # Errors
    /// What is no complaint about the form: somebody else's car, an ended session, a fault of ours.
    pub fn read(context: &RequestContext, entries: &mut [Entry], error: Error) -> Result<Self> {
        let t = context.t();
        match error.kind() {
            Kind::Invalid | Kind::Conflict | Kind::Malformed | Kind::Forbidden if !error.fields().is_empty() => {
                let mut lines = vec![t.form_check.to_owned()];
                lines.extend(blame(context.lang, entries, error.fields()));
                Ok(Refusal { lines, status: StatusCode::UNPROCESSABLE_ENTITY })
            }
            Kind::Throttled => Ok(Refusal::of(StatusCode::TOO_MANY_REQUESTS, t.sign_in_throttled)),
            Kind::Unavailable | Kind::Unroutable | Kind::TimedOut => {
                log::warn!("form: refused: {}", error.chain());
                Ok(Refusal::of(StatusCode::SERVICE_UNAVAILABLE, t.unavailable))
            }
            _ => Err(error),
        }
    }
}
