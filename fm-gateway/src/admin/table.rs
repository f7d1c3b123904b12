//! The table as operators change it: checked, recorded, never over somebody else's change.

use super::{
    Admin, Ask, audit,
    history::{RouteChange, diff},
    secrets,
};
use crate::table::{self, FORMAT, Problem, Publication, Table};
use fm_sdk::{Error, FieldError, Kind, Result, registry::Expect};
use serde_json::{Value, json};

/// The longest comment of a publish, in characters.
const MAX_COMMENT: usize = 500;

impl Admin {
    /// The table in the registry and its revision; an empty one and 0 if there is none.
    ///
    /// # Errors
    /// Those of the registry; `Invalid`, code `table-unreadable`.
    pub async fn current(&self) -> Result<(Table, i64)> {
        let found = table::fetch(&*self.registry).await?;
        Ok(found.unwrap_or((Table { format: FORMAT, note: String::new(), routes: Vec::new() }, 0)))
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
        problems.extend(self.check(table).await?.err().into_iter().flat_map(|p| p.0));
        Ok(problems)
    }

    /// Puts a table into force on all nodes, if `base` is still the revision of the one there, and gives the new revision.
    ///
    /// # Errors
    /// `Stale`, code `table-changed`, if somebody else was faster; `Invalid`, code `table-invalid`, with all that is wrong.
    pub async fn publish(&self, ask: &Ask, action: &str, mut table: Table, base: i64, comment: &str) -> Result<i64> {
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
        let summary: Vec<String> = diff(&current, &table).iter().map(RouteChange::summary).collect();
        let event = ask.event(action, "table", json!({"revision": base}), json!({"comment": comment, "changes": summary}));
        let also = audit::changes(&*self.registry, &event).await?;
        let expect = if base == 0 { Expect::Absent } else { Expect::Revision(base) };
        let by = Publication { author: ask.caller()?.name.clone(), comment: comment.into() };
        match table::publish(&*self.registry, &table, expect, &by, also).await {
            Err(e) if e.kind() == Kind::Stale => Err(self.changed(self.current().await?.1).await),
            published => published,
        }
    }

    async fn changed(&self, revision: i64) -> Error {
        let versions = table::history::list(&*self.registry).await.unwrap_or_default();
        let by = versions.iter().find(|v| v.revision == revision).map(|v| format!(", by {} at {}", v.author, v.at)).unwrap_or_default();
        Error::new(Kind::Stale, "table-changed", format!("the table was changed in between: it has revision {revision} now{by}"))
    }
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
