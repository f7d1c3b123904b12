//! What breaks between two AsyncAPI documents of one service.

use super::evolution::{Located, Use, breaks as schema_breaks};
use serde_json::Value;

/// Lists the breaking changes between two documents, one line for each path.
pub(super) fn breaks(old: &Value, new: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for (id, was) in old["operations"].as_object().into_iter().flatten() {
        let (verb, _) = id.split_once('.').unwrap_or((id, ""));
        let subscribes = verb.starts_with("subscribe");
        let message = message_of(old, was);
        let name = message["name"].as_str().unwrap_or(id);
        let Some(is) = new["operations"].get(id) else {
            match verb {
                _ if subscribes => {}
                "publish" => found.push(format!("{name}: no longer published")),
                _ => found.push(format!("{name}: no longer handled")),
            }
            continue;
        };
        let now = message_of(new, is);
        let used = match verb {
            "publish" => Use::Given,
            _ if subscribes => Use::Subscribed,
            _ => Use::Accepted,
        };
        found.extend(schema_breaks(name, payload(old, message), payload(new, now), used));
        if used != Use::Subscribed {
            if channel_of(old, was)["address"] != channel_of(new, is)["address"] {
                found.push(format!("{name}: has another address"));
            }
            found.extend(senders_lost(name, &message["x-senders"], &now["x-senders"]).filter(|_| used == Use::Accepted));
        }
        if was.get("reply").is_some() {
            let (was, is) = (&was["reply"], &is["reply"]);
            let (was, is) = (payload(old, message_of(old, was)), payload(new, message_of(new, is)));
            found.extend(schema_breaks(&format!("{name} (reply)"), was, is, Use::Given));
        }
    }
    found
}

fn senders_lost(name: &str, old: &Value, new: &Value) -> Option<String> {
    let allowed = new.as_array()?;
    let lost = match old.as_array() {
        None => "every service",
        Some(old) => old.iter().find(|sender| !allowed.contains(sender))?.as_str()?,
    };
    Some(format!("{name}: no longer taken from {lost}"))
}

fn follow<'a>(document: &'a Value, reference: &'a Value) -> &'a Value {
    match reference["$ref"].as_str().and_then(|target| document.pointer(target.strip_prefix('#')?)) {
        Some(target) => follow(document, target),
        None => reference,
    }
}
/// The first message of an operation, or of its reply.
fn message_of<'a>(document: &'a Value, operation: &'a Value) -> &'a Value {
    follow(document, &operation["messages"][0])
}
fn channel_of<'a>(document: &'a Value, operation: &'a Value) -> &'a Value {
    follow(document, &operation["channel"])
}
fn payload<'a>(document: &'a Value, message: &'a Value) -> Located<'a> {
    Located { document, schema: &message["payload"] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Cx, Handled, Reply, Service, messages};

    mod before {
        crate::messages! {
            event "car.listed" from "fm-cars" Listed { id: String, price: i64 }
            command "fm-x/clean" from ["fm-y", "fm-z"] Clean { user: String, days: Option<u8> }
            call "fm-x/count" Count { of: String } -> u16;
        }
    }
    mod after {
        crate::messages! {
            event "car.listed" from "fm-cars" Listed { id: String, #[serde(default)] price: i64, year: u16 }
            command "fm-x/clean" from "fm-y" Clean { days: u8 }
            call "fm-x/count" from "fm-y" Count { of: i64 } -> i64;
        }
    }
    messages! { command "fm-x/halt" from any Halt {} }

    async fn halt(_: Halt, _: Cx<()>) -> Handled {
        Ok(())
    }

    #[test]
    fn what_senders_and_readers_would_miss_is_told_for_each_message() {
        async fn listed(_: before::Listed, _: Cx<()>) -> Handled {
            Ok(())
        }
        async fn clean(_: before::Clean, _: Cx<()>) -> Handled {
            Ok(())
        }
        async fn count(_: before::Count, _: Cx<()>) -> Reply<u16> {
            Ok(1)
        }
        async fn listed_after(_: after::Listed, _: Cx<()>) -> Handled {
            Ok(())
        }
        async fn clean_after(_: after::Clean, _: Cx<()>) -> Handled {
            Ok(())
        }
        async fn count_after(_: after::Count, _: Cx<()>) -> Reply<i64> {
            Ok(1)
        }
        let old = Service::new("fm-x", ()).on(listed).command(clean).call(count).command(halt).asyncapi();
        let new = Service::new("fm-x", ()).on(listed_after).command(clean_after).call(count_after).asyncapi();
        let mut found = breaks(&old, &new);
        found.sort();
        let expected = [
            "car.listed.year: is now required",
            "fm-x/clean.days: can no longer be null",
            "fm-x/clean.days: is now required",
            "fm-x/clean.user: removed",
            "fm-x/clean: no longer taken from fm-z",
            "fm-x/count (reply): may now be less than 0",
            "fm-x/count (reply): may now be more than 65535",
            "fm-x/count.of: can no longer be string",
            "fm-x/count: no longer taken from every service",
            "fm-x/halt: no longer handled",
        ];
        assert_eq!(found, expected);
        assert_eq!(breaks(&old, &old), [""; 0]);
        assert_eq!(breaks(&Value::Null, &old), [""; 0], "the first file breaks nobody");
    }
}
