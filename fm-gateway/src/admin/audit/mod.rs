//! Who changed what. An entry is written in the same commit as its change: what cannot be recorded is not done.

use fm_sdk::{
    Result, ResultExt,
    registry::{Change, Expect, Registry},
    time,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How many entries are kept.
pub const MAX_EVENTS: usize = 1000;
/// How many old entries one change removes at most: a commit has a limit.
const MAX_REMOVED: usize = 20;
/// Longer values are cut.
const MAX_VALUE: usize = 2000;
/// Of a list in a value that is too long.
const MAX_ITEMS: usize = 20;
const PREFIX: &str = "/fm/gateway/admin/audit/";

/// One change that was made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// RFC 3339.
    pub at: String,
    pub who: String,
    /// `session`, `token <id>`, `sign-in`, `command line`.
    pub means: String,
    /// The client's address.
    pub from: String,
    /// `table.publish`, `user.create`.
    pub action: String,
    /// What it was done to.
    pub target: String,
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub before: Value,
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub after: Value,
}

impl Event {
    /// A change made with the program itself, by somebody who can reach the registry.
    pub fn of_command_line(who: &str, action: &str, comment: &str) -> Event {
        let after = if comment.is_empty() { Value::Null } else { comment.into() };
        Event {
            at: time::rfc3339(time::now_ms()),
            who: who.into(),
            means: "command line".into(),
            from: String::new(),
            action: action.into(),
            target: "table".into(),
            before: Value::Null,
            after,
        }
    }
}

/// The changes that write an entry and remove the oldest ones beyond [`MAX_EVENTS`].
///
/// # Errors
/// `Unavailable` if the registry is unreachable.
pub async fn changes(registry: &dyn Registry, event: &Event) -> Result<Vec<Change>> {
    let event = Event { before: shortened(&event.before), after: shortened(&event.after), ..event.clone() };
    let change = |key: String, value: Option<String>| Change { key, expect: Expect::Any, value };
    let id = format!("{:015}-{:08x}", time::now_ms(), rand::random::<u32>());
    let mut changes = vec![change(format!("{PREFIX}{id}"), Some(serde_json::to_string(&event).internal()?))];
    let mut kept: Vec<_> = registry.list(PREFIX).await?.entries.into_iter().collect();
    kept.sort_by_key(|(_, entry)| entry.revision);
    let surplus = (kept.len() + 1).saturating_sub(MAX_EVENTS).min(MAX_REMOVED);
    changes.extend(kept.into_iter().take(surplus).map(|(key, _)| change(key, None)));
    Ok(changes)
}

/// Makes changes together with their entry, all or none, and gives the registry's revision.
///
/// # Errors
/// Those of the registry.
pub async fn commit(registry: &dyn Registry, event: &Event, mut all: Vec<Change>) -> Result<i64> {
    all.extend(changes(registry, event).await?);
    registry.commit(all).await
}

/// Gives the entries, newest first.
///
/// # Errors
/// `Unavailable` if the registry is unreachable.
pub async fn list(registry: &dyn Registry) -> Result<Vec<Event>> {
    let mut entries: Vec<_> = registry.list(PREFIX).await?.entries.into_values().collect();
    // Keys of one millisecond, and those of nodes whose clocks differ, are in no order.
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.revision));
    Ok(entries.iter().filter_map(|entry| serde_json::from_str(&entry.value).ok()).collect())
}

/// A value that is not too long: of each list the first items and how many more there are, or else the beginning of it as text.
fn shortened(value: &Value) -> Value {
    fn fits(value: &Value) -> bool {
        value.to_string().len() <= MAX_VALUE
    }
    fn with_short_lists(value: &Value) -> Value {
        match value {
            Value::Array(items) if items.len() > MAX_ITEMS => {
                let more = format!("… {}", items.len() - MAX_ITEMS);
                items.iter().take(MAX_ITEMS).cloned().chain([more.into()]).collect()
            }
            Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), with_short_lists(value))).collect(),
            other => other.clone(),
        }
    }
    if fits(value) {
        return value.clone();
    }
    let short = with_short_lists(value);
    if fits(&short) { short } else { format!("{} …", value.to_string().chars().take(MAX_VALUE).collect::<String>()).into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fm_sdk::{Kind, registry::MemoryRegistry};
    use serde_json::json;

    fn event(n: usize) -> Event {
        Event::of_command_line("ann", &format!("test.{n}"), &"x".repeat(MAX_VALUE * 2))
    }

    #[tokio::test]
    async fn the_log_is_bounded_and_newest_first() {
        let registry = MemoryRegistry::new();
        for n in 0..MAX_EVENTS + 3 {
            commit(&registry, &event(n), Vec::new()).await.unwrap();
        }
        let events = list(&registry).await.unwrap();
        assert_eq!(events.len(), MAX_EVENTS);
        let actions: Vec<&str> = events.iter().map(|e| e.action.as_str()).collect();
        let expected: Vec<String> = (3..MAX_EVENTS + 3).rev().map(|n| format!("test.{n}")).collect();
        assert_eq!(actions, expected);
        assert!(events.iter().all(|e| e.after.as_str().unwrap().chars().count() <= MAX_VALUE + 2));
    }

    #[test]
    fn of_a_long_list_the_first_items_are_kept_and_the_rest_is_counted() {
        let changes: Vec<String> = (0..1000).map(|n| format!("changed route-{n:03} (active)")).collect();
        let kept = shortened(&json!({"changes": changes, "comment": "Switch over"}));
        assert_eq!(kept["comment"], "Switch over");
        let items = kept["changes"].as_array().unwrap();
        assert_eq!((items.len(), &items[0], &items[MAX_ITEMS]), (MAX_ITEMS + 1, &json!(changes[0]), &json!("… 980")));
        let few = json!({"changes": ["a"], "comment": "x"});
        assert_eq!(shortened(&few), few);
    }

    #[tokio::test]
    async fn a_change_that_is_refused_leaves_no_entry_and_the_other_way_round() {
        let registry = MemoryRegistry::new();
        let change = Change { key: "/x".into(), expect: Expect::Revision(99), value: Some("1".into()) };
        assert_eq!(commit(&registry, &event(0), vec![change.clone()]).await.unwrap_err().kind(), Kind::Stale);
        assert!(list(&registry).await.unwrap().is_empty());
        registry.cut();
        let any = Change { expect: Expect::Any, ..change };
        assert!(commit(&registry, &event(0), vec![any]).await.is_err());
        registry.mend();
        assert!(registry.list("/x").await.unwrap().entries.is_empty());
    }
}
