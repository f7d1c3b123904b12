//! `<service> forget`: takes away what a service that leaves the market has left in the broker, the registry and the schedules.

mod leftovers;

use super::{application::registry, cli_client};
use crate::{
    Error, Kind, Result, ResultExt,
    bus::transport::Transport,
    config::Settings,
    registry::{Change, Expect, MAX_CHANGES, Registry, services},
    store::{Driver, Guard, Query, SCHEDULES, SNAPSHOTS, Spec, Write},
};
use clap::Args;
use leftovers::Leftovers;
use std::{
    io::{BufRead, Write as _},
    sync::Arc,
    time::Duration,
};

/// Documents of one read.
const BATCH: u64 = 500;
/// Messages of the outbox that are counted.
const MAX_COUNTED: u32 = 10_000;

#[derive(Args)]
pub(super) struct ForgetCommand {
    /// Does not ask
    #[arg(long)]
    yes: bool,
    /// Lists what would go, and ends
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
}

impl ForgetCommand {
    /// `specs` is what the service keeps: its messages may lie there.
    pub async fn run(self, service: &str, specs: Vec<Spec>, settings: &Settings) -> Result<()> {
        let bus = cli_client::bus(settings).await?;
        let store = cli_client::store(settings, service, specs).await?;
        let leaving = Leaving { service: service.into(), bus, registry: registry(settings)?, store };
        let done = self.forget(&leaving).await;
        leaving.bus.close().await;
        done
    }

    async fn forget(&self, leaving: &Leaving) -> Result<()> {
        let found = leaving.look().await?;
        print!("{found}");
        if found.is_empty() || self.dry_run {
            return Ok(());
        }
        if !self.yes {
            confirmed(&leaving.service, &mut std::io::stdin().lock())?;
        }
        leaving.remove().await?;
        println!("{} is forgotten; its documents and the keys in its data folder stay", leaving.service);
        Ok(())
    }
}

/// Asks for the service's name, so that no key pressed too often confirms it.
fn confirmed(service: &str, answers: &mut impl BufRead) -> Result<()> {
    print!("All of this will be deleted. Type {service} to go on: ");
    std::io::stdout().flush().internal()?;
    let mut answer = String::new();
    answers.read_line(&mut answer).internal()?;
    if answer.trim() == service {
        return Ok(());
    }
    Err(Error::new(Kind::Invalid, "not-confirmed", "nothing was deleted"))
}

/// A service that leaves, and where it may have left something.
struct Leaving {
    service: String,
    bus: Arc<dyn Transport>,
    registry: Arc<dyn Registry>,
    store: Option<Arc<dyn Driver>>,
}

impl Leaving {
    /// Looks for what is left.
    ///
    /// # Errors
    /// `Conflict`, code `service-running`, if an instance is registered or consumes; `Unavailable` if a part does not answer.
    async fn look(&self) -> Result<Leftovers> {
        let service = &self.service;
        let instances = self.registry.list(&format!("{}{service}/", services::PREFIX)).await?;
        let registered: Vec<_> = instances.entries.keys().filter_map(|key| key.rsplit('/').next()).collect();
        if !registered.is_empty() {
            return Err(running(service, &format!("registered instances: {}", registered.join(", "))));
        }
        let queues = self.bus.queues(service).await?;
        if let Some(queue) = queues.iter().find(|q| q.consumers > 0) {
            return Err(running(service, &format!("{} has {} consumers", queue.name, queue.consumers)));
        }
        let mut keys = Vec::new();
        for prefix in ["/fm/identity/services/", "/fm/identity/scopes/", "/fm/jobs/"] {
            keys.extend(self.registry.list(&format!("{prefix}{service}/")).await?.entries.into_keys());
        }
        let (mut schedules, mut unsent) = (0, 0);
        if let Some(store) = &self.store {
            schedules = store.count(Query { collection: SCHEDULES, ..Query::default() }).await?;
            unsent = store.pending("", Duration::ZERO, MAX_COUNTED).await?.len();
        }
        Ok(Leftovers { service: service.clone(), queues, keys, schedules, unsent })
    }

    /// Removes what is left, the keys last: until then what it has sent can be verified. May be run again after a failure.
    async fn remove(&self) -> Result<()> {
        let found = self.look().await?;
        if let Some(store) = &self.store {
            remove_all(&**store, SCHEDULES).await?;
            // A service that comes back has missed events, so it takes its snapshots anew.
            remove_all(&**store, SNAPSHOTS).await?;
        }
        for queue in &found.queues {
            self.bus.delete_queue(&queue.name).await?;
        }
        let gone = |key: &String| Change { key: key.clone(), expect: Expect::Any, value: None };
        for keys in found.keys.chunks(MAX_CHANGES) {
            self.registry.commit(keys.iter().map(gone).collect()).await?;
        }
        Ok(())
    }
}

async fn remove_all(store: &dyn Driver, collection: &'static str) -> Result<()> {
    loop {
        let found = store.read(Query { collection, limit: Some(BATCH), ..Query::default() }).await?;
        if found.is_empty() {
            return Ok(());
        }
        for document in found {
            let (guard, version) = (Guard::Version(document.version), document.version + 1);
            store.write(Write { collection, id: document.id, guard, body: None, messages: vec![], op: None, version }).await?;
        }
    }
}

fn running(service: &str, why: &str) -> Error {
    Error::new(Kind::Conflict, "service-running", format!("{service} still runs, stop it first: {why}"))
}

#[cfg(test)]
#[cfg(all(feature = "rabbitmq", feature = "etcd"))]
mod end_to_end;
#[cfg(test)]
mod tests;
