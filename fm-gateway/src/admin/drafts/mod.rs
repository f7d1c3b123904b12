//! The changes that an editor has not published yet: one draft for each, in the registry, so that it is there on any node.
//!
//! A draft has no effect on requests and belongs to one editor, so it is not in the audit log; its publish is, with all that it changed. Only a
//! change of many routes at once is recorded as such.

mod switch;

pub use switch::{Switched, switch_plugin, switch_routes};

use super::{Admin, Ask, audit, document::Document, history::RouteChange, sessions::Means, users::Role};
use crate::table::{Table, pack};
use fm_sdk::{Error, Kind, Result, ResultExt, registry::Change};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

const PREFIX: &str = "/fm/gateway/admin/drafts/";

#[derive(Serialize, Deserialize)]
struct Stored {
    /// The revision of the table that was changed.
    base: i64,
    /// That table, for differences and merges.
    before: String,
    table: String,
}

/// The table as one editor sees it: with own changes, or as it is in force.
pub struct Working {
    pub table: Arc<Table>,
    /// The table that was changed.
    pub before: Arc<Table>,
    /// Its revision.
    pub base: i64,
    /// The table in force, which somebody else may have published in between.
    pub current: Arc<Table>,
    pub revision: i64,
    /// The revision of the draft itself; 0 if there is none.
    pub mark: i64,
}

impl Working {
    /// Reads the draft of the caller.
    ///
    /// # Errors
    /// Those of the registry.
    pub async fn load(ask: &Ask) -> Result<Working> {
        let (current, revision) = ask.admin.current().await?;
        let draft = Document::<Option<Stored>>::load(&*ask.admin.registry, &key(ask)?).await?;
        let mark = draft.revision();
        let damaged = |why: String| Error::new(Kind::Invalid, "draft-unreadable", why);
        if let Some(stored) = &draft.value {
            let parse = |text: &str| ask.admin.tables.parse(text).map_err(damaged);
            let (before, table) = (parse(&stored.before)?, parse(&stored.table)?);
            if before != table {
                return Ok(Working { table, before, base: stored.base, current, revision, mark });
            }
        }
        Ok(Working::in_force(current, revision, mark))
    }

    /// The draft of an editor; who may not have one sees the table in force.
    ///
    /// # Errors
    /// Those of the registry.
    pub async fn seen_by(ask: &Ask) -> Result<Working> {
        if ask.caller()?.role >= Role::Editor {
            return Working::load(ask).await;
        }
        let (current, revision) = ask.admin.current().await?;
        Ok(Working::in_force(current, revision, 0))
    }

    fn in_force(current: Arc<Table>, revision: i64, mark: i64) -> Working {
        Working { table: current.clone(), before: current.clone(), base: revision, current, revision, mark }
    }

    /// What the editor has changed.
    pub fn changes(&self, admin: &Admin) -> Arc<[RouteChange]> {
        admin.tables.changes(&self.before, &self.table)
    }

    /// Whether somebody else has published since the editor began.
    pub fn is_outdated(&self) -> bool {
        self.base != self.revision
    }

    /// Keeps the draft, if it is still the one that was read with this mark.
    ///
    /// # Errors
    /// `Stale`, code `draft-changed`, if it was changed in another window.
    pub async fn save(&self, ask: &Ask, mark: i64) -> Result<()> {
        self.save_with(ask, mark, Vec::new()).await
    }

    /// Does the same, together with an entry of the audit log.
    ///
    /// # Errors
    /// Those of [`Working::save`].
    pub async fn save_recorded(&self, ask: &Ask, mark: i64, event: &audit::Event) -> Result<()> {
        self.save_with(ask, mark, audit::changes(&*ask.admin.registry, event).await?).await
    }

    async fn save_with(&self, ask: &Ask, mark: i64, also: Vec<Change>) -> Result<()> {
        let registry = &*ask.admin.registry;
        let mut draft = Document::<Option<Stored>>::load(registry, &key(ask)?).await?;
        let changed = || Error::new(Kind::Stale, "draft-changed", "your draft was changed in another window, load the page again");
        if draft.revision() != mark {
            return Err(changed());
        }
        let packed = |table: &Table| pack(serde_json::to_string(table).internal()?).internal();
        draft.value = Some(Stored { base: self.base, before: packed(&self.before)?, table: packed(&self.table)? });
        let changes = also.into_iter().chain([draft.change()?]).collect();
        match registry.commit(changes).await {
            Err(e) if e.kind() == Kind::Stale => Err(changed()),
            done => done.map(drop),
        }
    }
}

/// Removes the draft of the caller.
///
/// # Errors
/// Those of the registry.
pub async fn discard(ask: &Ask) -> Result<()> {
    let change = Change { key: key(ask)?, expect: fm_sdk::registry::Expect::Any, value: None };
    ask.admin.registry.commit(vec![change]).await.map(drop)
}

fn key(ask: &Ask) -> Result<String> {
    let caller = ask.caller()?;
    Ok(match &caller.means {
        Means::Session { .. } => format!("{PREFIX}user/{}", caller.name),
        Means::Token { id } => format!("{PREFIX}token/{id}"),
    })
}
