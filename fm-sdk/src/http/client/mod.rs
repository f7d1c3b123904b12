//! HTTP to services by their names, or to an address.

mod attempts;
pub(crate) mod observer;
mod request;
mod response;
#[cfg(test)]
mod tests;

pub use request::Request;
pub use response::Response;

use crate::{
    Error, Kind, Result,
    registry::{Balancer, Services},
};
use actix_web::{FromRequest, HttpRequest, dev::Payload, http::Method};
use std::{
    fmt,
    future::{Ready, ready},
    sync::Arc,
};
use url::Url;

/// Asks other services over HTTP. Finds them in the registry by name, takes the less loaded instance, forwards the trace, and the user's
/// token where asked to; tries another instance when nothing can have been done yet. Or asks at a fixed address, as a program outside the
/// market asks its gateway: see [`Client::at`]. Cheap to clone, for any thread; connections are kept per thread, so that a request's future
/// stays on the one it was made on.
///
/// Between services that change something prefer a call or command over the bus.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

enum Inner {
    /// Services are found in the registry.
    Registry { services: Services, balancer: Balancer },
    /// Whatever the service's name: it is asked here.
    Address(String),
}

impl Client {
    /// Makes a client that finds services here.
    #[must_use]
    pub fn new(services: Services) -> Self {
        Client(Arc::new(Inner::Registry { services, balancer: Balancer::default() }))
    }
    /// Makes a client that asks at this address, whatever service a request names: the name stands in errors and traces. A path of the
    /// address comes before that of each request.
    ///
    /// ```
    /// # fn main() -> Result<(), url::ParseError> {
    /// let client = fm_sdk::http::Client::at(&"https://market.example/v2".parse()?);
    /// let request = client.get("fm-gateway", "/api/cars"); // https://market.example/v2/api/cars
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn at(base: &Url) -> Self {
        Client(Arc::new(Inner::Address(base.as_str().trim_end_matches('/').to_owned())))
    }
    /// Begins a `GET` of a service's path (`/api/cars/1`).
    pub fn get(&self, service: impl Into<String>, path: impl Into<String>) -> Request {
        self.request(Method::GET, service, path)
    }
    /// Begins a `POST`.
    pub fn post(&self, service: impl Into<String>, path: impl Into<String>) -> Request {
        self.request(Method::POST, service, path)
    }
    /// Begins a `PUT`.
    pub fn put(&self, service: impl Into<String>, path: impl Into<String>) -> Request {
        self.request(Method::PUT, service, path)
    }
    /// Begins a `DELETE`.
    pub fn delete(&self, service: impl Into<String>, path: impl Into<String>) -> Request {
        self.request(Method::DELETE, service, path)
    }
    /// Begins a request.
    pub fn request(&self, method: Method, service: impl Into<String>, path: impl Into<String>) -> Request {
        Request::new(self.clone(), method, service.into(), path.into())
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Client")
    }
}

impl FromRequest for Client {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let wired = request.app_data::<Client>().cloned();
        ready(wired.ok_or_else(|| Error::new(Kind::Internal, "wiring", "the app's data holds no fm_sdk::http::Client")))
    }
}
