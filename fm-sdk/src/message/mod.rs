//! What travels on the bus: events, commands and calls, and the envelope they travel in.

mod declare;
mod envelope;

#[doc(hidden)]
pub use declare::is_name;
pub use envelope::{Envelope, MessageKind, Subject};

use serde::{Serialize, de::DeserializeOwned};

/// Something that happened, in the past tense (`car.listed`). Many may listen.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an event",
    note = "declare it: `messages! {{ event \"car.listed\" {Self} {{ .. }} }}`"
)]
pub trait Event: Serialize + DeserializeOwned + 'static {
    /// `thing.happened`, lower case; the routing key on the bus.
    const NAME: &'static str;
}
/// Do this: one owner, must happen, also when the owner is away for hours.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a command",
    note = "declare it: `messages! {{ command \"fm-cars/delete-all\" {Self} {{ .. }} }}`"
)]
pub trait Command: Serialize + DeserializeOwned + 'static {
    /// `service/verb`, lower case.
    const AT: &'static str;
}
/// A request with a reply and a deadline.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a call",
    note = "declare it: `messages! {{ call \"fm-cars/price\" {Self} {{ .. }} -> Price; }}`"
)]
pub trait Call: Serialize + DeserializeOwned + 'static {
    /// `service/verb`, lower case.
    const AT: &'static str;
    /// What comes back.
    type Reply: Serialize + DeserializeOwned + 'static;
}

/// The service part of `service/verb`.
pub fn owner(at: &str) -> &str {
    at.split('/').next().unwrap_or(at)
}
