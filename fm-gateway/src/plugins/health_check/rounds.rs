//! What the answers of several rounds say together.

use std::collections::{BTreeMap, BTreeSet};

/// Failures in a row after which an instance is not well. One answer makes it well again.
const FALL: u32 = 2;

/// What was answered before.
#[derive(Default)]
pub struct Rounds {
    /// Failures in a row, by id.
    failures: BTreeMap<String, u32>,
    is_begun: bool,
}

/// An instance that is not well any more, and why not, or is well again.
pub type Change = (String, Option<String>);

impl Rounds {
    /// Notes the answers of a round. Gives all that are not well, and what has changed. Of those of whom nothing is known yet one failure is
    /// enough: a table takes effect with what its first round says.
    pub fn note<'a>(&mut self, answers: impl Iterator<Item = (&'a str, Result<(), String>)>) -> (BTreeSet<String>, Vec<Change>) {
        let before = std::mem::take(&mut self.failures);
        let mut changes = Vec::new();
        for (id, answer) in answers {
            let failed_before = before.get(id).copied();
            let failures = match &answer {
                Ok(()) => 0,
                Err(_) => failed_before.map_or(if self.is_begun { 1 } else { FALL }, |failed| failed.saturating_add(1)),
            };
            let was_well = failed_before.is_none_or(|failed| failed < FALL);
            match answer {
                Err(why) if was_well && failures >= FALL => changes.push((id.to_owned(), Some(why))),
                Ok(()) if !was_well => changes.push((id.to_owned(), None)),
                _ => {}
            }
            self.failures.insert(id.to_owned(), failures);
        }
        self.is_begun = true;
        let unwell = self.failures.iter().filter(|(_, failed)| **failed >= FALL).map(|(id, _)| id.clone());
        (unwell.collect(), changes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(rounds: &mut Rounds, answers: &[(&'static str, bool)]) -> (String, String) {
        let answers = answers.iter().map(|&(id, is_well)| (id, if is_well { Ok(()) } else { Err("refused".to_owned()) }));
        let (unwell, changes) = rounds.note(answers);
        let told = changes.iter().map(|(id, why)| format!("{}{id}", if why.is_some() { '-' } else { '+' }));
        (unwell.into_iter().collect::<Vec<_>>().join(" "), told.collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn two_failures_in_a_row_take_an_instance_out_and_one_answer_takes_it_back() {
        let mut rounds = Rounds::default();
        for (answers, unwell, told) in [
            // The first round counts at once.
            ([("a", true), ("b", false)], "b", "-b"),
            ([("a", false), ("b", false)], "b", ""),
            ([("a", true), ("b", false)], "b", ""),
            ([("a", false), ("b", true)], "", "+b"),
            ([("a", false), ("b", false)], "a", "-a"),
            ([("a", true), ("b", true)], "", "+a"),
        ] {
            assert_eq!(note(&mut rounds, &answers), (unwell.to_owned(), told.to_owned()), "{answers:?}");
        }
    }

    #[test]
    fn those_that_are_gone_are_forgotten_and_new_ones_get_two_attempts() {
        let mut rounds = Rounds::default();
        assert_eq!(note(&mut rounds, &[("a", false)]).0, "a");
        assert_eq!(note(&mut rounds, &[("b", false)]).0, "");
        assert_eq!(note(&mut rounds, &[("a", false), ("b", false)]), ("b".into(), "-b".into()));
    }
}
