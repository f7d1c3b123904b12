use super::{
    Unknown,
    field::{LISTS, MAX_VALUES, RANGES, UNKEPT, is_value},
    sort::{self, BY_DISTANCE, DEFAULT_SORT},
};
use crate::text::{Lang, whole};
use fm_sdk::text::{clean_label, clean_line, number::NumberError};
use std::collections::HashMap;
use url::form_urlencoded;

/// Cars on one page of results: fills rows of two, three and four.
const PER_PAGE: u32 = 24;
const PER_PAGES: [u32; 3] = [24, 48, 96];
/// Farther pages are not meant.
pub(super) const LAST_PAGE: u32 = 100_000;
/// The longest text to look for, in characters.
pub(super) const LONGEST_TEXT: usize = 200;
/// Parameters that have one value; of several the last one counts.
const SINGLE: [&str; 8] = ["q", "seller", "near", "radius", "sort", "page", "per_page", "view"];
/// The longest name of a place, in characters.
const LONGEST_PLACE: usize = 100;
/// Kilometres around a place, if nothing is said.
const RADIUS: u32 = 50;
/// Kilometres that are offered.
const RADII: [u32; 6] = [10, 20, 50, 100, 200, 500];
/// What the API takes.
const GREATEST_RADIUS: u32 = 1_000;

/// What is looked for. Whatever a query string holds that makes no sense is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search {
    /// Values of each of [`LISTS`].
    lists: [Vec<String>; LISTS.len()],
    /// Least and greatest of each of [`RANGES`].
    ranges: [(Option<i64>, Option<i64>); RANGES.len()],
    pub text: String,
    pub seller: String,
    /// A postal code or town; empty for everywhere.
    pub near: String,
    /// Kilometres around it.
    pub radius: u32,
    pub sort: &'static str,
    pub page: u32,
    pub per_page: u32,
    /// Shown as a list instead of a grid.
    pub as_list: bool,
}

impl Default for Search {
    fn default() -> Self {
        Search {
            lists: Default::default(),
            ranges: Default::default(),
            text: String::new(),
            seller: String::new(),
            near: String::new(),
            radius: RADIUS,
            sort: DEFAULT_SORT,
            page: 1,
            per_page: PER_PAGE,
            as_list: false,
        }
    }
}

impl Search {
    /// Reads a query string, whatever it holds, with numbers as readers of a language write them.
    pub fn parse(lang: Lang, query: &str) -> Self {
        Search::read(lang, query).0
    }
    /// Reads a query string. Values that its own parameters do not have are left out of the search, and returned.
    pub fn read(lang: Lang, query: &str) -> (Self, Vec<Unknown>) {
        let (mut search, mut unknown, mut last) = (Search::default(), Vec::new(), HashMap::new());
        for (name, value) in form_urlencoded::parse(query.as_bytes()).take(500) {
            let value = value.trim();
            let Some(name) = known(&name).filter(|_| !value.is_empty()) else { continue };
            if !search.take(lang, name, value) {
                unknown.push(Unknown::new(name, value));
            }
            if !LISTS.contains(&name)
                && let Some(before) = last.insert(name, value.to_owned())
                && before != value
            {
                unknown.push(Unknown::new(name, &before));
            }
        }
        for (from, to) in &mut search.ranges {
            if let (Some(a), Some(b)) = (*from, *to)
                && a > b
            {
                (*from, *to) = (Some(b), Some(a));
            }
        }
        if search.near.is_empty() {
            search.leave_place();
        }
        Unknown::tidy(&mut unknown);
        (search, unknown)
    }
    /// Takes a value; `false` if the parameter has no such value.
    fn take(&mut self, lang: Lang, name: &str, value: &str) -> bool {
        if let Some(i) = LISTS.iter().position(|f| *f == name) {
            let (values, value) = (&mut self.lists[i], clean_label(value));
            let fits = is_value(name, &value);
            if fits && values.len() < MAX_VALUES && !values.iter().any(|v| *v == value) {
                values.push(value.into_owned());
            }
            return fits;
        }
        for (range, (from, to)) in RANGES.iter().zip(&mut self.ranges) {
            // A limit that every car keeps is none; one that no car can keep is a mistake.
            if name == range.from {
                let limit = limit(lang, range.field, value).filter(|n| *n <= range.max);
                *from = limit.filter(|n| *n >= range.min);
                return limit.is_some();
            }
            if name == range.to {
                let limit = limit(lang, range.field, value).filter(|n| *n >= range.min);
                *to = limit.filter(|n| *n <= range.max);
                return limit.is_some();
            }
        }
        match name {
            "q" => {
                // What the replacement character stands for was no UTF-8.
                let text = if value.contains(char::REPLACEMENT_CHARACTER) { "" } else { value };
                self.text = clean_line(text).chars().take(LONGEST_TEXT).collect();
                !self.text.is_empty()
            }
            "seller" => {
                let fits = value.len() <= 64 && value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
                self.seller = if fits { value.to_owned() } else { String::new() };
                fits
            }
            "near" => {
                let text = clean_line(value);
                let fits = !value.contains(char::REPLACEMENT_CHARACTER) && text.chars().count() <= LONGEST_PLACE && !text.is_empty();
                self.near = if fits { text.into_owned() } else { String::new() };
                fits
            }
            "radius" => set(&mut self.radius, value.parse().ok().filter(|km| (1..=GREATEST_RADIUS).contains(km)), RADIUS),
            "sort" => set(&mut self.sort, sort::parse(value), DEFAULT_SORT),
            "page" => {
                let page = limit(lang, "page", value).filter(|n| *n >= 1).map(|n| u32::try_from(n).unwrap_or(u32::MAX).min(LAST_PAGE));
                set(&mut self.page, page, 1)
            }
            "per_page" => set(&mut self.per_page, value.parse().ok().filter(|p| PER_PAGES.contains(p)), PER_PAGE),
            "view" => {
                self.as_list = value == "list";
                matches!(value, "list" | "grid")
            }
            _ => true,
        }
    }
    /// Searches everywhere. Nothing is nearest to nowhere.
    pub fn leave_place(&mut self) {
        self.near.clear();
        self.radius = RADIUS;
        if self.sort == BY_DISTANCE {
            self.sort = DEFAULT_SORT;
        }
    }
    /// Gives the kilometres that are offered, and those that are asked for, as the form sends them.
    pub fn radii(&self) -> Vec<(u32, String)> {
        let mut all = RADII.to_vec();
        if !all.contains(&self.radius) {
            all.push(self.radius);
            all.sort_unstable();
        }
        // What goes without saying stays out of the address.
        all.into_iter().map(|km| (km, if km == RADIUS { String::new() } else { km.to_string() })).collect()
    }
    /// Keeps the values of one of [`LISTS`] that are known; returns the others.
    pub fn retain(&mut self, field: &'static str, is_known: impl Fn(&str) -> bool) -> Vec<Unknown> {
        let Some(i) = LISTS.iter().position(|f| *f == field) else { return Vec::new() };
        let (kept, rest) = std::mem::take(&mut self.lists[i]).into_iter().partition(|v| is_known(v));
        self.lists[i] = kept;
        rest.iter().map(|value: &String| Unknown::new(field, value)).collect()
    }

    /// Gives the values of one of [`LISTS`].
    pub fn list(&self, field: &str) -> &[String] {
        LISTS.iter().position(|f| *f == field).map_or(&[], |i| &self.lists[i])
    }
    /// Gives least and greatest of one of [`RANGES`].
    pub fn range(&self, field: &str) -> (Option<i64>, Option<i64>) {
        RANGES.iter().position(|r| r.field == field).map_or((None, None), |i| self.ranges[i])
    }
    /// Gives the filters as pairs.
    pub fn filters(&self) -> Vec<(&'static str, String)> {
        let mut pairs = Vec::new();
        if !self.text.is_empty() {
            pairs.push(("q", self.text.clone()));
        }
        for (field, values) in LISTS.iter().zip(&self.lists) {
            pairs.extend(values.iter().map(|v| (*field, v.clone())));
        }
        for (range, (from, to)) in RANGES.iter().zip(&self.ranges) {
            pairs.extend(from.map(|n| (range.from, n.to_string())));
            pairs.extend(to.map(|n| (range.to, n.to_string())));
        }
        if !self.seller.is_empty() {
            pairs.push(("seller", self.seller.clone()));
        }
        if !self.near.is_empty() {
            pairs.push(("near", self.near.clone()));
            pairs.push(("radius", self.radius.to_string()));
        }
        pairs
    }
    /// Gives what the API is asked for facets and counts.
    pub fn filter_query(&self) -> String {
        encoded(&self.filters())
    }
    /// Gives what the API is asked for a page of cars.
    pub fn page_query(&self) -> String {
        let mut pairs = self.filters();
        if self.sort != DEFAULT_SORT {
            pairs.push(("sort", self.sort.to_owned()));
        }
        pairs.push(("page", self.page.to_string()));
        pairs.push(("per_page", self.per_page.to_string()));
        encoded(&pairs)
    }
    /// Gives the address of the page that shows this.
    pub fn href(&self) -> String {
        let mut pairs = self.filters();
        if self.sort != DEFAULT_SORT {
            pairs.push(("sort", self.sort.to_owned()));
        }
        if self.per_page != PER_PAGE {
            pairs.push(("per_page", self.per_page.to_string()));
        }
        if self.as_list {
            pairs.push(("view", "list".to_owned()));
        }
        if self.page != 1 {
            pairs.push(("page", self.page.to_string()));
        }
        if pairs.is_empty() { "/cars".into() } else { format!("/cars?{}", encoded(&pairs)) }
    }
    /// Gives the same search on another page.
    pub fn at_page(&self, page: u32) -> Self {
        Search { page, ..self.clone() }
    }
    /// Gives the search with only those of its filters of which a saved search hears.
    pub fn kept(&self) -> Self {
        let mut kept = self.at_page(1);
        for (_, values) in LISTS.iter().zip(&mut kept.lists).filter(|(field, _)| UNKEPT.contains(field)) {
            values.clear();
        }
        for (_, ends) in RANGES.iter().zip(&mut kept.ranges).filter(|(range, _)| UNKEPT.contains(&range.field)) {
            *ends = (None, None);
        }
        kept
    }
    /// Gives the same search, shown as a list or as a grid.
    pub fn shown_as(&self, as_list: bool) -> Self {
        Search { as_list, ..self.clone() }
    }
    /// Gives the search with one filter less; `value` matters for those that take several.
    pub fn without(&self, name: &str, value: &str) -> Self {
        let mut less = self.at_page(1);
        if let Some(i) = LISTS.iter().position(|f| *f == name) {
            less.lists[i].retain(|v| v != value);
            if name == "maker" {
                less.lists[1].clear();
            }
        }
        for (range, (from, to)) in RANGES.iter().zip(&mut less.ranges) {
            if name == range.from || name == range.field {
                *from = None;
            }
            if name == range.to || name == range.field {
                *to = None;
            }
        }
        match name {
            "q" => less.text.clear(),
            "seller" => less.seller.clear(),
            "near" => less.leave_place(),
            _ => {}
        }
        less
    }
}

/// Finds a parameter by its name.
fn known(name: &str) -> Option<&'static str> {
    let ranges = RANGES.iter().flat_map(|r| [r.from, r.to]);
    LISTS.into_iter().chain(ranges).chain(SINGLE).find(|known| *known == name)
}

/// Sets a value, or its default if there is none; says which.
fn set<T>(field: &mut T, value: Option<T>, default: T) -> bool {
    let fits = value.is_some();
    *field = value.unwrap_or(default);
    fits
}

/// Reads a limit as people write it; one that no number holds is as far out as can be.
fn limit(lang: Lang, field: &str, text: &str) -> Option<i64> {
    match whole(lang, field, text) {
        Ok(n) => n,
        Err(NumberError::TooLarge) if text.starts_with('-') => Some(i64::MIN),
        Err(NumberError::TooLarge) => Some(i64::MAX),
        Err(_) => None,
    }
}

/// Writes pairs as a query string.
pub fn encoded(pairs: &[(&str, String)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}
