//! How a price compares with those of like cars.

use crate::{
    request_context::RequestContext,
    text::{fill, number, price},
};
use serde::Deserialize;

/// What fm-cars says of a price.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Rating {
    pub step: String,
    pub difference: i64,
    pub expected_price: i64,
    pub peers: i64,
    pub too_cheap: bool,
}

/// All that it says of one car's price.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct RatedPrice {
    pub rating: Option<Rating>,
    pub method: Option<Method>,
    pub not_rated: Option<String>,
    pub min_peers: i64,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Method {
    pub per_year: f64,
    pub per_10000_km: f64,
}

/// Its steps, the best first; and how many bars of five are filled.
const STEPS: [(&str, u8); 5] = [("very_good", 5), ("good", 4), ("fair", 3), ("high", 2), ("very_high", 1)];

/// A rating as cards and pages show it.
#[derive(Clone, Debug)]
pub struct Rate {
    /// One of five, for the style.
    pub step: &'static str,
    pub bars: u8,
    pub label: &'static str,
    /// How far from how many cars.
    pub text: String,
}

impl Rate {
    /// Nothing for a step that is not known here.
    pub fn of(context: &RequestContext, rating: &Rating) -> Option<Self> {
        let t = context.t();
        let (step, bars) = STEPS.into_iter().find(|(step, _)| *step == rating.step)?;
        let label = match step {
            "very_good" => t.rating_very_good,
            "good" => t.rating_good,
            "fair" => t.rating_fair,
            "high" => t.rating_high,
            _ => t.rating_very_high,
        };
        let peers = number(context.lang, rating.peers);
        let text = match (step, rating.difference) {
            ("fair", _) | (_, 0) => fill(t.rating_like, peers),
            (_, n) if n < 0 => fill(&fill(t.rating_under, price(context.lang, rounded(-n))), peers),
            (_, n) => fill(&fill(t.rating_over, price(context.lang, rounded(n))), peers),
        };
        Some(Rate { step, bars, label, text })
    }
}

/// A difference is known no better than to 50 or 100 euros.
fn rounded(euros: i64) -> i64 {
    let to = if euros < 1_000 { 50 } else { 100 };
    ((euros + to / 2) / to * to).max(to)
}

/// The rating on a car's page, with how it was made.
pub struct PricePanel {
    pub rate: Option<Rate>,
    /// Where the car and the line of its peers lie, in percent of the scale; drawn by the style of the step.
    pub expected: String,
    pub method: String,
    pub warning: &'static str,
    /// Why there is no rating.
    pub none: String,
}

impl PricePanel {
    pub fn of(context: &RequestContext, rated: &RatedPrice) -> Self {
        let t = context.t();
        let rate = rated.rating.as_ref().and_then(|r| Rate::of(context, r));
        let none = match rated.not_rated.as_deref() {
            _ if rate.is_some() => String::new(),
            Some("incomplete") => t.not_rated_incomplete.to_owned(),
            Some("not-listed") => t.not_rated_not_listed.to_owned(),
            _ => fill(t.not_rated_few_peers, rated.min_peers.max(1)),
        };
        let rating = rated.rating.clone().unwrap_or_default();
        let percent = |n: f64| {
            let text = format!("{}{:.1}\u{a0}%", if n < 0.0 { "\u{2212}" } else { "+" }, n.abs());
            context.lang.pick(&text, &text.replace('.', ",")).to_owned()
        };
        let method = rated.method.as_ref().map(|m| fill(&fill(t.rating_method, percent(m.per_year)), percent(m.per_10000_km)));
        PricePanel {
            expected: fill(t.rating_expected, price(context.lang, rating.expected_price)),
            method: method.unwrap_or_default(),
            warning: if rating.too_cheap { t.rating_too_cheap } else { "" },
            rate,
            none,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::rounded;

    #[test]
    fn a_difference_is_told_no_finer_than_it_is_known() {
        assert_eq!([0, 20, 74, 76, 980, 1_249, 12_360].map(rounded), [50, 50, 50, 100, 1_000, 1_200, 12_400]);
    }
}
