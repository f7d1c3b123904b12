//! `<service> parked ..`: messages that were set aside.

use super::application::{registry, transport};
use crate::{
    Error, Kind, Result,
    bus::transport::{Connection, Parked},
    config::{BusUrl, Settings},
    identity::{Delegate, Keys, Purpose, Terms, Verifier},
    registry::Registry,
};
use clap::Subcommand;
use std::{sync::Arc, time::Duration};

/// How long the broker may take to answer at all.
const CONNECT: Duration = Duration::from_secs(10);

#[derive(Subcommand)]
pub(super) enum ParkedCommand {
    /// Lists parked messages, oldest first: id, name, attempts, time, cause
    List {
        /// How many at most
        #[arg(long, default_value_t = 100)]
        limit: usize,
    },
    /// Shows one parked message whole, as JSON
    Show {
        /// The message's id
        id: String,
    },
    /// Gives parked messages back to their handler, with fresh attempts
    Replay {
        /// The messages' ids
        #[arg(required_unless_present = "all")]
        ids: Vec<String>,
        /// All that are parked now
        #[arg(long)]
        all: bool,
    },
    /// Throws parked messages away for good, and prints them
    Drop {
        /// The messages' ids
        #[arg(required = true)]
        ids: Vec<String>,
    },
}

impl ParkedCommand {
    pub async fn run(self, service: &str, settings: &Settings) -> Result<()> {
        if settings.bus == BusUrl::Memory {
            let text = "with FM_BUS=memory parked messages live in the serving process alone";
            return Err(Error::new(Kind::Invalid, "bus-memory", text));
        }
        let bus = transport(settings)?;
        let mut connection = bus.connection();
        let up = tokio::time::timeout(CONNECT, connection.wait_for(|c| *c == Connection::Up)).await;
        if !matches!(up, Ok(Ok(_))) {
            let why = match &*bus.connection().borrow() {
                Connection::Down(why) => why.clone(),
                Connection::Up => "no answer".into(),
            };
            return Err(Error::new(Kind::Unavailable, "broker-away", why));
        }
        let parking = Parking { service, bus, settings };
        let done = parking.run(self).await;
        parking.bus.close().await;
        done
    }
}

struct Parking<'a> {
    service: &'a str,
    bus: Arc<dyn crate::Transport>,
    settings: &'a Settings,
}

impl Parking<'_> {
    async fn run(&self, command: ParkedCommand) -> Result<()> {
        match command {
            ParkedCommand::List { limit } => {
                for p in self.bus.parked(self.service, limit).await? {
                    let at = crate::time::rfc3339(p.parked_at_ms);
                    println!("{}  {}  attempts={}  {at}  {}", p.message.id, p.message.name, p.message.attempt, p.cause);
                }
                Ok(())
            }
            ParkedCommand::Show { id } => print(&self.find(&id).await?),
            ParkedCommand::Replay { ids, all } => {
                let ids = if all { self.all().await?.into_iter().map(|p| p.message.id).collect() } else { ids };
                let replayer = Replayer::new(self.service, self.settings).await?;
                for id in ids {
                    self.replay(&replayer, &id).await?;
                    println!("{id}  replayed");
                }
                Ok(())
            }
            ParkedCommand::Drop { ids } => {
                for id in ids {
                    let dropped = self.bus.drop_parked(self.service, &id).await?;
                    print(&dropped.ok_or_else(|| unknown(&id))?)?;
                }
                Ok(())
            }
        }
    }
    async fn all(&self) -> Result<Vec<Parked>> {
        self.bus.parked(self.service, usize::MAX).await
    }
    async fn find(&self, id: &str) -> Result<Parked> {
        self.all().await?.into_iter().find(|p| p.message.id == id).ok_or_else(|| unknown(id))
    }
    /// First into the queue, then out of the parking: a crash in between doubles a message, which the inbox drops, and loses none.
    async fn replay(&self, replayer: &Replayer, id: &str) -> Result<()> {
        let parked = self.find(id).await?;
        let mut message = parked.message;
        message.attempt = 1;
        replayer.delegate.renew(&replayer.verifier, &mut message)?;
        self.bus.deliver_to(self.service, parked.audience, message).await?;
        self.bus.drop_parked(self.service, id).await?;
        Ok(())
    }
}

/// Vouches anew for messages whose tokens may have run out.
struct Replayer {
    delegate: Delegate,
    verifier: Verifier,
    _registry: Arc<dyn Registry>,
}

impl Replayer {
    async fn new(service: &str, settings: &Settings) -> Result<Self> {
        let registry = registry(settings)?;
        let keys = Keys::open(&settings.data_folder(service).join("keys"), Purpose::Service(service.into()))?;
        let verifier = Verifier::new(&*registry, Terms::default()).for_service(service);
        tokio::time::timeout(CONNECT, verifier.ready())
            .await
            .map_err(|_| Error::new(Kind::Unavailable, "registry-away", "the registry does not answer, so no key is known"))?;
        keys.publish(&*registry).await?;
        Ok(Replayer { delegate: Delegate::new(Arc::new(keys), Terms::default())?, verifier, _registry: registry })
    }
}

fn print(parked: &Parked) -> Result<()> {
    use crate::ResultExt;
    println!("{}", serde_json::to_string_pretty(parked).internal()?);
    Ok(())
}

fn unknown(id: &str) -> Error {
    Error::new(Kind::NotFound, "parked-unknown", format!("no parked message has the id {id}"))
}
