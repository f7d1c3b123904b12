use crate::text::is_choice;

/// Filters that take several values, of which one must fit.
pub const LISTS: [&str; 8] = ["maker", "model", "body", "engine", "gearbox", "color", "option", "rating"];

/// More values than the longest list of the catalogue has are not meant.
pub const MAX_VALUES: usize = 64;

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
pub const RANGES: [Range; 4] = [
    Range { field: "price", from: "price_from", to: "price_to", min: 1, max: 10_000_000 },
    Range { field: "year", from: "year_from", to: "year_to", min: 1886, max: 2100 },
    Range { field: "mileage", from: "mileage_from", to: "mileage_to", min: 0, max: 2_000_000 },
    Range { field: "power", from: "power_from", to: "power_to", min: 1, max: 2_500 },
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
