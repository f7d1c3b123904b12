//! The table as operators change it: checked, recorded, never over somebody else's change.

use super::{
    Admin, Ask, audit,
    history::{RouteChange, diff},
    secrets,
    watchdog::{Watch, WatchRequest},
};
use crate::table::{self, CURRENT, Problem, Publication, Table};
use fm_sdk::{Error, FieldError, Kind, Result, registry::Expect, time::rfc3339};
use serde_json::{Value, json};
use std::sync::Arc;

/// The longest comment of a publish, in characters.
const MAX_COMMENT: usize = 500;

impl Admin {
    /// The table in the registry and its revision; an empty one and 0 if there is none.
    ///
    /// # Errors
    /// Those of the registry; `Invalid`, code `table-unreadable`.
    pub async fn current(&self) -> Result<(Arc<Table>, i64)> {
        let snapshot = self.registry.list(CURRENT).await?;
        let Some(entry) = snapshot.entries.get(CURRENT) else {
            return Ok((Arc::new(Table::empty()), 0));
        };
        let table = self.tables.parse(&entry.value).map_err(|why| Error::new(Kind::Invalid, "table-unreadable", why))?;
        Ok((table, entry.revision))
    }

    /// A table that was in force, with its description.
    ///
    /// # Errors
    /// `NotFound`, code `version-unknown`.
    pub async fn version(&self, revision: i64) -> Result<(table::Version, Table)> {
        table::history::get(&*self.registry, revision).await?.ok_or_else(|| Error::not_found("version-unknown"))
    }

    /// All that is wrong with a table that came in; secrets are put back in it.
    ///
    /// # Errors
    /// Those of the registry.
    pub async fn problems(&self, table: &mut Table, original: &Table) -> Result<Vec<Problem>> {
        let mut problems = secrets::unmask(table, original);
        problems.extend_from_slice(&self.tables.problems(&Arc::new(table.clone())).await?);
        Ok(problems)
    }

    /// Puts a table into force on all nodes, if `base` is still the revision of the one there, and gives the new revision.
    ///
    /// # Errors
    /// `Stale`, code `table-changed`, if somebody else was faster; `Invalid`, code `table-invalid`, with all that is wrong.
    pub async fn publish(&self, ask: &Ask, action: &str, table: Table, base: i64, comment: &str) -> Result<i64> {
        self.publish_watched(ask, action, table, base, comment, None).await
    }

    /// Does the same, and lets the watchdog roll it back.
    ///
    /// # Errors
    /// Those of [`Admin::publish`]; `Invalid`, for a watch that watches nothing.
    pub async fn publish_watched(
        &self,
        ask: &Ask,
        action: &str,
        mut table: Table,
        base: i64,
        comment: &str,
        watch: Option<&WatchRequest>,
    ) -> Result<i64> {
        watch.map_or(Ok(()), WatchRequest::check)?;
        if comment.chars().count() > MAX_COMMENT || comment.contains(|c: char| c.is_control() && c != '\n') {
            return Err(Error::field("comment", format!("must have at most {MAX_COMMENT} characters, none of them control characters")));
        }
        let (current, revision) = self.current().await?;
        if revision != base {
            return Err(self.changed(revision).await);
        }
        let problems = self.problems(&mut table, &current).await?;
        if !problems.is_empty() {
            return Err(invalid(problems));
        }
        let changes = diff(&current, &table);
        let summary: Vec<String> = changes.iter().map(RouteChange::summary).collect();
        let mut after = json!({"comment": comment, "changes": summary});
        let mut begin = None;
        if let Some(watch) = watch {
            let watch = Watch::begin(ask, watch, base, &current, watched(&changes, &table))?;
            let (limits, ends) = (json!(watch.limits), rfc3339(watch.ends));
            let (change, replaced) = self.begin_watch(watch).await?;
            after["watchdog"] = json!({"limits": limits, "ends": ends, "replaces": replaced});
            begin = Some(change);
        }
        let event = ask.event(action, "table", json!({"revision": base}), after);
        let mut also = audit::changes(&*self.registry, &event).await?;
        also.extend(begin);
        let expect = if base == 0 { Expect::Absent } else { Expect::Revision(base) };
        let by = Publication { author: ask.caller()?.name.clone(), comment: comment.into() };
        match table::publish(&*self.registry, &table, expect, &by, also).await {
            Err(e) if e.kind() == Kind::Stale => Err(self.changed(self.current().await?.1).await),
            published => published,
        }
    }

    /// The error of a change of another revision than that in force, with who was faster.
    pub(super) async fn changed(&self, revision: i64) -> Error {
        let versions = table::history::list(&*self.registry).await.unwrap_or_default();
        let by = versions.iter().find(|v| v.revision == revision).map(|v| format!(", by {} at {}", v.author, v.at)).unwrap_or_default();
        Error::new(Kind::Stale, "table-changed", format!("the table was changed in between: it has revision {revision} now{by}"))
    }
}

/// The routes that a publish changes; all, if it only removes some.
fn watched(changes: &[RouteChange], table: &Table) -> Vec<String> {
    let changed: Vec<String> = changes.iter().filter(|change| change.kind != "removed").map(|change| change.id.clone()).collect();
    if changed.is_empty() { table.routes.iter().map(|route| route.id.clone()).collect() } else { changed }
}

/// An error that names all that is wrong with a table.
pub fn invalid(problems: Vec<Problem>) -> Error {
    let list = problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
    let fields = problems.into_iter().map(|p| FieldError { field: p.at, message: format!("{} [{}]", p.message, p.code) });
    Error::new(Kind::Invalid, "table-invalid", list).with_fields(fields.collect())
}

/// A table as operators see it.
pub fn shown(table: &Table) -> Value {
    serde_json::to_value(secrets::mask(table)).unwrap_or_default()
}
