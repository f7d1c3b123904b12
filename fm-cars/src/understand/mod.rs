//! Reads what people type into one box as filters: `bmw 320 diesel bis 15000` in German and English, with mistakes, unfinished.
//!
//! Each word may mean several things or nothing; what costs least in mistakes and words left over is proposed first.

mod ad_text;
mod aliases;
mod amounts;
mod area;
mod lexicon;
mod reading;
mod step;
mod words;

pub use ad_text::{Named, named_in};
pub use reading::Reading;

use words::split;

/// Unfinished readings that are followed, at most.
const BEAM: usize = 48;

/// What a text may mean, the most likely first, at most so many.
pub fn understand(text: &str, most: usize) -> Vec<Reading> {
    let words = split(text);
    let steps: Vec<Vec<step::Step>> = (0..words.len()).map(|at| step::steps(&words[at..])).collect();
    let mut open = vec![Reading::default()];
    let mut done: Vec<Reading> = Vec::new();
    while !open.is_empty() {
        let mut next: Vec<Reading> = Vec::new();
        for reading in open {
            match steps.get(reading.at()) {
                Some(steps) => next.extend(steps.iter().filter_map(|step| reading.then(step))),
                None => done.push(reading),
            }
        }
        next.sort_by_key(Reading::expected_cost);
        next.truncate(BEAM);
        open = next;
    }
    done.sort_by_key(|reading| reading.cost);
    let mut kept: Vec<Reading> = Vec::new();
    for reading in done {
        if kept.len() < most && !reading.is_empty() && !kept.iter().any(|k| k.pairs() == reading.pairs()) {
            kept.push(reading);
        }
    }
    kept
}
