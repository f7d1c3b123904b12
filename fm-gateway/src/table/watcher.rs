//! Keeps the table in force the registry's one, as long as that is good.

use super::{CURRENT, Copy, FirstTable, PREFIX, Problem, Problems, Publication, Table, market, publish, publish::read};
use crate::pipeline::{Catalogue, Compiled, Drivers, compile};
use arc_swap::ArcSwapOption;
use fm_sdk::{
    Backoff, Kind,
    registry::{Expect, Registry, Snapshot},
};
use serde::Serialize;
use std::{sync::Arc, time::Duration};
use tokio::sync::watch;

/// How the table stands.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct TableState {
    /// The revision in force; `None` before there is any.
    pub revision: Option<i64>,
    /// It comes from the copy on disk, the registry has not spoken yet.
    pub from_disk: bool,
    /// What is wrong with what lies in the registry; the table in force is an older one then.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<Problem>,
}

/// How long a table waits for its plugins.
const SETTLE: Duration = Duration::from_secs(5);

/// Watches the registry and swaps in what is good.
pub struct TableWatcher {
    registry: Arc<dyn Registry>,
    catalogue: Catalogue,
    drivers: Drivers,
    copy: Option<Copy>,
    first: FirstTable,
    table: Arc<ArcSwapOption<Compiled>>,
    state: watch::Sender<TableState>,
    /// A table in force that could not be copied to disk yet, and its revision.
    uncopied: Option<(Table, i64)>,
}

impl TableWatcher {
    /// Starts with the copy on disk, if there is a good one.
    pub fn new(registry: Arc<dyn Registry>, catalogue: Catalogue, drivers: Drivers, copy: Option<Copy>) -> TableWatcher {
        let watcher = TableWatcher {
            registry,
            catalogue,
            drivers,
            copy,
            first: FirstTable::default(),
            table: Arc::default(),
            state: watch::Sender::default(),
            uncopied: None,
        };
        if let Some((table, revision)) = watcher.copy.as_ref().and_then(Copy::read) {
            match compile(&table, revision, &watcher.catalogue, &watcher.drivers) {
                Ok(compiled) => watcher.put_in_force(compiled, true),
                Err(e) => log::warn!("table: copy on disk is not valid any more, waiting for the registry: {e}"),
            }
        }
        watcher
    }

    /// Writes this one into a registry that has no table, where none was kept on disk.
    pub fn with_first(self, first: FirstTable) -> TableWatcher {
        TableWatcher { first, ..self }
    }

    /// The table in force, for the workers.
    pub fn table(&self) -> Arc<ArcSwapOption<Compiled>> {
        self.table.clone()
    }

    /// How it stands, now and from now on.
    pub fn state(&self) -> watch::Receiver<TableState> {
        self.state.subscribe()
    }

    /// Follows the registry for ever; writes the first table if there is none. What fails to be written, there or to disk, is tried again also
    /// when nothing changes.
    pub async fn run(mut self) {
        if let Some(kept) = self.table.load_full() {
            // The copy on disk is in force already; what its plugins follow begins here, whether the registry answers or not.
            tokio::task::spawn_local(async move { drop(tokio::time::timeout(SETTLE, kept.ready()).await) });
        }
        let mut snapshots = self.registry.watch(PREFIX);
        let mut asked_for_first = false;
        let mut backoff = Backoff::default();
        loop {
            let snapshot = snapshots.borrow_and_update().clone();
            let mut has_failed = false;
            if snapshot.known {
                self.look_at(&snapshot).await;
                if !asked_for_first && !snapshot.stale && !snapshot.entries.contains_key(CURRENT) {
                    asked_for_first = self.write_first().await;
                    has_failed = !asked_for_first;
                } else if snapshot.entries.contains_key(CURRENT) {
                    // Deleted later on, it stays as it is: somebody did that on purpose, or by mistake.
                    asked_for_first = true;
                }
            }
            has_failed |= !self.copy_to_disk();
            let again = async {
                match has_failed {
                    true => tokio::time::sleep(backoff.next_wait()).await,
                    false => {
                        backoff.reset();
                        std::future::pending().await
                    }
                }
            };
            tokio::select! {
                () = again => {}
                changed = snapshots.changed() => if changed.is_err() {
                    return;
                },
            }
        }
    }

    async fn look_at(&mut self, snapshot: &Snapshot) {
        let Some(entry) = snapshot.entries.get(CURRENT) else {
            if self.table.load().is_some() && !self.state.borrow().from_disk {
                self.keep_old("missing", vec![Problem::new("", "table-missing", "the registry has no table any more")]);
            }
            return;
        };
        {
            let state = self.state.borrow();
            if state.revision == Some(entry.revision) && !state.from_disk && state.problems.is_empty() {
                return;
            }
        }
        let read = read(&entry.value).map_err(|why| Problems(vec![Problem::new("", "table-unreadable", why)]));
        match read.and_then(|table| Ok((compile(&table, entry.revision, &self.catalogue, &self.drivers)?, table))) {
            Ok((compiled, table)) => {
                // A service that nobody asked for before is not known at once; its first requests would be refused.
                if tokio::time::timeout(SETTLE, compiled.ready()).await.is_err() {
                    log::warn!("table: plugins not ready after {SETTLE:?}, activating the table anyway");
                }
                self.put_in_force(compiled, false);
                self.uncopied = Some((table, entry.revision));
            }
            Err(Problems(problems)) => self.keep_old("refused", problems),
        }
    }

    fn put_in_force(&self, compiled: Compiled, from_disk: bool) {
        let (revision, routes) = (compiled.revision, compiled.routes.len());
        self.table.store(Some(Arc::new(compiled)));
        self.drivers.tools.metrics.table("loaded", Some(revision));
        self.state.send_replace(TableState { revision: Some(revision), from_disk, problems: Vec::new() });
        log::info!(revision = revision, routes = routes; "table: activated{}", if from_disk { ", from disk" } else { "" });
    }

    fn keep_old(&self, outcome: &str, problems: Vec<Problem>) {
        if self.state.borrow().problems == problems {
            return;
        }
        for problem in &problems {
            log::error!("table: the table in the registry is invalid, keeping the active one: {problem}");
        }
        self.drivers.tools.metrics.table(outcome, None);
        self.state.send_modify(|state| state.problems = problems);
    }

    /// Copies the table in force to disk, unless that is done. `false`: it has failed.
    fn copy_to_disk(&mut self) -> bool {
        let (Some(copy), Some((table, revision))) = (&self.copy, &self.uncopied) else { return true };
        match copy.write(table, *revision) {
            Ok(()) => {
                self.uncopied = None;
                true
            }
            Err(e) => {
                log::warn!(revision = *revision; "table: copy on disk not written, trying again: {e}");
                false
            }
        }
    }

    /// Writes the first table: the one on disk if the registry has lost it, else the one of the settings. Says whether that is settled.
    async fn write_first(&self) -> bool {
        let kept = self.copy.as_ref().and_then(Copy::read).map(|(table, _)| table);
        let good = kept.filter(|table| compile(table, 0, &self.catalogue, &self.drivers).is_ok());
        let comment = if good.is_some() { "The copy on disk: the registry had no table" } else { "The first table" };
        let Some(table) = good.or_else(|| (self.first == FirstTable::Market).then(market)) else {
            log::warn!("table: no table in the registry, waiting for the first publish");
            return true;
        };
        let by = Publication { author: crate::NAME.into(), comment: comment.into() };
        match publish(&*self.registry, &table, Expect::Absent, &by, Vec::new()).await {
            Ok(revision) => {
                log::info!(revision = revision; "table: no table in the registry, first one written");
                true
            }
            Err(e) if e.kind() == Kind::Stale => true,
            Err(e) => {
                log::warn!("table: first table not written, trying again: {}", e.chain());
                false
            }
        }
    }
}
