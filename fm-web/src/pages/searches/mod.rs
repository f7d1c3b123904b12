//! Searches that the reader wants to hear of, and what they have told.

pub mod list;
pub mod remove;
pub mod save;

use crate::search::{LISTS, Search, encoded};
use serde_json::{Map, Value, json};

/// The filters of a search as fm-profile keeps them, without those that it cannot hold a car against.
pub fn to_json(search: &Search) -> Value {
    let mut all = Map::new();
    for (name, value) in search.kept().filters() {
        if LISTS.contains(&name) {
            let values = all.entry(name).or_insert_with(|| json!([]));
            values.as_array_mut().into_iter().for_each(|values| values.push(json!(value)));
        } else if matches!(name, "q" | "seller" | "near") {
            all.insert(name.to_owned(), json!(value));
        } else if let Ok(n) = value.parse::<i64>() {
            all.insert(name.to_owned(), json!(n));
        }
    }
    Value::Object(all)
}

/// The address of the results of filters that fm-profile keeps.
pub fn href_of(filters: &Map<String, Value>) -> String {
    let mut pairs: Vec<(&str, String)> = Vec::new();
    let text = |v: &Value| v.as_str().map_or_else(|| v.to_string(), str::to_owned);
    for (name, value) in filters {
        match value {
            Value::Array(values) => pairs.extend(values.iter().map(|v| (name.as_str(), text(v)))),
            other => pairs.push((name, text(other))),
        }
    }
    format!("/cars?{}", encoded(&pairs))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Lang;

    #[test]
    fn filters_come_back_as_the_address_of_their_results() {
        let query =
            "maker=bmw&maker=audi&rating=good&inspected=true&seats_from=5&price_to=9000&q=tow+bar&seller=u1&near=10115+Berlin&radius=20";
        let filters = to_json(&Search::parse(Lang::En, query));
        let expected =
            json!({"maker": ["bmw", "audi"], "price_to": 9_000, "q": "tow bar", "seller": "u1", "near": "10115 Berlin", "radius": 20});
        assert_eq!(filters, expected);
        let href = href_of(filters.as_object().unwrap());
        let again = Search::parse(Lang::En, href.strip_prefix("/cars?").unwrap());
        assert_eq!(to_json(&again), expected);
    }
}
