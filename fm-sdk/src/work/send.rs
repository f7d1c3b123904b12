//! A command that no change of a document goes with: a step of its own, that is nothing but its outbox.

use super::{Out, Work};
use crate::{Command, Result};

impl Work {
    /// Sends a command from an HTTP handler or a job. `Ok` = it is in the outbox and will arrive, also if this process dies at once.
    ///
    /// What belongs to a change of a document goes with that change instead: `out.send(..)` in the closure of `insert`, `change` or `remove`.
    /// Of a [`repeatable`](Work::repeatable) piece of work it is sent once, however often the work is repeated.
    ///
    /// # Errors
    /// The store's; `Internal` if the command cannot be serialised, or its declaration does not name this service as a sender
    /// (`sender-undeclared`).
    pub async fn send<C: Command>(&self, command: C) -> Result<()> {
        let mut out = Out::new(&self.bus);
        out.send(command)?;
        // The row of the inbox under which the store keeps the message; derived where ids are, so that a second try finds it.
        let op = format!("send/{}", self.new_id());
        if self.bus.rt.store.finish(&op, None, out.sealed()?).await? {
            self.bus.rt.relay.wake();
        }
        Ok(())
    }
}
