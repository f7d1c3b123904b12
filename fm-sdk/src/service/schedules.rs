//! `<service> schedules ..`: messages that are to be sent later.

use super::cli_client::{self, printable};
use crate::{
    Error, Kind, Result,
    config::{Settings, StoreUrl},
    runtime::{Schedule, cancel, earliest, read},
    store::{Driver, Query, SCHEDULES, Spec},
    time::{now_ms, rfc3339},
};
use clap::Subcommand;
use std::fmt::Write as _;

#[derive(Subcommand)]
pub(super) enum SchedulesCommand {
    /// Lists scheduled messages, those due first at the top: key, time, name, for whom
    List {
        /// How many at most
        #[arg(long, default_value_t = 100)]
        limit: u64,
    },
    /// Cancels scheduled messages: they will not be sent
    Cancel {
        /// Their keys
        #[arg(required = true)]
        keys: Vec<String>,
    },
}

impl SchedulesCommand {
    /// `specs` is what the service keeps.
    pub async fn run(self, service: &str, specs: Vec<Spec>, settings: &Settings) -> Result<()> {
        if matches!(settings.store, StoreUrl::Memory) {
            let text = "with FM_STORE=memory schedules live in the serving process alone";
            return Err(Error::new(Kind::Invalid, "store-memory", text));
        }
        let store = cli_client::store(settings, service, specs).await?;
        match self {
            SchedulesCommand::List { limit } => {
                if let Some(store) = store {
                    print!("{}", list(&*store, limit).await?);
                }
                Ok(())
            }
            SchedulesCommand::Cancel { keys } => {
                for key in keys {
                    match &store {
                        Some(store) => cancel_one(&**store, &key).await?,
                        None => return Err(unknown(&key)),
                    }
                    println!("{}  cancelled", printable(&key));
                }
                Ok(())
            }
        }
    }
}

async fn list(store: &dyn Driver, limit: u64) -> Result<String> {
    let found = store.read(earliest(limit)).await?;
    let (shown, now) = (found.len() as u64, now_ms());
    let mut text: String = found.into_iter().filter_map(read).map(|(schedule, _)| line(&schedule, now)).collect();
    let all = store.count(Query { collection: SCHEDULES, ..Query::default() }).await?;
    if all > shown {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{shown} of {all}");
    }
    Ok(text)
}

/// One that is not there is left alone: it may still be on its way from the step that schedules it.
async fn cancel_one(store: &dyn Driver, key: &str) -> Result<()> {
    let found = store.peek(SCHEDULES, key, None).await?.filter(|s| s.body.is_some()).ok_or_else(|| unknown(key))?;
    if cancel(store, key, Some(found)).await? { Ok(()) } else { Err(unknown(key)) }
}

fn line(schedule: &Schedule, now_ms: i64) -> String {
    let (at, name) = (rfc3339(schedule.due_ms), printable(&schedule.message.name));
    let user = schedule.user.as_deref().map(|user| format!("  for {}", printable(user))).unwrap_or_default();
    let overdue = if schedule.due_ms < now_ms { "  overdue" } else { "" };
    format!("{}  {at}  {name}{user}{overdue}\n", printable(&schedule.id))
}

fn unknown(key: &str) -> Error {
    Error::new(Kind::NotFound, "schedule-unknown", format!("no scheduled message has the key {}", printable(key)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Service, messages, store::Sqlite, testing::MockBus};
    use std::{sync::Arc, time::Duration};

    messages! { event "visit.due" from "fm-x" VisitDue {} }

    /// A store in which a message is scheduled for each of these minutes; the keys.
    async fn scheduled(minutes: &[u64]) -> (Arc<Sqlite>, MockBus<()>, Vec<String>) {
        let store = Arc::new(Sqlite::in_memory().unwrap());
        let bus = MockBus::with_store(Service::new("fm-x", ()), store.clone()).user("ann", &[]);
        bus.advance(Duration::ZERO).await;
        let mut keys = vec![];
        for minute in minutes {
            keys.push(bus.work().publish_after(Duration::from_secs(60 * minute), VisitDue {}).await.unwrap());
        }
        (store, bus, keys)
    }

    #[actix_rt::test]
    async fn the_list_begins_with_what_is_due_first_and_says_how_many_there_are() {
        let (store, _bus, keys) = scheduled(&[3, 1, 2]).await;
        let text = list(&*store, 2).await.unwrap();
        let lines: Vec<_> = text.lines().collect();
        assert!(lines[0].starts_with(&keys[1]) && lines[0].ends_with("Z  visit.due  for ann"), "{text}");
        assert!(lines[1].starts_with(&keys[2]), "{text}");
        assert_eq!(lines[2..], ["2 of 3"]);
        assert_eq!(list(&*store, 3).await.unwrap().lines().count(), 3);
    }

    #[test]
    fn what_is_overdue_is_marked_and_control_characters_are_escaped() {
        let message = crate::Envelope::new(crate::MessageKind::Event, "a\nb", &1, "fm-x").unwrap();
        let schedule = Schedule { id: "7".into(), due_ms: 1_000, user: None, scope: String::new(), message };
        assert_eq!(line(&schedule, 1_000), "7  1970-01-01T00:00:01.000Z  a\\nb\n");
        assert_eq!(line(&schedule, 1_001), "7  1970-01-01T00:00:01.000Z  a\\nb  overdue\n");
    }

    #[actix_rt::test]
    async fn what_is_cancelled_is_not_sent_and_cannot_be_cancelled_again() {
        let (store, bus, keys) = scheduled(&[1, 2]).await;
        cancel_one(&*store, &keys[0]).await.unwrap();
        for gone in [keys[0].as_str(), "never"] {
            assert_eq!(cancel_one(&*store, gone).await.unwrap_err().code(), "schedule-unknown");
        }
        bus.advance(Duration::from_secs(3600)).await;
        assert_eq!(bus.published::<VisitDue>().envelopes().into_iter().map(|m| m.id).collect::<Vec<_>>(), keys[1..]);
        assert_eq!(cancel_one(&*store, &keys[1]).await.unwrap_err().code(), "schedule-unknown", "it is sent already");
    }
}
