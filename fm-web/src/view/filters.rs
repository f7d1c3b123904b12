//! The filters of a search: groups with their values and counts, and the chips of those that are on.

use super::Place;
use crate::{
    catalogue::Choices,
    request_context::RequestContext,
    search::{LISTS, RANGES, Search, UNCOUNTED},
    text::{Texts, choice, fill, number, option, price, values},
};
use fm_sdk::text::search_key;
use serde::Deserialize;
use std::{cmp::Reverse, collections::HashMap};

/// The group of filters that are on or off.
const CONDITION: &str = "condition";

/// How many values of a long list are shown at first.
const FIRST: usize = 8;

/// What the API says about the values of all filters.
#[derive(Debug, Default, Deserialize)]
pub struct Facets {
    #[serde(default)]
    pub total: i64,
    #[serde(default)]
    facets: HashMap<String, Vec<Facet>>,
}

#[derive(Debug, Deserialize)]
pub struct Facet {
    pub value: String,
    pub count: i64,
}

impl Facets {
    pub fn of(&self, field: &str) -> &[Facet] {
        self.facets.get(field).map_or(&[], Vec::as_slice)
    }
    pub fn count(&self, field: &str, value: &str) -> i64 {
        self.of(field).iter().find(|f| f.value == value).map_or(0, |f| f.count)
    }
}

/// A value that can be chosen.
#[derive(Clone, Debug)]
pub struct Tick {
    pub field: &'static str,
    pub value: String,
    pub label: String,
    /// Empty if it is not known.
    pub count: String,
    pub on: bool,
    /// Choosing it would find nothing.
    pub off: bool,
}

/// Two fields for a least and a greatest number.
pub struct Limits {
    pub from: &'static str,
    pub to: &'static str,
    pub min: i64,
    pub max: i64,
    pub low: String,
    pub high: String,
    pub unit: &'static str,
    pub steps: Vec<i64>,
    /// Nobody asks for more of it.
    pub at_most: bool,
}

pub struct Group {
    pub field: &'static str,
    pub label: &'static str,
    /// How it is laid out.
    pub kind: &'static str,
    pub open: bool,
    /// How many values are chosen.
    pub on: usize,
    pub range: Option<Limits>,
    ticks: Vec<Tick>,
    first: usize,
}

impl Group {
    pub fn first(&self) -> &[Tick] {
        &self.ticks[..self.first.min(self.ticks.len())]
    }
    pub fn rest(&self) -> &[Tick] {
        &self.ticks[self.first.min(self.ticks.len())..]
    }
}

/// Names of what is not a closed list.
pub struct Names<'a> {
    pub makers: Option<&'a Choices>,
    pub models: &'a HashMap<String, String>,
    pub options: Option<&'a Choices>,
    /// What the place of the search is called.
    pub place: Option<&'a Place>,
}

/// Gives the label of a filter's value.
fn label(context: &RequestContext, names: &Names, field: &str, value: &str) -> String {
    let known = |choices: Option<&Choices>| choices.and_then(|c| c.label(value)).map(str::to_owned);
    match field {
        "maker" => known(names.makers).unwrap_or_else(|| crate::text::readable(value)),
        "model" => names.models.get(value).cloned().unwrap_or_else(|| crate::text::readable(value)),
        "option" => option(context.lang, value, known(names.options).as_deref()),
        _ => choice(context.lang, field, value).into_owned(),
    }
}

pub(super) fn name_of(t: &'static Texts, field: &str) -> &'static str {
    match field {
        "maker" => t.maker,
        "model" => t.model,
        "body" => t.body,
        "engine" => t.engine,
        "gearbox" => t.gearbox,
        "color" => t.color,
        "price" => t.price,
        "rating" => t.rating,
        "year" => t.year,
        "mileage" => t.mileage,
        "power" => t.power,
        "owners" => t.owners,
        "doors" => t.doors,
        "seats" => t.seats,
        "emission_class" => t.emission_class,
        "inspected" => t.inspection_until,
        "undamaged" => t.unrepaired_damage,
        CONDITION => t.group_condition,
        _ => t.option,
    }
}

/// Gives all filters, in the order in which they are shown.
pub fn groups(context: &RequestContext, search: &Search, facets: Option<&Facets>, names: &Names) -> Vec<Group> {
    let order = [
        "maker",
        "model",
        "price",
        "rating",
        "year",
        "mileage",
        "body",
        "engine",
        "gearbox",
        "color",
        "power",
        CONDITION,
        "owners",
        "emission_class",
        "doors",
        "seats",
        "option",
    ];
    order
        .into_iter()
        .filter_map(|field| match field {
            CONDITION => Some(condition(context, search, names)),
            list_field if LISTS.contains(&list_field) => list(context, search, facets, names, list_field),
            _ => range(context, search, field),
        })
        .collect()
}

fn list(context: &RequestContext, search: &Search, facets: Option<&Facets>, names: &Names, field: &'static str) -> Option<Group> {
    let chosen = search.list(field);
    let mut all: Vec<String> = match field {
        "maker" => names.makers.map(|m| m.iter().map(|c| c.value.clone()).collect()).unwrap_or_default(),
        "option" => names.options.map(|m| m.iter().map(|c| c.value.clone()).collect()).unwrap_or_default(),
        "model" if search.list("maker").is_empty() => Vec::new(),
        "model" => names.models.keys().cloned().collect(),
        _ => values(field).map(str::to_owned).collect(),
    };
    let counted = facets.map(|f| f.of(field)).unwrap_or_default();
    let wanted = field != "model" || !search.list("maker").is_empty();
    let seen = counted.iter().filter(|f| wanted && f.count > 0).map(|f| &f.value).chain(chosen);
    for value in seen.cloned().collect::<Vec<_>>() {
        if !all.contains(&value) {
            all.push(value);
        }
    }
    if all.is_empty() {
        return None;
    }
    let mut ticks: Vec<(i64, Tick)> = all
        .into_iter()
        .map(|value| {
            let count = facets.filter(|_| !UNCOUNTED.contains(&field)).map(|f| f.count(field, &value));
            let on = chosen.contains(&value);
            let tick = Tick {
                field,
                label: label(context, names, field, &value),
                count: count.map(|n| number(context.lang, n)).unwrap_or_default(),
                off: count == Some(0) && !on,
                on,
                value,
            };
            (count.unwrap_or_default(), tick)
        })
        .collect();
    let long = matches!(field, "maker" | "model" | "option");
    if long {
        // What is chosen first, then what there is most of.
        ticks.sort_by_cached_key(|(count, tick)| (!tick.on, Reverse(*count), search_key(&tick.label)));
    }
    let ticks: Vec<Tick> = ticks.into_iter().map(|(_, tick)| tick).filter(|tick| field != "model" || !tick.off).collect();
    if ticks.is_empty() {
        return None;
    }
    let on = ticks.iter().filter(|t| t.on).count();
    let kind = match field {
        "body" => "bodies",
        "color" => "colors",
        _ => "list",
    };
    let open = on > 0 || matches!(field, "maker" | "model" | "body");
    let first = if long { FIRST.max(on) } else { usize::MAX };
    Some(Group { field, label: name_of(context.t(), field), kind, open, on, range: None, ticks, first })
}

/// Filters of which each is on or off.
fn condition(context: &RequestContext, search: &Search, names: &Names) -> Group {
    let ticks = ["undamaged", "inspected"].into_iter().flat_map(|field| values(field).map(move |value| (field, value)));
    let ticks = ticks.map(|(field, value)| Tick {
        field,
        label: label(context, names, field, value),
        count: String::new(),
        on: search.list(field).iter().any(|v| v == value),
        off: false,
        value: value.to_owned(),
    });
    let ticks: Vec<Tick> = ticks.collect();
    let on = ticks.iter().filter(|t| t.on).count();
    Group { field: CONDITION, label: name_of(context.t(), CONDITION), kind: "list", open: true, on, range: None, ticks, first: usize::MAX }
}

fn range(context: &RequestContext, search: &Search, field: &str) -> Option<Group> {
    let range = RANGES.iter().find(|r| r.field == field)?;
    let (low, high) = search.range(range.field);
    let write = |n: Option<i64>| n.map(|n| n.to_string()).unwrap_or_default();
    let steps: Vec<i64> = match range.field {
        "price" => vec![1_000, 2_500, 5_000, 7_500, 10_000, 15_000, 20_000, 30_000, 50_000],
        "year" => (0..16).map(|i| this_year() - i).collect(),
        "mileage" => vec![10_000, 25_000, 50_000, 75_000, 100_000, 150_000, 200_000],
        "owners" => vec![1, 2, 3],
        "doors" => vec![2, 3, 4, 5],
        "seats" => vec![2, 4, 5, 7, 9],
        _ => vec![75, 100, 150, 200, 300],
    };
    let unit = match range.field {
        "price" => "€",
        "mileage" => "km",
        "power" => context.t().power_unit,
        _ => "",
    };
    let on = usize::from(low.is_some()) + usize::from(high.is_some());
    let limits = Limits {
        from: range.from,
        to: range.to,
        min: range.min,
        max: range.max,
        low: write(low),
        high: write(high),
        unit,
        steps,
        at_most: range.field == "owners",
    };
    let open = on > 0 || matches!(range.field, "price" | "year" | "mileage");
    Some(Group {
        field: range.field,
        label: name_of(context.t(), range.field),
        kind: "range",
        open,
        on,
        range: Some(limits),
        ticks: vec![],
        first: 0,
    })
}

/// The year it is, UTC.
pub fn this_year() -> i64 {
    let now = fm_sdk::time::rfc3339(fm_sdk::time::now_ms());
    now.get(..4).and_then(|y| y.parse().ok()).unwrap_or(2026)
}

/// A filter that is on, and the address without it.
pub struct Chip {
    pub label: String,
    pub href: String,
    /// The search without it.
    pub without: Search,
}

/// Names a place: the whole town, or one of its postal codes.
fn around(search: &Search, place: &Place) -> String {
    if search.near.contains(&place.postal_code) { format!("{} {}", place.postal_code, place.town) } else { place.town.clone() }
}

/// Gives a chip for each filter that is on.
pub fn chips(context: &RequestContext, search: &Search, names: &Names) -> Vec<Chip> {
    let mut chips = Vec::new();
    let mut add = |label: String, without: Search| chips.push(Chip { label, href: without.href(), without });
    if !search.text.is_empty() {
        add(format!("“{}”", search.text), search.without("q", ""));
    }
    for field in LISTS {
        for value in search.list(field) {
            add(label(context, names, field, value), search.without(field, value));
        }
    }
    for range in &RANGES {
        let write = |n: i64| match range.field {
            "price" => price(context.lang, n),
            "mileage" => format!("{}\u{a0}km", number(context.lang, n)),
            "power" => format!("{n}\u{a0}{}", context.t().power_unit),
            _ => n.to_string(),
        };
        let (from, to) = search.range(range.field);
        let text = match (from, to) {
            (Some(a), Some(b)) if a == b => write(a),
            (Some(a), Some(b)) => format!("{} – {}", write(a), write(b)),
            (Some(a), None) => format!("{} {}", context.t().from, write(a)),
            (None, Some(b)) => format!("{} {}", context.t().to, write(b)),
            (None, None) => continue,
        };
        // A number alone does not say of what.
        let named = matches!(range.field, "owners" | "doors" | "seats").then(|| format!("{}: {text}", name_of(context.t(), range.field)));
        add(named.unwrap_or(text), search.without(range.field, ""));
    }
    if !search.near.is_empty() {
        let place = names.place.map_or_else(|| search.near.clone(), |place| around(search, place));
        let radius = format!("{}\u{a0}km", number(context.lang, search.radius.into()));
        add(fill(&fill(context.t().around, radius), place), search.without("near", ""));
    }
    if !search.seller.is_empty() {
        add(context.t().from_one_seller.to_owned(), search.without("seller", ""));
    }
    chips
}
