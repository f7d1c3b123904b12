//! Scopes that services define themselves, and which roles have them: `/fm/identity/scopes/<service>/table`.
//!
//! A service writes only below its own name, and its scopes begin with it (`fm-notes:write`), so none can give away what another one
//! guards. The issuer checks it too: it believes no table.

use crate::{
    Result, ResultExt,
    registry::{Change, Expect, Registry, Snapshot},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};
use tokio::sync::watch;

pub(crate) const SCOPES: &str = "/fm/identity/scopes/";
/// Scopes that one service may define.
pub(crate) const MAX_SCOPES: usize = 16;
/// Characters after the service's name and the colon.
const MAX_NAME: usize = 32;
/// Bytes of one token that defined scopes may take; a token must stay well below its greatest length.
const MAX_BYTES: usize = 1024;

/// A scope, and the roles that have it.
pub(crate) type ScopeTable = BTreeMap<String, BTreeSet<String>>;

/// Whether the service may define the scope: `<service>:<name>`, the name of lower-case letters, digits and `-`.
pub(crate) fn is_own(service: &str, scope: &str) -> bool {
    let name = scope.strip_prefix(service).and_then(|rest| rest.strip_prefix(':'));
    name.is_some_and(|n| (1..=MAX_NAME).contains(&n.len()) && n.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'))
}

/// Writes the scopes of a service, unless they are there.
pub(crate) async fn publish(registry: &dyn Registry, service: &str, table: &ScopeTable) -> Result<()> {
    let (key, value) = (format!("{SCOPES}{service}/table"), serde_json::to_string(table).internal()?);
    let there = registry.list(&format!("{SCOPES}{service}/")).await?;
    if there.entries.get(&key).is_some_and(|entry| entry.value == value) {
        return Ok(());
    }
    registry.commit(vec![Change { key, expect: Expect::Any, value: Some(value) }]).await.map(drop)
}

/// The scopes that all services define, followed.
pub(crate) struct DefinedScopes {
    snapshots: watch::Receiver<Arc<Snapshot>>,
}

impl DefinedScopes {
    pub fn follow(registry: &dyn Registry) -> Self {
        DefinedScopes { snapshots: registry.watch(SCOPES) }
    }

    /// What somebody with these roles may do, in the order of the services' names.
    pub fn of<R: AsRef<str>>(&self, roles: &[R]) -> Vec<String> {
        let snapshot = self.snapshots.borrow().clone();
        let (mut all, mut bytes) = (Vec::new(), 0);
        for (key, entry) in &snapshot.entries {
            let Some(service) = key.strip_prefix(SCOPES).and_then(|rest| rest.strip_suffix("/table")) else { continue };
            let Ok(table) = serde_json::from_str::<ScopeTable>(&entry.value) else {
                log::warn!(service; "identity: the scopes of a service cannot be read, nobody gets them");
                continue;
            };
            let own = table.into_iter().filter(|(scope, _)| is_own(service, scope)).take(MAX_SCOPES);
            for (scope, _) in own.filter(|(_, of)| roles.iter().any(|role| of.contains(role.as_ref()))) {
                bytes += scope.len() + 1;
                if bytes > MAX_BYTES {
                    log::warn!(service; "identity: services define more scopes than a token can carry, the rest is left out");
                    return all;
                }
                all.push(scope);
            }
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::MemoryRegistry;

    fn table(scopes: &[(&str, &[&str])]) -> ScopeTable {
        scopes.iter().map(|(scope, roles)| (scope.to_string(), roles.iter().map(ToString::to_string).collect())).collect()
    }

    async fn defined(tables: &[(&str, ScopeTable)]) -> DefinedScopes {
        let registry = MemoryRegistry::new();
        let defined = DefinedScopes::follow(&registry);
        for (service, table) in tables {
            publish(&registry, service, table).await.unwrap();
        }
        defined
    }

    #[test]
    fn a_service_owns_only_scopes_that_begin_with_its_name() {
        for own in ["fm-notes:write", "fm-notes:a", "fm-notes:read-2"] {
            assert!(is_own("fm-notes", own), "{own}");
        }
        let long = format!("fm-notes:{}", "a".repeat(MAX_NAME + 1));
        for foreign in ["users:admin", "fm-notes", "fm-notes:", "fm-notes2:write", "fm-notes:Write", "fm-notes:a b", "fm-notes:a:b", &long]
        {
            assert!(!is_own("fm-notes", foreign), "{foreign}");
        }
    }

    #[actix_rt::test]
    async fn roles_have_the_scopes_that_services_give_them() {
        let notes = table(&[("fm-notes:write", &["user", "admin"]), ("fm-notes:moderate", &["admin"])]);
        let defined = defined(&[("fm-notes", notes), ("fm-ads", table(&[("fm-ads:book", &["dealer"])]))]).await;
        assert_eq!(defined.of(&["user"]), ["fm-notes:write"]);
        assert_eq!(defined.of(&["dealer", "admin"]), ["fm-ads:book", "fm-notes:moderate", "fm-notes:write"]);
        assert!(defined.of(&["ghost"]).is_empty() && defined.of::<&str>(&[]).is_empty());
    }

    #[actix_rt::test]
    async fn a_table_gives_away_nothing_that_belongs_to_others() {
        let greedy =
            table(&[("users:admin", &["user"]), ("fm-cars:write", &["user"]), ("fm-evil:a b", &["user"]), ("fm-evil:x", &["user"])]);
        assert_eq!(defined(&[("fm-evil", greedy)]).await.of(&["user"]), ["fm-evil:x"]);
    }

    #[actix_rt::test]
    async fn a_table_that_cannot_be_read_hides_no_other() {
        let registry = MemoryRegistry::new();
        let defined = DefinedScopes::follow(&registry);
        let junk = |service: &str| Change { key: format!("{SCOPES}{service}/table"), expect: Expect::Any, value: Some("[1".into()) };
        registry.commit(vec![junk("fm-a")]).await.unwrap();
        publish(&registry, "fm-b", &table(&[("fm-b:x", &["user"])])).await.unwrap();
        assert_eq!(defined.of(&["user"]), ["fm-b:x"]);
    }

    #[actix_rt::test]
    async fn scopes_that_fill_a_token_are_left_out() {
        let many = |service: &str| {
            let names: Vec<_> = (0..99).map(|n| format!("{service}:{n:032}")).collect();
            names.into_iter().map(|scope| (scope, BTreeSet::from(["user".to_owned()]))).collect::<ScopeTable>()
        };
        let one = defined(&[("fm-a", many("fm-a"))]).await;
        assert_eq!(one.of(&["user"]).len(), MAX_SCOPES);
        let services = ["fm-a", "fm-b", "fm-c", "fm-d"];
        let all = defined(&services.map(|service| (service, many(service)))).await;
        assert!(all.of(&["user"]).join(" ").len() <= MAX_BYTES);
    }

    #[actix_rt::test]
    async fn a_change_counts_for_the_next_token() {
        let registry = MemoryRegistry::new();
        let defined = DefinedScopes::follow(&registry);
        for roles in [&["user"][..], &["admin"]] {
            publish(&registry, "fm-notes", &table(&[("fm-notes:write", roles)])).await.unwrap();
            assert_eq!(defined.of(roles), ["fm-notes:write"]);
        }
        assert!(defined.of(&["user"]).is_empty());
    }
}
