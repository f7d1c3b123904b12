//! `<service> dead-letters ..`: messages that could not be handled.

use super::cli_client::{self, Signer, printable};
use crate::{Error, Kind, Result, bus::transport::DeadLetter, config::Settings};
use clap::Subcommand;
use std::sync::Arc;

#[derive(Subcommand)]
pub(super) enum DeadLettersCommand {
    /// Lists dead letters, oldest first: id, name, attempts, time, cause
    List {
        /// How many at most
        #[arg(long, default_value_t = 100)]
        limit: usize,
    },
    /// Shows one dead letter whole, as JSON
    Show {
        /// The message's id
        id: String,
    },
    /// Gives dead letters back to their handler, with fresh attempts
    Replay {
        /// The messages' ids
        #[arg(required_unless_present = "all")]
        ids: Vec<String>,
        /// All that there are now
        #[arg(long)]
        all: bool,
    },
    /// Deletes dead letters for good, and prints them
    Drop {
        /// The messages' ids
        #[arg(required = true)]
        ids: Vec<String>,
    },
}

impl DeadLettersCommand {
    pub async fn run(self, service: &str, settings: &Settings) -> Result<()> {
        let bus = cli_client::bus(settings).await?;
        let queue = DeadLetterQueue { service, bus, settings };
        let done = queue.run(self).await;
        queue.bus.close().await;
        done
    }
}

struct DeadLetterQueue<'a> {
    service: &'a str,
    bus: Arc<dyn crate::bus::transport::Transport>,
    settings: &'a Settings,
}

impl DeadLetterQueue<'_> {
    async fn run(&self, command: DeadLettersCommand) -> Result<()> {
        match command {
            DeadLettersCommand::List { limit } => {
                for p in self.bus.dead_letters(self.service, limit).await? {
                    println!("{}", line(&p));
                }
                Ok(())
            }
            DeadLettersCommand::Show { id } => print(self.all().await?.iter().find(|p| p.message.id == id).ok_or_else(|| unknown(&id))?),
            DeadLettersCommand::Replay { ids, all } => self.replay(&ids, all).await,
            DeadLettersCommand::Drop { ids } => {
                for id in ids {
                    let dropped = self.bus.drop_dead_letter(self.service, &id).await?;
                    print(&dropped.ok_or_else(|| unknown(&id))?)?;
                }
                Ok(())
            }
        }
    }
    async fn all(&self) -> Result<Vec<DeadLetter>> {
        self.bus.dead_letters(self.service, usize::MAX).await
    }
    /// One that is refused stays where it is and does not hold up the others.
    async fn replay(&self, ids: &[String], all: bool) -> Result<()> {
        let letters = self.all().await?;
        let signer = Signer::new(self.service, self.settings).await?;
        let missing = ids.iter().filter(|id| !letters.iter().any(|p| p.message.id == **id)).map(|id| (id.clone(), unknown(id)));
        let mut refused: Vec<(String, Error)> = missing.collect();
        for p in letters.into_iter().filter(|p| all || ids.contains(&p.message.id)) {
            let id = p.message.id.clone();
            match self.replay_one(&signer, p).await {
                Ok(()) => println!("{}  replayed", printable(&id)),
                Err(e) => refused.push((id, e)),
            }
        }
        for (id, e) in &refused {
            eprintln!("{}  not replayed: {}", printable(id), printable(&e.chain()));
        }
        match refused.len() {
            0 => Ok(()),
            n => Err(Error::new(Kind::Invalid, "not-replayed", format!("{n} not replayed"))),
        }
    }
    /// First into the queue, then out of the dead letters: a crash in between doubles a message, which the inbox drops, and loses none.
    async fn replay_one(&self, signer: &Signer, letter: DeadLetter) -> Result<()> {
        let mut message = letter.message;
        let id = message.id.clone();
        message.attempt = 1;
        signer.delegate.renew(&signer.verifier, &mut message)?;
        self.bus.deliver_to(self.service, letter.audience, message).await?;
        self.bus.drop_dead_letter(self.service, &id).await?;
        Ok(())
    }
}

fn line(p: &DeadLetter) -> String {
    let (m, at) = (&p.message, crate::time::rfc3339(p.dead_lettered_at_ms));
    let name = if m.name.is_empty() { "(unreadable)".into() } else { printable(&m.name) };
    format!("{}  {name}  attempts={}  {at}  {}", printable(&m.id), m.attempt, printable(&p.cause))
}

fn print(letter: &DeadLetter) -> Result<()> {
    use crate::ResultExt;
    println!("{}", serde_json::to_string_pretty(letter).internal()?);
    Ok(())
}

fn unknown(id: &str) -> Error {
    Error::new(Kind::NotFound, "dead-letter-unknown", format!("no dead letter has the id {id}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Envelope, MessageKind, bus::transport::Audience, text::is_invisible};

    fn letter(id: &str, name: &str, cause: &str) -> DeadLetter {
        let message = Envelope { id: id.into(), ..Envelope::new(MessageKind::Event, name, &1, "fm-test").unwrap() };
        DeadLetter { message, audience: Audience::Service, code: "x".into(), cause: cause.into(), dead_lettered_at_ms: 0 }
    }

    #[test]
    fn a_line_shows_the_message_its_attempts_the_time_and_the_cause() {
        let text = line(&letter("7", "car.listed", "no such car [rejected]"));
        assert_eq!(text, "7  car.listed  attempts=1  1970-01-01T00:00:00.000Z  no such car [rejected]");
        assert!(line(&letter("7", "", "no")).contains("7  (unreadable)  "));
    }

    #[test]
    fn control_characters_of_a_message_are_escaped() {
        let text = line(&letter("a\nb", "\u{1b}[2J", "x\u{9b}31m\r\u{202e}y\u{200b}"));
        assert!(!text.contains(is_invisible), "{text:?}");
        assert!(text.starts_with("a\\nb  \\u{1b}[2J  "), "{text}");
    }
}
