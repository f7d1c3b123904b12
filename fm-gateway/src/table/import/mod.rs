//! Makes routes of what describes an API elsewhere: an OpenAPI document, or a plain list of paths.

mod list;
mod openapi;

pub use {list::import as list, openapi::import as openapi};

use super::Table;
use std::collections::{BTreeSet, HashMap};

/// The most paths that one import may have.
pub const MAX_ROUTES: usize = 10_000;
/// The longest id of a route.
const MAX_ID: usize = 64;

/// The routes, and what could not be carried over as it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Import {
    pub table: Table,
    pub warnings: Vec<String>,
}

impl Import {
    /// A table with the imported routes: each takes the place of the route of the same id, or comes after all others, which stay.
    pub fn added_to(self, table: &Table) -> Table {
        let mut all = table.clone();
        let places: HashMap<&str, usize> = table.routes.iter().enumerate().map(|(place, route)| (route.id.as_str(), place)).collect();
        for route in self.table.routes {
            match places.get(route.id.as_str()) {
                Some(&place) => all.routes[place] = route,
                None => all.routes.push(route),
            }
        }
        all
    }
}

/// The router's form of a path template: a parameter is a whole segment, its name has letters, digits and `_`.
fn pattern(template: &str, warnings: &mut Vec<String>) -> String {
    let mut names = BTreeSet::new();
    let segments = template.split('/').skip(1).map(|segment| {
        let Some(open) = segment.find('{') else { return segment.to_owned() };
        let inner = segment[open + 1..].split('}').next().unwrap_or_default();
        if segment != format!("{{{inner}}}") {
            warnings.push(format!("{template}: {segment:?} is taken as a whole, the router has no parameters within a segment"));
        }
        let mut name: String = inner.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
        if name.is_empty() {
            name.push('_');
        }
        while !names.insert(name.clone()) {
            name.push('_');
        }
        format!("{{{name}}}")
    });
    let segments: Vec<String> = segments.collect();
    format!("/{}", segments.join("/"))
}

/// `fm-cars-api-cars-id`, and the methods where a path has several routes.
fn id(service: &str, pattern: &str, methods: &[&str], ids: &mut BTreeSet<String>) -> String {
    let words = [service].into_iter().chain(pattern.split('/')).chain(methods.iter().copied());
    let words = words.map(|word| word.trim_matches(['{', '}'])).filter(|word| !word.is_empty());
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') { c.to_ascii_lowercase() } else { '-' };
    let mut whole: String = words.collect::<Vec<_>>().join("-").chars().map(plain).collect();
    whole.truncate(MAX_ID);
    let mut id = whole.clone();
    for n in 2.. {
        if ids.insert(id.clone()) {
            break;
        }
        let suffix = format!("-{n}");
        id = format!("{}{suffix}", &whole[..whole.len().min(MAX_ID - suffix.len())]);
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn ids_are_short_and_unique() {
        let (long, mut ids) = (format!("/{}", "segment/".repeat(20)), BTreeSet::new());
        let made: Vec<String> = (0..12).map(|_| id("Svc é", &long, &["get"], &mut ids)).collect();
        assert!(made.iter().all(|id| id.len() <= MAX_ID && id.is_ascii()), "{made:?}");
        assert_eq!(ids.len(), 12);
        assert!(made[11].ends_with("-12") && made[0].starts_with("svc---segment"), "{made:?}");
    }

    #[test]
    fn imported_routes_replace_those_of_their_id_and_leave_the_others() {
        let table = |routes: &[(&str, &str)]| -> Table {
            let routes: Vec<_> = routes.iter().map(|(id, path)| json!({"id": id, "path": path, "plugins": []})).collect();
            serde_json::from_value(json!({"format": 1, "note": routes.len().to_string(), "routes": routes})).unwrap()
        };
        let before = table(&[("a", "/a"), ("b", "/b"), ("c", "/c")]);
        let import = Import { table: table(&[("d", "/d"), ("b", "/new")]), warnings: Vec::new() };
        let after = import.added_to(&before);
        let routes: Vec<_> = after.routes.iter().map(|route| (route.id.as_str(), route.path.as_str())).collect();
        assert_eq!(routes, [("a", "/a"), ("b", "/new"), ("c", "/c"), ("d", "/d")]);
        assert_eq!(after.note, before.note);
    }
}
