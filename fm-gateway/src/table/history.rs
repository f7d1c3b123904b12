//! The versions that were in force, each with its author and comment.
//!
//! A version is written in the same commit as the table itself, so the registry's revision of its key is the revision of the table. What is
//! listed (small) and the table (large) have keys of their own.

use super::{Table, publish::read};
use fm_sdk::{
    Error, Kind, Result, ResultExt,
    registry::{Change, Expect, Registry},
    time,
};
use serde::{Deserialize, Serialize};

/// How many versions are kept.
pub const MAX_VERSIONS: usize = 100;
/// How many old versions one publish removes at most: a commit has a limit.
const MAX_REMOVED: usize = 20;
const DESCRIPTIONS: &str = "/fm/gateway/history/version/";
const TABLES: &str = "/fm/gateway/history/table/";

/// Who publishes a table, and why.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Publication {
    pub author: String,
    pub comment: String,
}

/// One version of the table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// The revision that the table had.
    #[serde(default)]
    pub revision: i64,
    /// RFC 3339.
    pub at: String,
    pub author: String,
    #[serde(default)]
    pub comment: String,
    pub routes: usize,
}

/// Gives the versions, newest first.
///
/// # Errors
/// `Unavailable` if the registry is unreachable.
pub async fn list(registry: &dyn Registry) -> Result<Vec<Version>> {
    Ok(entries(registry).await?.into_iter().map(|(_, version)| version).collect())
}

/// Gives one version and its table; `None` if it is not kept.
///
/// # Errors
/// `Unavailable` if the registry is unreachable; `Invalid`, code `table-unreadable`, if it is damaged.
pub async fn get(registry: &dyn Registry, revision: i64) -> Result<Option<(Version, Table)>> {
    let Some((id, version)) = entries(registry).await?.into_iter().find(|(_, v)| v.revision == revision) else { return Ok(None) };
    let key = format!("{TABLES}{id}");
    let snapshot = registry.list(&key).await?;
    let Some(entry) = snapshot.entries.get(&key) else { return Ok(None) };
    let table = read(&entry.value).map_err(|why| Error::new(Kind::Invalid, "table-unreadable", why))?;
    Ok(Some((version, table)))
}

/// The changes that keep a version and remove the oldest ones beyond [`MAX_VERSIONS`].
pub(super) async fn changes(registry: &dyn Registry, table: &Table, value: &str, by: &Publication) -> Result<Vec<Change>> {
    let now = time::now_ms();
    let id = format!("{now:015}-{:08x}", rand::random::<u32>());
    let version =
        Version { revision: 0, at: time::rfc3339(now), author: by.author.clone(), comment: by.comment.clone(), routes: table.routes.len() };
    let put = |key: String, value: Option<String>| Change { key, expect: Expect::Any, value };
    let mut changes = vec![
        put(format!("{DESCRIPTIONS}{id}"), Some(serde_json::to_string(&version).internal()?)),
        put(format!("{TABLES}{id}"), Some(value.to_owned())),
    ];
    for (old, _) in entries(registry).await?.into_iter().skip(MAX_VERSIONS - 1).take(MAX_REMOVED) {
        changes.push(put(format!("{DESCRIPTIONS}{old}"), None));
        changes.push(put(format!("{TABLES}{old}"), None));
    }
    Ok(changes)
}

/// Ids and versions, newest first; what cannot be read is left out.
async fn entries(registry: &dyn Registry) -> Result<Vec<(String, Version)>> {
    let snapshot = registry.list(DESCRIPTIONS).await?;
    let mut entries: Vec<(String, Version)> = snapshot
        .entries
        .into_iter()
        .filter_map(|(key, entry)| {
            let version: Version = serde_json::from_str(&entry.value).ok()?;
            Some((key.strip_prefix(DESCRIPTIONS)?.to_owned(), Version { revision: entry.revision, ..version }))
        })
        .collect();
    entries.sort_by_key(|(_, version)| std::cmp::Reverse(version.revision));
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{market, publish};
    use fm_sdk::registry::MemoryRegistry;

    fn by(comment: impl Into<String>) -> Publication {
        Publication { author: "ann".into(), comment: comment.into() }
    }

    #[tokio::test]
    async fn every_publish_keeps_a_version_with_the_revision_of_the_table() {
        let registry = MemoryRegistry::new();
        let first = publish(&registry, &market(), Expect::Absent, &by("first"), Vec::new()).await.unwrap();
        let mut changed = market();
        changed.routes.pop();
        let second = publish(&registry, &changed, Expect::Revision(first), &by("second"), Vec::new()).await.unwrap();
        let versions = list(&registry).await.unwrap();
        let comments: Vec<_> = versions.iter().map(|v| (v.revision, v.comment.as_str())).collect();
        assert_eq!(comments, [(second, "second"), (first, "first")]);
        assert_eq!(get(&registry, first).await.unwrap().unwrap().1, market());
        assert_eq!(get(&registry, second).await.unwrap().unwrap().1, changed);
        assert!(get(&registry, second + 1).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn a_publish_that_comes_too_late_leaves_no_version() {
        let registry = MemoryRegistry::new();
        let first = publish(&registry, &market(), Expect::Absent, &by("first"), Vec::new()).await.unwrap();
        let late = publish(&registry, &market(), Expect::Revision(first - 1), &by("late"), Vec::new()).await.unwrap_err();
        assert_eq!(late.kind(), Kind::Stale);
        assert_eq!(list(&registry).await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn the_number_of_versions_is_bounded() {
        let registry = MemoryRegistry::new();
        for n in 0..MAX_VERSIONS + 5 {
            publish(&registry, &market(), Expect::Any, &by(n.to_string()), Vec::new()).await.unwrap();
        }
        let versions = list(&registry).await.unwrap();
        assert_eq!(versions.len(), MAX_VERSIONS);
        assert_eq!(versions[0].comment, (MAX_VERSIONS + 4).to_string());
        assert_eq!(registry.list(TABLES).await.unwrap().entries.len(), MAX_VERSIONS);
    }
}
