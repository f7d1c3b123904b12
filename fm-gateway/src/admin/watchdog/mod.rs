//! A publish that is watched: if the changed routes get worse than the editor allows, the table before is published again, by itself.
//!
//! The watch lies in the registry, written in the same commit as the table: the revision of its key is the revision that it watches. Every
//! gateway follows it, and the first one that is registered acts, so that another one goes on when that one dies. Whatever ends the watch
//! changes its key by compare-and-swap, so that it ends once.

mod limits;
mod run;

pub use {
    limits::{WatchLimits, WatchRequest},
    run::{INTERVAL, measure, run},
};

use super::{
    Admin, Ask,
    audit::{self, Event},
    document::Document,
};
use crate::table::{self, Publication, Table};
use fm_sdk::{
    Error, Kind, Result,
    registry::{Change, Expect},
    time::rfc3339,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

const KEY: &str = "/fm/gateway/watchdog";

/// A watch, or the last one that has ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Watch {
    /// The revision that is watched; that of its own key, as long as it watches.
    #[serde(default)]
    pub revision: i64,
    /// The revision that it would go back to, and that table in the form of the registry.
    pub base: i64,
    #[serde(default)]
    pub before: String,
    pub routes: Vec<String>,
    pub limits: WatchLimits,
    /// Who published, and when (RFC 3339).
    pub by: String,
    pub at: String,
    /// When it ends by itself, in milliseconds since the Unix epoch.
    pub ends: i64,
    /// How it has ended.
    #[serde(default)]
    pub ended: Option<Ended>,
}

/// How a watch has ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    pub outcome: Outcome,
    pub reason: String,
    /// `watchdog`, or who has ended it.
    pub by: String,
    pub at: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    Kept,
    RolledBack,
    /// Somebody else has published in between.
    StoodDown,
}

impl Outcome {
    /// The action in the audit log.
    fn action(self) -> &'static str {
        match self {
            Outcome::Kept => "watchdog.keep",
            Outcome::RolledBack => "watchdog.rollback",
            Outcome::StoodDown => "watchdog.stand-down",
        }
    }
}

/// Who ends a watch.
pub enum By<'a> {
    Operator(&'a Ask),
    Watchdog,
}

impl By<'_> {
    fn name(&self) -> Result<String> {
        match self {
            By::Operator(ask) => Ok(ask.caller()?.name.clone()),
            By::Watchdog => Ok("watchdog".into()),
        }
    }

    fn event(&self, action: &str, target: &str, before: Value, after: Value, now: i64) -> Event {
        let (at, action, target) = (rfc3339(now), action.to_owned(), target.to_owned());
        match self {
            By::Operator(ask) => ask.event(&action, &target, before, after),
            By::Watchdog => {
                Event { at, who: "watchdog".into(), means: "watchdog".into(), from: String::new(), action, target, before, after }
            }
        }
    }
}

impl Watch {
    /// A watch that begins with the commit of a publish.
    ///
    /// # Errors
    /// `Internal` if the table cannot be written.
    pub fn begin(ask: &Ask, request: &WatchRequest, base: i64, before: &Table, routes: Vec<String>) -> Result<Watch> {
        use fm_sdk::ResultExt;
        Ok(Watch {
            revision: 0,
            base,
            before: table::pack(serde_json::to_string(before).internal()?).internal()?,
            routes,
            limits: request.limits(),
            by: ask.caller()?.name.clone(),
            at: rfc3339(ask.now),
            ends: ask.now + request.seconds * 1000,
            ended: None,
        })
    }

    /// It still watches.
    pub fn is_active(&self) -> bool {
        self.ended.is_none()
    }
}

impl Admin {
    /// The watch, or the last one that has ended; with the revision that it watches.
    ///
    /// # Errors
    /// Those of the registry.
    pub async fn watch(&self) -> Result<Option<Watch>> {
        Ok(self.watch_document().await?.value)
    }

    async fn watch_document(&self) -> Result<Document<Option<Watch>>> {
        let mut document = Document::<Option<Watch>>::load(&*self.registry, KEY).await?;
        let revision = document.revision();
        if let Some(watch) = document.value.as_mut().filter(|watch| watch.is_active()) {
            watch.revision = revision;
        }
        Ok(document)
    }

    /// The change that begins a watch in the commit of a publish, and the revision of a watch that it replaces.
    ///
    /// # Errors
    /// Those of the registry.
    pub async fn begin_watch(&self, watch: Watch) -> Result<(Change, Option<i64>)> {
        let mut document = self.watch_document().await?;
        let replaced = document.value.replace(watch).filter(Watch::is_active).map(|watch| watch.revision);
        Ok((document.change()?, replaced))
    }

    /// Ends the watch of `revision`; with [`Outcome::RolledBack`] the table before is published again, in the same commit. Gives the
    /// revision in force.
    ///
    /// # Errors
    /// `Conflict`, code `watch-over`, if it has ended already; `Stale`, code `table-changed`, if somebody has published in between; those of
    /// the registry.
    pub async fn end_watch(&self, revision: i64, outcome: Outcome, reason: String, by: By<'_>) -> Result<i64> {
        let over = || Error::new(Kind::Conflict, "watch-over", "the watch has ended already");
        let mut document = self.watch_document().await?;
        let mut watch = document.value.take().filter(|watch| watch.is_active() && watch.revision == revision).ok_or_else(over)?;
        let (name, now) = (by.name()?, self.clock.now_ms());
        watch.ended = Some(Ended { outcome, reason: reason.clone(), by: name.clone(), at: rfc3339(now) });
        let before = std::mem::take(&mut watch.before);
        let base = watch.base;
        document.value = Some(watch);
        let told = by.event(outcome.action(), "table", json!({"revision": revision}), json!({"reason": reason, "base": base}), now);
        let mut changes = audit::changes(&*self.registry, &told).await?;
        changes.push(document.change()?);
        let ended = match outcome {
            Outcome::RolledBack => {
                let table = table::read(&before).map_err(|why| Error::new(Kind::Invalid, "table-unreadable", why))?;
                let comment = format!("Roll back revision {revision}: {reason}");
                let publication = Publication { author: name, comment };
                table::publish(&*self.registry, &table, Expect::Revision(revision), &publication, changes).await
            }
            Outcome::Kept | Outcome::StoodDown => self.registry.commit(changes).await.map(|_| revision),
        };
        match ended {
            Err(e) if e.kind() == Kind::Stale => {
                // Somebody was faster: with the watch, or with the table.
                let still = self.watch().await?.is_some_and(|watch| watch.is_active() && watch.revision == revision);
                Err(if still { Error::new(Kind::Stale, "table-changed", "somebody has published in between") } else { over() })
            }
            other => other,
        }
    }
}
