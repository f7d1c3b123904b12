use super::{
    field::{LISTS, MOST_VALUES, RANGES, is_value},
    sort::{self, DEFAULT_SORT},
};
use crate::text::{Lang, whole};
use fm_sdk::text::{clean_label, clean_line};
use url::form_urlencoded;

/// Cars on one page of results: fills rows of two, three and four.
const PER_PAGE: u32 = 24;
const PER_PAGES: [u32; 3] = [24, 48, 96];
/// Farther pages are not meant.
const LAST_PAGE: u32 = 100_000;
/// The longest text to look for, in characters.
const LONGEST_TEXT: usize = 200;

/// What is looked for. Whatever a query string holds that makes no sense is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search {
    /// Values of each of [`LISTS`].
    lists: [Vec<String>; LISTS.len()],
    /// Least and greatest of each of [`RANGES`].
    ranges: [(Option<i64>, Option<i64>); RANGES.len()],
    pub text: String,
    pub seller: String,
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
            sort: DEFAULT_SORT,
            page: 1,
            per_page: PER_PAGE,
            as_list: false,
        }
    }
}

impl Search {
    /// Reads a query string, with numbers as readers of a language write them.
    pub fn parse(lang: Lang, query: &str) -> Self {
        let mut search = Search::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()).take(500) {
            search.take(lang, &name, value.trim());
        }
        for (from, to) in &mut search.ranges {
            if let (Some(a), Some(b)) = (*from, *to)
                && a > b
            {
                (*from, *to) = (Some(b), Some(a));
            }
        }
        search
    }
    fn take(&mut self, lang: Lang, name: &str, value: &str) {
        if let Some(i) = LISTS.iter().position(|f| *f == name) {
            let values = &mut self.lists[i];
            let value = clean_label(value);
            if is_value(name, &value) && values.len() < MOST_VALUES && !values.iter().any(|v| *v == value) {
                values.push(value.into_owned());
            }
            return;
        }
        for (range, (from, to)) in RANGES.iter().zip(&mut self.ranges) {
            let number = || whole(lang, range.field, value).ok().flatten().filter(|n| (range.min..=range.max).contains(n));
            if name == range.from {
                *from = number();
            } else if name == range.to {
                *to = number();
            }
        }
        match name {
            "q" => self.text = clean_line(value).chars().take(LONGEST_TEXT).collect(),
            "seller" if value.len() <= 64 && value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') => {
                self.seller = value.to_owned()
            }
            "sort" => self.sort = sort::parse(value).unwrap_or(DEFAULT_SORT),
            "page" => self.page = value.parse().ok().filter(|p| (1..=LAST_PAGE).contains(p)).unwrap_or(1),
            "per_page" => self.per_page = value.parse().ok().filter(|p| PER_PAGES.contains(p)).unwrap_or(PER_PAGE),
            "view" => self.as_list = value == "list",
            _ => {}
        }
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
        pairs
    }
    /// Gives what the API is asked for facets and counts.
    pub fn filter_query(&self) -> String {
        encoded(&self.filters())
    }
    /// Gives what the API is asked for a page of cars.
    pub fn page_query(&self) -> String {
        let mut pairs = self.filters();
        pairs.push(("sort", self.sort.to_owned()));
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
            _ => {}
        }
        less
    }
}

/// Writes pairs as a query string.
pub fn encoded(pairs: &[(&str, String)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_sense_is_kept_and_comes_back_in_the_address() {
        let href = Search::parse(Lang::En, "maker=bmw&maker=audi&price_to=9000&q=no+rust&sort=price&page=3&view=list&per_page=48").href();
        assert_eq!(href, "/cars?q=no+rust&maker=bmw&maker=audi&price_to=9000&sort=price&per_page=48&view=list&page=3");
        assert_eq!(Search::parse(Lang::En, href.split_once('?').unwrap().1).href(), href);
    }

    #[test]
    fn what_makes_no_sense_is_left_out() {
        for query in [
            "",
            "page=0&page=-1&page=x&page=999999999999",
            "price_from=0&price_to=abc&year_from=1.5&mileage_to=-1&power_from=99999999999999999999",
            "body=boat&color=%00&engine=&gearbox[]=manual&maker=%3Cscript%3E&option=a+b",
            "sort=price;drop&per_page=5000&view=carousel&utm_source=x&=&&&%",
            "seller=../../etc&model=%20%20",
            "%ff%fe=%ff&maker=%ff",
        ] {
            assert_eq!(Search::parse(Lang::En, query), Search::default(), "{query}");
        }
    }

    #[test]
    fn limits_the_wrong_way_round_are_turned() {
        assert_eq!(Search::parse(Lang::En, "year_from=2020&year_to=2010").range("year"), (Some(2010), Some(2020)));
    }

    #[test]
    fn a_filter_can_be_taken_off_and_takes_the_page_with_it() {
        let search = Search::parse(Lang::En, "maker=bmw&maker=audi&model=3er&price_from=1&price_to=5&page=7&q=x");
        assert_eq!(search.without("maker", "bmw").href(), "/cars?q=x&maker=audi&price_from=1&price_to=5");
        assert_eq!(search.without("price", "").without("q", "").href(), "/cars?maker=bmw&maker=audi&model=3er");
        assert_eq!(search.without("price_to", "").range("price"), (Some(1), None));
    }

    #[test]
    fn a_flood_of_values_ends_somewhere() {
        let query = (0..400).map(|i| format!("maker=m{i}")).collect::<Vec<_>>().join("&");
        assert_eq!(Search::parse(Lang::En, &query).list("maker").len(), MOST_VALUES);
        assert_eq!(Search::parse(Lang::En, &format!("q={}", "ä".repeat(5000))).text.chars().count(), LONGEST_TEXT);
    }

    #[test]
    fn limits_are_read_as_people_write_them() {
        for (lang, query, price) in [
            (Lang::De, "price_to=12.500", Some(12_500)),
            (Lang::De, "price_to=12.500,00+%E2%82%AC", Some(12_500)),
            (Lang::En, "price_to=12,500", Some(12_500)),
            (Lang::En, "price_to=12.500", None),
            (Lang::De, "price_to=12,5", None),
            (Lang::En, "price_to=5e3", None),
        ] {
            assert_eq!(Search::parse(lang, query).range("price").1, price, "{query}");
        }
    }

    #[test]
    fn what_cannot_be_seen_does_not_reach_the_page() {
        let search = Search::parse(Lang::En, "q=Go%E2%80%8Blf%E2%80%AE+%00neu&model=I%E2%80%8Bsetta&model=Isetta");
        assert_eq!((search.text.as_str(), search.list("model")), ("Golf neu", &["Isetta".to_owned()][..]));
        assert_eq!(Search::parse(Lang::En, "q=%F0%9F%91%A8%E2%80%8D%F0%9F%91%A9").text, "👨\u{200d}👩");
    }
}
