//! Who is signed in: sessions in the registry, so that every node knows them. Only the hash of a session's id is kept.

mod caller;
mod cookie;
mod origin;
mod secret;
pub mod tokens;

pub use crate::credentials::Throttle;
pub use caller::{Caller, Means};
pub use cookie::{COOKIE, cookie, no_cookie};
pub use origin::check_origin;
pub use secret::{Secret, is_same};

use super::{audit::Event, users::User};
use fm_sdk::{
    Result, ResultExt,
    registry::{Change, Expect, Registry},
    time,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

const PREFIX: &str = "/fm/gateway/admin/sessions/";
/// A session ends when nothing was asked for so long.
pub const IDLE: Duration = Duration::from_secs(30 * 60);
/// A session ends then, whatever happens.
pub const LIFETIME: Duration = Duration::from_secs(12 * 3600);
/// The last use of a session is written at most so often.
const TOUCH: Duration = Duration::from_secs(60);
/// How many sessions a user may have; the oldest one ends when there is another.
const MAX_PER_USER: usize = 20;
/// How many ended sessions a sign-in removes at most: a commit has a limit.
const MAX_REMOVED: usize = 60;
/// Length of the prefix of a session's hash that identifies it in lists.
const ID_LENGTH: usize = 16;

/// A session as kept in the registry.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Session {
    pub user: String,
    /// That of the user when the session began.
    pub generation: String,
    /// Milliseconds since the Unix epoch.
    pub created: i64,
    pub used: i64,
    pub from: String,
    pub agent: String,
}

impl Session {
    fn is_valid(&self, now: i64) -> bool {
        let within = |since: i64, limit: Duration| now - since < limit.as_millis() as i64;
        within(self.used, IDLE) && within(self.created, LIFETIME)
    }
}

/// A session as its user sees it.
#[derive(Clone, Debug, Serialize)]
pub struct Listed {
    pub id: String,
    pub created: String,
    pub used: String,
    pub from: String,
    pub agent: String,
    pub current: bool,
}

/// Begins a session and gives its id, which is nowhere else.
///
/// # Errors
/// Those of the registry.
pub async fn begin(registry: &dyn Registry, user: &User, from: &str, agent: &str, now: i64, event: &Event) -> Result<Secret> {
    let secret = Secret::random();
    let session = Session {
        user: user.name.clone(),
        generation: user.generation.clone(),
        created: now,
        used: now,
        from: from.into(),
        agent: agent.chars().take(200).collect(),
    };
    let mut changes = vec![Change {
        key: format!("{PREFIX}{}", secret.hash()),
        expect: Expect::Absent,
        value: Some(serde_json::to_string(&session).internal()?),
    }];
    let all = all(registry).await?;
    let mut own: Vec<_> = all.iter().filter(|(_, s, _)| s.user == user.name && s.is_valid(now)).collect();
    own.sort_by_key(|(_, s, _)| std::cmp::Reverse(s.created));
    let ended = all.iter().filter(|(_, s, _)| !s.is_valid(now)).chain(own.into_iter().skip(MAX_PER_USER - 1));
    changes.extend(ended.take(MAX_REMOVED).map(|(key, ..)| remove(key)));
    super::audit::commit(registry, event, changes).await?;
    Ok(secret)
}

/// Gives the session of an id, if it is valid, and notes that it is used.
///
/// # Errors
/// Those of the registry.
pub async fn find(registry: &dyn Registry, secret: &Secret, now: i64) -> Result<Option<Session>> {
    let key = format!("{PREFIX}{}", secret.hash());
    let snapshot = registry.list(&key).await?;
    let Some(entry) = snapshot.entries.get(&key) else { return Ok(None) };
    let session: Session = serde_json::from_str(&entry.value).internal()?;
    if !session.is_valid(now) {
        return Ok(None);
    }
    if now - session.used >= TOUCH.as_millis() as i64 {
        let value = serde_json::to_string(&Session { used: now, ..session.clone() }).internal()?;
        // Not an unconditional write: it would bring back a session that ends at this moment.
        let touch = Change { key, expect: Expect::Revision(entry.revision), value: Some(value) };
        if let Err(e) = registry.commit(vec![touch]).await {
            log::debug!("admin: last use of a session not recorded: {}", e.chain());
        }
    }
    Ok(Some(session))
}

/// Lists the valid sessions of a user, newest first.
///
/// # Errors
/// Those of the registry.
pub async fn of_user(registry: &dyn Registry, user: &User, current: Option<&str>, now: i64) -> Result<Vec<Listed>> {
    let mut own: Vec<_> = all(registry).await?;
    own.retain(|(_, s, _)| s.user == user.name && s.generation == user.generation && s.is_valid(now));
    own.sort_by_key(|(_, s, _)| std::cmp::Reverse(s.created));
    let listed = own.into_iter().map(|(key, session, _)| {
        let hash = key.strip_prefix(PREFIX).unwrap_or_default();
        Listed {
            id: hash.chars().take(ID_LENGTH).collect(),
            created: time::rfc3339(session.created),
            used: time::rfc3339(session.used),
            from: session.from,
            agent: session.agent,
            current: current == Some(hash),
        }
    });
    Ok(listed.collect())
}

/// The change that ends a session of a user, by its id in the list; `None` if there is none.
///
/// # Errors
/// Those of the registry.
pub async fn end_listed(registry: &dyn Registry, user: &str, id: &str) -> Result<Option<Change>> {
    let found = all(registry).await?.into_iter().find(|(key, session, _)| {
        session.user == user && id.len() == ID_LENGTH && key.strip_prefix(PREFIX).is_some_and(|hash| hash.starts_with(id))
    });
    Ok(found.map(|(key, ..)| remove(&key)))
}

/// The change that ends the session with this hash.
pub fn end(hash: &str) -> Change {
    remove(&format!("{PREFIX}{hash}"))
}

fn remove(key: &str) -> Change {
    Change { key: key.into(), expect: Expect::Any, value: None }
}

async fn all(registry: &dyn Registry) -> Result<Vec<(String, Session, i64)>> {
    let entries = registry.list(PREFIX).await?.entries;
    Ok(entries.into_iter().filter_map(|(key, entry)| Some((key, serde_json::from_str(&entry.value).ok()?, entry.revision))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::users::Role;
    use fm_sdk::registry::MemoryRegistry;

    const START: i64 = 1_700_000_000_000;

    fn ann() -> User {
        let text = String::new;
        User { name: "ann".into(), role: Role::Viewer, active: true, hash: text(), must_change: false, generation: text(), created: text() }
    }

    async fn begin_at(registry: &MemoryRegistry, now: i64) -> Secret {
        begin(registry, &ann(), "127.0.0.1", "test", now, &Event::of_command_line("ann", "session.begin", "")).await.unwrap()
    }

    #[tokio::test]
    async fn a_session_ends_when_it_is_idle_and_after_its_lifetime() {
        let registry = MemoryRegistry::new();
        let secret = begin_at(&registry, START).await;
        let (idle, lifetime) = (IDLE.as_millis() as i64, LIFETIME.as_millis() as i64);
        let mut now = START;
        while now < START + lifetime {
            assert!(find(&registry, &secret, now).await.unwrap().is_some(), "{now}");
            now += idle - 1;
        }
        assert!(find(&registry, &secret, START + lifetime).await.unwrap().is_none());
        let other = begin_at(&registry, START).await;
        assert!(find(&registry, &other, START + idle).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn the_registry_does_not_know_the_id_of_a_session() {
        let registry = MemoryRegistry::new();
        let secret = begin_at(&registry, START).await;
        for (key, entry) in registry.list("/").await.unwrap().entries {
            assert!(!key.contains(secret.expose()) && !entry.value.contains(secret.expose()), "{key}");
        }
        assert!(find(&registry, &Secret::random(), START).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn sessions_of_a_user_are_bounded_and_ended_ones_are_removed() {
        let registry = MemoryRegistry::new();
        let first = begin_at(&registry, START).await;
        for n in 1..=MAX_PER_USER as i64 {
            begin_at(&registry, START + n).await;
        }
        assert!(find(&registry, &first, START + 100).await.unwrap().is_none());
        assert_eq!(all(&registry).await.unwrap().len(), MAX_PER_USER);
        begin_at(&registry, START + LIFETIME.as_millis() as i64 * 2).await;
        assert_eq!(all(&registry).await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn a_session_that_was_ended_is_not_valid() {
        let registry = MemoryRegistry::new();
        let secret = begin_at(&registry, START).await;
        let listed = of_user(&registry, &ann(), Some(&secret.hash()), START).await.unwrap();
        assert!(listed.len() == 1 && listed[0].current);
        assert!(end_listed(&registry, "bob", &listed[0].id).await.unwrap().is_none());
        let change = end_listed(&registry, "ann", &listed[0].id).await.unwrap().unwrap();
        registry.commit(vec![change]).await.unwrap();
        assert!(find(&registry, &secret, START).await.unwrap().is_none());
    }
}
