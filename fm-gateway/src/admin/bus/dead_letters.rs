//! Messages that a service could not handle: list, show, replay, drop.

use super::Bus;
use fm_sdk::{
    Envelope, Error, Kind, Result,
    backend::{self, Audience, Transport},
    identity::Verifier,
    registry::Registry,
    time::rfc3339,
};
use serde::Serialize;
use std::time::Duration;

/// How many are listed at most.
pub const MAX_LISTED: usize = 200;
/// How long the registry may take to give the keys of services.
const KEYS_TIMEOUT: Duration = Duration::from_secs(5);

/// A message that a service could not handle.
#[derive(Clone, Debug, Serialize)]
pub struct DeadLetter {
    pub id: String,
    /// Empty, if the message could not be read.
    pub name: String,
    /// The service that sent it.
    pub source: String,
    /// `events` or `commands`: the queue that it came from and is replayed to.
    pub queue: &'static str,
    /// How often a handler was given it.
    pub attempts: u32,
    /// The last error's code, and the error with its sources.
    pub code: String,
    pub cause: String,
    /// When it was sent, and when it became a dead letter (RFC 3339).
    pub sent: String,
    pub at: String,
}

/// A dead letter with what the message says.
#[derive(Clone, Debug, Serialize)]
pub struct DeadLetterContent {
    #[serde(flatten)]
    pub letter: DeadLetter,
    /// JSON text; what came, if it could not be read.
    pub body: String,
    /// The `traceparent` of the request that caused it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace: Option<String>,
}

impl From<&backend::DeadLetter> for DeadLetter {
    fn from(letter: &backend::DeadLetter) -> Self {
        let message = &letter.message;
        DeadLetter {
            id: message.id.clone(),
            name: message.name.clone(),
            source: message.source.clone(),
            queue: match letter.audience {
                Audience::Command => "commands",
                Audience::Call => "calls",
                Audience::Service | Audience::EachInstance => "events",
            },
            attempts: message.attempt,
            code: letter.code.clone(),
            cause: letter.cause.clone(),
            sent: rfc3339(message.at_ms),
            at: rfc3339(letter.dead_lettered_at_ms),
        }
    }
}

impl From<&backend::DeadLetter> for DeadLetterContent {
    /// The message's token stays out: whoever has it could send the message.
    fn from(letter: &backend::DeadLetter) -> Self {
        DeadLetterContent { letter: letter.into(), body: letter.message.body.clone(), trace: letter.message.trace.clone() }
    }
}

impl Bus {
    /// Lists dead letters of a service, oldest first, 200 at most.
    ///
    /// # Errors
    /// `Invalid`, code `bus-memory`; `Unavailable`, code `bus-unreachable`.
    pub async fn dead_letters(&self, service: &str) -> Result<Vec<DeadLetter>> {
        let letters = self.connection().await?.dead_letters(service, MAX_LISTED).await?;
        Ok(letters.iter().map(DeadLetter::from).collect())
    }

    /// Gives one dead letter.
    ///
    /// # Errors
    /// `NotFound`, code `dead-letter-unknown`; those of [`Bus::dead_letters`].
    pub async fn dead_letter(&self, service: &str, id: &str) -> Result<backend::DeadLetter> {
        let letters = self.connection().await?.dead_letters(service, usize::MAX).await?;
        letters.into_iter().find(|letter| letter.message.id == id).ok_or_else(unknown)
    }

    /// Says whether a message can be replayed as it is: the service that gets it verifies its token again, and only that service can give it
    /// a new one.
    ///
    /// # Errors
    /// `Conflict`: `dead-letter-expired` if the token has expired, `dead-letter-refused` if it is wrong otherwise.
    pub async fn check_replay(&self, registry: &dyn Registry, service: &str, message: &Envelope) -> Result<()> {
        let verifier = Verifier::new(registry, self.token_policy.clone()).for_service(service);
        let late = |_| Error::new(Kind::Unavailable, "registry-unreachable", "the registry does not answer, so no key is known");
        tokio::time::timeout(KEYS_TIMEOUT, verifier.ready()).await.map_err(late)?;
        let refuse = |code: &'static str, why: String| Error::new(Kind::Conflict, code, why);
        match verifier.verify_envelope(message) {
            Ok(_) => Ok(()),
            Err(e) if e.code() == "delegation-expired" => Err(refuse(
                "dead-letter-expired",
                format!("its token has expired, only {service} can give it a new one: run `{service} dead-letters replay` beside its data"),
            )),
            Err(e) => Err(refuse("dead-letter-refused", format!("{service} would refuse it: {} [{}]", e.message(), e.code()))),
        }
    }

    /// Gives a dead letter back to its handler, with fresh attempts. First into the queue, then out of the dead letters: a crash in between
    /// doubles the message, which the inbox of the service drops, and loses none.
    ///
    /// # Errors
    /// `Invalid`, code `not-replayable`, for a call; `Unroutable` if the service has no such queue; `Unavailable`.
    pub async fn replay(&self, service: &str, letter: backend::DeadLetter) -> Result<()> {
        let connection = self.connection().await?;
        let mut message = letter.message;
        let id = message.id.clone();
        message.attempt = 1;
        connection.deliver_to(service, letter.audience, message).await?;
        connection.drop_dead_letter(service, &id).await.map(drop)
    }

    /// Deletes a dead letter for good and gives it.
    ///
    /// # Errors
    /// `NotFound`, code `dead-letter-unknown`; those of [`Bus::dead_letters`].
    pub async fn drop_dead_letter(&self, service: &str, id: &str) -> Result<backend::DeadLetter> {
        self.connection().await?.drop_dead_letter(service, id).await?.ok_or_else(unknown)
    }
}

fn unknown() -> Error {
    Error::new(Kind::NotFound, "dead-letter-unknown", "there is no such dead letter (any more)")
}
