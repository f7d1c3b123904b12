//! The market's API, asked through the gateway.

mod answer;
mod ask;
mod connector;

pub use answer::Answer;
pub use ask::Ask;

use crate::request_context::Caller;
use actix_web::http::Method;
use url::Url;

/// Where the API is. Cheap to clone; connections are kept per thread.
#[derive(Clone, Debug)]
pub struct Gateway {
    base: String,
}

impl Gateway {
    pub fn new(base: &Url) -> Self {
        Gateway { base: base.as_str().trim_end_matches('/').to_owned() }
    }
    /// Begins a `GET` for this caller.
    pub fn get(&self, caller: &Caller, path: impl AsRef<str>) -> Ask {
        self.ask(Method::GET, caller, path)
    }
    /// Begins a `POST` for this caller.
    pub fn post(&self, caller: &Caller, path: impl AsRef<str>) -> Ask {
        self.ask(Method::POST, caller, path)
    }
    /// Begins a request for this caller.
    pub fn ask(&self, method: Method, caller: &Caller, path: impl AsRef<str>) -> Ask {
        Ask::new(method, format!("{}{}", self.base, path.as_ref()), caller)
    }
}
