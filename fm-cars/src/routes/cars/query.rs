use crate::{
    car::YearMonth,
    catalogue::{Choice, Maker, OptionSet},
    places::{self, Place},
    search::{Criteria, Near, Range, Sort, SortBy, Step},
};
use fm_sdk::{
    Result,
    http::{Page, extract::Checks},
    text::clean_label,
};
use serde::Deserialize;

/// Values of one filter, at most.
const VALUES: usize = 100;
/// Characters of a text, at most.
const TEXT: usize = 200;
/// Kilometres around a place, at most.
const RADIUS: u32 = 1_000;

/// What is searched for, in the query. Filters may be given several times: one of these values. Count and facets take a page's query as it
/// is and leave order and page aside.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct SearchQuery {
    /// One of these makers.
    maker: Vec<String>,
    /// One of these models, as slug or free text.
    model: Vec<String>,
    /// One of these colours.
    color: Vec<String>,
    /// One of these engines.
    engine: Vec<String>,
    /// One of these gearboxes.
    gearbox: Vec<String>,
    /// One of these bodies.
    body: Vec<String>,
    /// One of these options.
    option: Vec<String>,
    /// One of these ratings of the price: `very_good`, `good`, `fair`, `high`, `very_high`.
    rating: Vec<String>,
    /// Whole euros.
    #[param(minimum = 0)]
    price_from: Option<u32>,
    /// Whole euros.
    #[param(minimum = 0)]
    price_to: Option<u32>,
    /// Of the first registration.
    #[param(minimum = 0)]
    year_from: Option<u32>,
    /// Of the first registration.
    #[param(minimum = 0)]
    year_to: Option<u32>,
    /// Kilometres.
    #[param(minimum = 0)]
    mileage_from: Option<u32>,
    /// Kilometres.
    #[param(minimum = 0)]
    mileage_to: Option<u32>,
    /// PS.
    #[param(minimum = 0)]
    power_from: Option<u32>,
    /// PS.
    #[param(minimum = 0)]
    power_to: Option<u32>,
    /// One of these emission classes: `euro_1` to `euro_7`.
    emission_class: Vec<String>,
    /// Doors, the tailgate among them.
    #[param(minimum = 0)]
    doors_from: Option<u32>,
    /// Doors, the tailgate among them.
    #[param(minimum = 0)]
    doors_to: Option<u32>,
    /// Places to sit.
    #[param(minimum = 0)]
    seats_from: Option<u32>,
    /// Places to sit.
    #[param(minimum = 0)]
    seats_to: Option<u32>,
    /// How many have owned it.
    #[param(minimum = 0)]
    owners_from: Option<u32>,
    /// How many have owned it.
    #[param(minimum = 0)]
    owners_to: Option<u32>,
    /// `true`: only cars whose inspection is valid this month.
    inspected: Option<bool>,
    /// `true`: only cars that say that they have no damage that is not repaired.
    undamaged: Option<bool>,
    /// All of these words; the last one may be a beginning.
    #[param(max_length = 200)]
    q: Option<String>,
    /// Only cars of this user.
    #[param(max_length = 200)]
    seller: Option<String>,
    /// A German postal code or town, for distances; with `radius` only cars around it.
    #[param(max_length = 200)]
    near: Option<String>,
    /// Kilometres around `near`, at most.
    #[param(minimum = 1, maximum = 1000)]
    radius: Option<u32>,
    /// `added`, `price`, `mileage`, `year`, `distance` (from `near`), `deal` (how far the price lies below that of like cars); with `-` before it descending. Without it cars with pictures come before those without, the newest first.
    sort: Option<String>,
    /// 1 is the first.
    #[param(minimum = 1)]
    page: Option<u32>,
    /// 1 to 100, 20 without.
    #[param(minimum = 1, maximum = 100)]
    per_page: Option<u32>,
}

/// What is said of a place that is none.
const NO_PLACE: &str = "not a German postal code or town";

/// Reads the values of a filter; an unknown one is told with its place.
fn values<T>(checks: Checks, field: &str, of: &[String], parse: impl Fn(&str) -> Option<T>, expected: &str) -> (Checks, Vec<T>) {
    let mut checks = checks.field(field, of.len() <= VALUES, format!("at most {VALUES} values"));
    let mut found = Vec::new();
    for (i, value) in of.iter().take(VALUES).enumerate() {
        match parse(value) {
            Some(v) => found.push(v),
            None => checks = checks.field(format!("{field}[{i}]"), false, expected),
        }
    }
    (checks, found)
}

impl SearchQuery {
    /// The filters, at a moment in milliseconds since the Unix epoch.
    ///
    /// # Errors
    /// `invalid` (400) with each value that is not known or out of its limits.
    pub fn criteria(&self, now_ms: i64) -> Result<Criteria> {
        fn choices<C: Choice>(checks: Checks, field: &str, of: &[String]) -> (Checks, Vec<C>) {
            values(checks, field, of, C::parse, &format!("one of {}", C::expected()))
        }
        let checks = Checks::of_query()
            .optional("q", self.q.as_ref(), |q| q.chars().count() <= TEXT, format!("at most {TEXT} characters"))
            .field("near", self.near().is_none_or(|near| near.chars().count() <= TEXT && places::find(near).is_some()), NO_PLACE)
            .optional("radius", self.radius.as_ref(), |km| (1..=RADIUS).contains(km), format!("1 to {RADIUS}"))
            .field("radius", self.radius.is_none() || self.near().is_some(), "needs near")
            .optional("seller", self.seller.as_ref(), |s| s.chars().count() <= TEXT, format!("at most {TEXT} characters"));
        let (checks, makers) = values(checks, "maker", &self.maker, Maker::parse, "not a maker of the catalogue");
        let model = |m: &str| (m.chars().count() <= TEXT).then(|| clean_label(m).into_owned());
        let (checks, models) = values(checks, "model", &self.model, model, "too long");
        let (checks, colors) = choices(checks, "color", &self.color);
        let (checks, engines) = choices(checks, "engine", &self.engine);
        let (checks, gearboxes) = choices(checks, "gearbox", &self.gearbox);
        let (checks, bodies) = choices(checks, "body", &self.body);
        let (checks, emission_classes) = choices(checks, "emission_class", &self.emission_class);
        let (checks, bits) = values(checks, "option", &self.option, OptionSet::bit, "not an option of the catalogue");
        let steps = Step::ALL.map(Step::value).join(", ");
        let (checks, ratings) = values(checks, "rating", &self.rating, Step::parse, &format!("one of {steps}"));
        checks.finish()?;
        Ok(Criteria {
            makers,
            models,
            colors,
            engines,
            gearboxes,
            bodies,
            options: OptionSet::from_bits(bits.into_iter().fold(0, |all, bit| all | 1 << bit)),
            price: Range { from: self.price_from, to: self.price_to },
            year: Range { from: self.year_from, to: self.year_to },
            mileage: Range { from: self.mileage_from, to: self.mileage_to },
            power: Range { from: self.power_from, to: self.power_to },
            ratings,
            emission_classes,
            doors: Range { from: self.doors_from, to: self.doors_to },
            seats: Range { from: self.seats_from, to: self.seats_to },
            owners: Range { from: self.owners_from, to: self.owners_to },
            inspected: (self.inspected == Some(true)).then(|| YearMonth::at(now_ms)),
            undamaged: self.undamaged == Some(true),
            text: self.q.clone(),
            seller: self.seller.clone(),
            near: self.place().map(|place| Near { position: place.position(), within: self.radius }),
        })
    }
    fn near(&self) -> Option<&str> {
        self.near.as_deref().map(str::trim).filter(|near| !near.is_empty())
    }
    /// The place that is searched around.
    pub fn place(&self) -> Option<Place> {
        places::find(self.near()?)
    }
    /// The order.
    ///
    /// # Errors
    /// `invalid` (400).
    pub fn sort(&self) -> Result<Sort> {
        let Some(text) = &self.sort else { return Ok(Sort::default()) };
        let sort = Sort::parse(text);
        let by_distance = sort.is_some_and(|sort| sort.by == SortBy::Distance);
        Checks::of_query()
            .field("sort", sort.is_some(), format!("one of {}", Sort::WORDS.join(", ")))
            .field("sort", !by_distance || self.near().is_some(), "distance needs near")
            .finish()?;
        Ok(sort.unwrap_or_default())
    }
    /// The page.
    ///
    /// # Errors
    /// `invalid` (400).
    pub fn page(&self) -> Result<Page> {
        Page::new(self.page, self.per_page)
    }
    /// Checks everything, for those who need the filters only.
    ///
    /// # Errors
    /// `invalid` (400).
    pub fn criteria_alone(&self, now_ms: i64) -> Result<Criteria> {
        self.sort()?;
        self.page()?;
        self.criteria(now_ms)
    }
}
