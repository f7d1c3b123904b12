//! The market's API, asked through the gateway.

pub use fm_sdk::http::client::Response as Answer;

use crate::request_context::Caller;
use actix_web::http::{Method, header};
use fm_sdk::http::{Client, client::Request};
use std::time::Duration;
use url::Url;

/// The longest time that a page waits for one of its parts.
const READ: Duration = Duration::from_secs(3);
/// A read that is silent for this time is sent a second time.
const HEDGE: Duration = Duration::from_secs(1);
/// What changes something may wait for other services.
const WRITE: Duration = Duration::from_secs(15);
/// No page needs more of one answer; bytes.
const MAX_BODY: usize = 4 * 1024 * 1024;

/// Where the API is. Cheap to clone; connections are kept per thread.
#[derive(Clone, Debug)]
pub struct Gateway(Client);

impl Gateway {
    pub fn new(base: &Url) -> Self {
        Gateway(Client::at(base))
    }
    /// Begins a `GET` for this caller.
    pub fn get(&self, caller: &Caller, path: impl Into<String>) -> Request {
        self.ask(Method::GET, caller, path)
    }
    /// Begins a `POST` for this caller.
    pub fn post(&self, caller: &Caller, path: impl Into<String>) -> Request {
        self.ask(Method::POST, caller, path)
    }
    /// Begins a request for this caller.
    pub fn ask(&self, method: Method, caller: &Caller, path: impl Into<String>) -> Request {
        let within = if method == Method::GET { READ } else { WRITE };
        let request = self.0.request(method, "fm-gateway", path).within(within).hedge(HEDGE).max_body(MAX_BODY);
        let request = request.header((header::X_FORWARDED_FOR, caller.forwarded_for.as_str()));
        match &caller.token {
            Some(token) => request.bearer(token),
            None => request,
        }
    }
}
