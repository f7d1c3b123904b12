//! What travels on the bus: events, commands and calls, and the envelope they travel in.

mod declaration;
mod declare;
mod envelope;
mod senders;

pub(crate) use declaration::Declaration;
#[doc(hidden)]
pub use declaration::Docs;
#[doc(hidden)]
pub use declare::is_name;
pub use envelope::{Envelope, MessageKind, Subject};
pub use senders::Senders;

use serde::{Serialize, de::DeserializeOwned};

/// Something that happened, in the past tense (`car.listed`). Many may listen.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an event",
    note = "declare it: `messages! {{ event \"car.listed\" from \"fm-cars\" {Self} {{ .. }} }}`"
)]
pub trait Event: Serialize + DeserializeOwned + 'static {
    /// `thing.happened`, lower case; the routing key on the bus.
    const NAME: &'static str;
    /// Who may send it. A receiver refuses it from anybody else.
    const SENDERS: Senders;
    #[doc(hidden)]
    const DOCS: Docs = Docs::NONE;
}
/// Do this: one owner, must happen, also when the owner is unreachable for hours.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a command",
    note = "declare it: `messages! {{ command \"fm-cars/delete-all\" from \"fm-profile\" {Self} {{ .. }} }}`"
)]
pub trait Command: Serialize + DeserializeOwned + 'static {
    /// `service/verb`, lower case.
    const AT: &'static str;
    /// Who may send it. A receiver refuses it from anybody else.
    const SENDERS: Senders;
    #[doc(hidden)]
    const DOCS: Docs = Docs::NONE;
}
/// A request with a reply and a deadline.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a call",
    note = "declare it: `messages! {{ call \"fm-cars/price\" {Self} {{ .. }} -> Price; }}`"
)]
pub trait Call: Serialize + DeserializeOwned + 'static {
    /// `service/verb`, lower case.
    const AT: &'static str;
    /// Who may make it. Anybody, unless its declaration names services; then the caller proves which one it is.
    const SENDERS: Senders = Senders::Any;
    #[doc(hidden)]
    const DOCS: Docs = Docs::NONE;
    /// What comes back.
    type Reply: Serialize + DeserializeOwned + 'static;
}

/// The service part of `service/verb`.
pub fn owner(at: &str) -> &str {
    at.split('/').next().unwrap_or(at)
}
