use super::filters::name_of;
use crate::{
    search::{RANGES, Unknown},
    text::Texts,
};

/// A part of the search that is not known, as the page names it.
pub struct UnknownValue {
    pub label: String,
    pub value: String,
}

/// Names what was left out of a search.
pub fn unknown_values(t: &'static Texts, all: &[Unknown]) -> Vec<UnknownValue> {
    all.iter().map(|u| UnknownValue { label: label(t, u.name), value: u.value.clone() }).collect()
}

fn label(t: &'static Texts, name: &'static str) -> String {
    for range in &RANGES {
        let side = if name == range.from { t.from } else { t.to };
        if name == range.from || name == range.to {
            return format!("{} {side}", name_of(t, range.field));
        }
    }
    match name {
        "q" => t.text,
        "seller" => t.seller,
        "near" => t.place,
        "radius" => t.radius,
        "sort" => t.sort,
        "page" => t.page,
        "per_page" => t.per_page,
        "view" => t.view,
        field => name_of(t, field),
    }
    .to_owned()
}
