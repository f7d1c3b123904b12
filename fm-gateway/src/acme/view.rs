//! What the registry shows to one gateway.

use super::records::{self, CHALLENGES, NODES, Node, Record, Rest};
use fm_sdk::registry::Snapshot;
use std::collections::HashMap;

/// What lies in the registry, read for one set of names.
pub struct View {
    /// Token to answer, of all sets.
    pub challenges: HashMap<String, String>,
    /// The revision of the last one.
    pub challenges_revision: i64,
    /// Keys of those of this set.
    pub own_challenges: Vec<String>,
    /// All gateways with ACME, in the order of their starts.
    nodes: Vec<(String, Node)>,
    /// With its revision.
    pub certificate: Option<(Record, i64)>,
    pub rest: Option<Rest>,
    is_current: bool,
}

impl View {
    pub fn of(snapshot: &Snapshot, set: &str) -> View {
        let below = |prefix: &'static str| {
            let entries = snapshot.entries.range(prefix.to_owned()..);
            entries.take_while(move |(key, _)| key.starts_with(prefix))
        };
        let (mut challenges, mut own_challenges, own) = (HashMap::new(), Vec::new(), records::challenges_of(set));
        for (key, entry) in below(CHALLENGES) {
            let Some((_, token)) = key.rsplit_once('/') else { continue };
            challenges.insert(token.to_owned(), entry.value.clone());
            if key.starts_with(&own) {
                own_challenges.push(key.clone());
            }
        }
        let certificate = snapshot.entries.get(&records::certificate_key(set));
        let rest = snapshot.entries.get(&records::backoff_key(set));
        View {
            challenges,
            challenges_revision: below(CHALLENGES).map(|(_, entry)| entry.revision).max().unwrap_or_default(),
            own_challenges,
            nodes: below(NODES).filter_map(|(key, entry)| Some((key.clone(), serde_json::from_str(&entry.value).ok()?))).collect(),
            // What cannot be read is a record that nobody can open: whoever put it there takes it away.
            certificate: certificate.map(|entry| (serde_json::from_str(&entry.value).unwrap_or_default(), entry.revision)),
            rest: rest.and_then(|entry| serde_json::from_str(&entry.value).ok()),
            is_current: snapshot.known && !snapshot.stale,
        }
    }

    /// Whether this gateway is the one that orders for its set.
    pub fn is_led_by(&self, node: &str, set: &str) -> bool {
        self.is_current && self.nodes.iter().find(|(_, other)| other.set == set).is_some_and(|(key, _)| key == node)
    }

    /// The gateways that do not answer the challenges of this revision yet.
    pub fn unaware(&self, revision: i64) -> impl Iterator<Item = &str> {
        self.nodes.iter().filter(move |(_, node)| node.challenges < revision).map(|(key, _)| key.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fm_sdk::registry::Entry;

    fn view(entries: &[(String, &str)]) -> View {
        let entry = |(n, (key, value)): (usize, &(String, &str))| {
            (key.clone(), Entry { value: (*value).to_owned(), revision: 10 + i64::try_from(n).unwrap(), leased: false })
        };
        let snapshot = Snapshot { entries: entries.iter().enumerate().map(entry).collect(), revision: 99, known: true, stale: false };
        View::of(&snapshot, "s")
    }

    #[test]
    fn the_first_gateway_of_a_set_leads_it_and_nobody_does_while_the_registry_is_unreachable() {
        let node = |set: &str, seen: i64| Node { set: set.into(), challenges: seen }.text();
        let (other, first, second) = (records::node_key(1, "x"), records::node_key(2, "b"), records::node_key(3, "a"));
        let (of_other, of_first) = (node("other", 0), node("s", 12));
        let mut view = view(&[(second.clone(), &of_first), (other.clone(), &of_other), (first.clone(), &of_first)]);
        assert!(view.is_led_by(&first, "s") && !view.is_led_by(&second, "s") && !view.is_led_by(&other, "s"));
        assert!(view.is_led_by(&other, "other"));
        assert_eq!(view.unaware(12).collect::<Vec<_>>(), [&other], "those of other sets answer challenges, too");
        view.is_current = false;
        assert!(!view.is_led_by(&first, "s"));
    }

    #[test]
    fn challenges_of_all_sets_are_answered() {
        let view = view(&[
            (format!("{}t1", records::challenges_of("s")), "a1"),
            (format!("{}t2", records::challenges_of("other")), "a2"),
            (records::certificate_key("s"), "no JSON"),
        ]);
        assert_eq!((view.challenges["t1"].as_str(), view.challenges["t2"].as_str(), view.challenges_revision), ("a1", "a2", 11));
        assert_eq!(view.own_challenges, [format!("{}t1", records::challenges_of("s"))]);
        assert_eq!(view.certificate, Some((Record::default(), 12)));
    }
}
