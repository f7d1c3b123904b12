//! @NAME@: what people note on the cars of the market.

mod handlers;
pub mod messages;
mod note;
mod openapi;
mod routes;

pub use note::Note;

use fm_sdk::Service;

/// The service: what it keeps, hears and answers.
pub fn service() -> Service<()> {
    Service::new("@NAME@", ())
        .version(env!("CARGO_PKG_VERSION"))
        .keeps::<Note>()
        .publishes::<messages::Noted>()
        .call(handlers::count)
        .on(handlers::car_removed)
        .http(routes::configure)
        .openapi(openapi::document)
}
