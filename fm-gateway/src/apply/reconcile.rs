//! Brings the table in the registry to what is wanted.

use crate::{
    admin::audit,
    table::{self, Publication, Table},
    trial::{TableDiff, diff},
};
use fm_sdk::{
    Error, Kind, Result,
    registry::{Expect, Registry},
};

/// How often somebody else may publish in between.
const MAX_ATTEMPTS: usize = 5;

/// What had to be done.
#[derive(Clone, Debug, PartialEq)]
pub enum Applied {
    /// Nothing differs from the table of this revision.
    Unchanged(i64),
    /// It was published.
    Published { revision: i64, diff: TableDiff },
}

/// Publishes a table that was checked, if anything in the one in force differs from it.
///
/// # Errors
/// Those of the registry; `Stale`, if others publish all the time.
pub async fn apply(registry: &dyn Registry, wanted: &Table, by: &Publication) -> Result<Applied> {
    for _ in 0..MAX_ATTEMPTS {
        let (diff, expect) = match table::fetch(registry).await {
            Ok(Some((current, revision))) => {
                let diff = diff(&current, wanted);
                if diff.is_empty() {
                    return Ok(Applied::Unchanged(revision));
                }
                (diff, Expect::Revision(revision))
            }
            Ok(None) => (diff(&Table::empty(), wanted), Expect::Absent),
            // What is there is no table, and in force nowhere.
            Err(e) if e.code() == "table-unreadable" => (diff(&Table::empty(), wanted), Expect::Any),
            Err(e) => return Err(e),
        };
        let event = audit::Event::of_command_line(&by.author, "table.publish", &by.comment);
        let also = audit::changes(registry, &event).await?;
        match table::publish(registry, wanted, expect, by, also).await {
            Ok(revision) => return Ok(Applied::Published { revision, diff }),
            Err(e) if e.kind() == Kind::Stale => {}
            Err(e) => return Err(e),
        }
    }
    Err(Error::new(Kind::Stale, "table-stale", "others publish all the time"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use fm_sdk::registry::{Change, MemoryRegistry};
    use serde_json::json;

    fn of(id: &str) -> Table {
        let route = json!({"id": id, "path": "/", "public": true, "plugins": [{"plugin": "respond"}]});
        serde_json::from_value(json!({"format": 1, "routes": [route]})).unwrap()
    }

    fn author() -> Publication {
        Publication { author: "pipeline".into(), comment: "from files".into() }
    }

    #[actix_rt::test]
    async fn only_what_differs_is_published() {
        let registry = MemoryRegistry::new();
        let Applied::Published { revision, diff } = apply(&registry, &of("a"), &author()).await.unwrap() else { panic!("it is new") };
        assert_eq!(diff.added[0].id, "a");
        assert_eq!(apply(&registry, &of("a"), &author()).await.unwrap(), Applied::Unchanged(revision));
        let Applied::Published { revision: next, diff } = apply(&registry, &of("b"), &author()).await.unwrap() else {
            panic!("it differs")
        };
        assert!(next > revision);
        assert_eq!((diff.added[0].id.as_str(), diff.removed[0].id.as_str()), ("b", "a"));
        assert_eq!(table::fetch(&registry).await.unwrap(), Some((of("b"), next)));
    }

    #[actix_rt::test]
    async fn an_invalid_table_is_replaced() {
        let registry = MemoryRegistry::new();
        let broken = Change { key: table::CURRENT.into(), expect: Expect::Any, value: Some("{".into()) };
        registry.commit(vec![broken]).await.unwrap();
        assert!(matches!(apply(&registry, &of("a"), &author()).await.unwrap(), Applied::Published { .. }));
        assert_eq!(table::fetch(&registry).await.unwrap().unwrap().0, of("a"));
    }
}
