use crate::text::is_choice;

/// Filters that take several values, of which one must fit.
pub const LISTS: [&str; 11] =
    ["maker", "model", "body", "engine", "gearbox", "color", "option", "rating", "emission_class", "inspected", "undamaged"];

/// Of these the API counts no values.
pub const UNCOUNTED: [&str; 4] = ["rating", "emission_class", "inspected", "undamaged"];

/// More values than the longest list of the catalogue has are not meant.
pub const MAX_VALUES: usize = 64;

/// Of these saved searches hear nothing: the rating of a price depends on all other cars, and what services are told of a car does not say
/// the others.
pub const UNKEPT: [&str; 7] = ["rating", "emission_class", "inspected", "undamaged", "owners", "doors", "seats"];

/// A filter with a least and a greatest number.
pub struct Range {
    pub field: &'static str,
    pub from: &'static str,
    pub to: &'static str,
    /// What the API takes.
    pub min: i64,
    pub max: i64,
}

/// In the order in which they are shown.
pub const RANGES: [Range; 7] = [
    Range { field: "price", from: "price_from", to: "price_to", min: 1, max: 10_000_000 },
    Range { field: "year", from: "year_from", to: "year_to", min: 1886, max: 2100 },
    Range { field: "mileage", from: "mileage_from", to: "mileage_to", min: 0, max: 2_000_000 },
    Range { field: "power", from: "power_from", to: "power_to", min: 1, max: 2_500 },
    Range { field: "owners", from: "owners_from", to: "owners_to", min: 1, max: 50 },
    Range { field: "doors", from: "doors_from", to: "doors_to", min: 1, max: 7 },
    Range { field: "seats", from: "seats_from", to: "seats_to", min: 1, max: 60 },
];

/// Says whether the API may be asked for a value.
pub fn is_value(field: &str, value: &str) -> bool {
    let slug = || value.len() <= 60 && !value.is_empty() && value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    match field {
        "maker" | "option" => slug(),
        "model" => !value.trim().is_empty() && value.chars().count() <= 60 && !value.chars().any(char::is_control),
        _ => is_choice(field, value),
    }
}
