//! What helps a seller to write an ad: what like cars cost, and what the ad still lacks.

use super::{Rate, Rating};
use crate::{
    request_context::RequestContext,
    text::{fill, number, price},
};
use fm_sdk::{Kind, Result};
use serde::Deserialize;

/// What the API says of a car that is to be sold.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct EstimatedPrice {
    pub estimate: Option<Estimate>,
    pub rating: Option<Rating>,
    pub not_rated: Option<String>,
    pub min_peers: i64,
}

/// Prices that are rated as fair, and how many cars say so.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Estimate {
    pub fair_from: i64,
    pub fair_to: i64,
    pub peers: i64,
}

/// What like cars cost, as the seller reads it.
pub struct PriceGuide {
    /// Empty if nothing is known.
    pub range: String,
    pub text: String,
    /// What buyers will see of the price that was typed.
    pub rate: Option<Rate>,
    pub warning: &'static str,
}

impl PriceGuide {
    /// `None`: too little was said to ask.
    pub fn of(context: &RequestContext, told: Option<Result<EstimatedPrice>>) -> Self {
        let t = context.t();
        let without = |text: String| PriceGuide { range: String::new(), text, rate: None, warning: "" };
        let told = match told {
            Some(Ok(told)) => told,
            Some(Err(e)) if !matches!(e.kind(), Kind::Malformed | Kind::Invalid) => return without(t.guide_down.to_owned()),
            _ => return without(t.guide_incomplete.to_owned()),
        };
        match (&told.estimate, told.not_rated.as_deref()) {
            (Some(estimate), _) => {
                let (from, to) = inside(estimate.fair_from, estimate.fair_to);
                let money = |euros| price(context.lang, euros);
                PriceGuide {
                    range: fill(&fill(t.guide_range, money(from)), money(to)),
                    text: fill(t.guide_text, number(context.lang, estimate.peers)),
                    rate: told.rating.as_ref().and_then(|rating| Rate::of(context, rating)),
                    warning: if told.rating.is_some_and(|rating| rating.too_cheap) { t.guide_too_cheap } else { "" },
                }
            }
            (None, Some("few-peers")) => without(fill(t.guide_few_peers, told.min_peers.max(1))),
            (None, _) => without(t.guide_incomplete.to_owned()),
        }
    }
}

/// A range in round numbers, none of them outside; as it is if it is too narrow for that.
fn inside(from: i64, to: i64) -> (i64, i64) {
    let step = if to < 10_000 { 50 } else { 100 };
    let round = ((from + step - 1) / step * step, to / step * step);
    if round.0 < round.1 { round } else { (from, to) }
}

/// Something that an ad lacks, and where it is added.
pub struct Missing {
    pub label: &'static str,
    /// Empty where it cannot be added yet.
    pub href: String,
}

/// How complete an ad is.
pub struct Completeness {
    pub done: usize,
    pub of: usize,
    pub text: String,
    pub missing: Vec<Missing>,
}

impl Completeness {
    /// Of parts: label, whether it is there, where it is added.
    pub fn of<const N: usize>(context: &RequestContext, parts: [(&'static str, bool, String); N]) -> Self {
        let done = parts.iter().filter(|part| part.1).count();
        Completeness {
            done,
            of: N,
            text: fill(&fill(context.t().complete_count, done), N),
            missing: parts.into_iter().filter(|part| !part.1).map(|(label, _, href)| Missing { label, href }).collect(),
        }
    }
    /// Where the segments of the bar begin, and whether they are filled.
    pub fn segments(&self) -> impl Iterator<Item = (usize, bool)> {
        (0..self.of).map(|n| (n * 50, n < self.done))
    }
    /// How wide the bar is, in units of its drawing.
    pub fn width(&self) -> usize {
        self.of * 50 - 3
    }
}

#[cfg(test)]
mod tests {
    use super::inside;

    #[test]
    fn a_range_is_round_and_lies_inside_of_what_is_fair() {
        assert_eq!([inside(9_418, 10_618), inside(4_710, 5_309), inside(200, 213)], [(9_500, 10_600), (4_750, 5_300), (200, 213)]);
    }
}
