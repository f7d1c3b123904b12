use super::Step;
use crate::{
    car::YearMonth,
    catalogue::{Body, Color, EmissionClass, Engine, Gearbox, Maker, OptionSet},
    places::Position,
};

/// From and to, both included, both optional.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Range {
    /// The least.
    pub from: Option<u32>,
    /// The most.
    pub to: Option<u32>,
}

impl Range {
    /// Whether it says anything.
    pub fn is_open(self) -> bool {
        self.from.is_none() && self.to.is_none()
    }
    /// Whether a value lies inside. What is not said lies inside only if nothing is asked.
    pub fn holds(self, value: Option<u32>) -> bool {
        match value {
            None => self.is_open(),
            Some(v) => self.from.is_none_or(|f| v >= f) && self.to.is_none_or(|t| v <= t),
        }
    }
}

/// Around which place is searched.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Near {
    /// From where distances are counted.
    pub position: Position,
    /// Kilometres, at most; none = however far.
    pub within: Option<u32>,
}

/// What is searched for. Several values of one filter are "one of"; filters are "and".
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Criteria {
    /// One of these makers; none = any.
    pub makers: Vec<Maker>,
    /// One of these models, as slug or free text; none = any.
    pub models: Vec<String>,
    /// One of these colours; none = any.
    pub colors: Vec<Color>,
    /// One of these engines; none = any.
    pub engines: Vec<Engine>,
    /// One of these gearboxes; none = any.
    pub gearboxes: Vec<Gearbox>,
    /// One of these bodies; none = any.
    pub bodies: Vec<Body>,
    /// One of these options; none = any.
    pub options: OptionSet,
    /// Whole euros.
    pub price: Range,
    /// Of the first registration.
    pub year: Range,
    /// Kilometres.
    pub mileage: Range,
    /// PS.
    pub power: Range,
    /// One of these emission classes; none = any.
    pub emission_classes: Vec<EmissionClass>,
    /// Doors.
    pub doors: Range,
    /// Places to sit.
    pub seats: Range,
    /// How many have owned it.
    pub owners: Range,
    /// Only cars that need no inspection before this month is over.
    pub inspected: Option<YearMonth>,
    /// Only cars that say that all damage is repaired.
    pub undamaged: bool,
    /// All of these words, the last one may be a beginning.
    pub text: Option<String>,
    /// One of these ratings of the price; none = any.
    pub ratings: Vec<Step>,
    /// Only cars of this user.
    pub seller: Option<String>,
    /// Around this place. What does not say where it stands is nowhere near.
    pub near: Option<Near>,
}

/// What to sort by. Cars that do not say it come last either way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortBy {
    /// Whether it has a picture, then when the ad was added. What is used when no order is asked for; it has no word.
    Pictured,
    /// When the ad was added.
    Added,
    /// The price.
    Price,
    /// The mileage.
    Mileage,
    /// The year.
    Year,
    /// How far the price lies below that of like cars.
    Deal,
    /// How far it stands from the place that is searched around.
    Distance,
}

/// What to sort by and in which direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort {
    /// What.
    pub by: SortBy,
    /// The greatest first.
    pub descending: bool,
}

impl Default for Sort {
    /// Those with pictures before those without, the newest first.
    fn default() -> Self {
        Sort { by: SortBy::Pictured, descending: true }
    }
}

impl Sort {
    /// All words that stand for an order.
    pub const WORDS: &'static [&'static str] =
        &["added", "-added", "price", "-price", "mileage", "-mileage", "year", "-year", "deal", "-deal", "distance", "-distance"];

    /// Reads `price` or `-price`.
    pub fn parse(text: &str) -> Option<Self> {
        let (descending, by) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let by = match by {
            "added" => SortBy::Added,
            "price" => SortBy::Price,
            "mileage" => SortBy::Mileage,
            "year" => SortBy::Year,
            "deal" => SortBy::Deal,
            "distance" => SortBy::Distance,
            _ => return None,
        };
        Some(Sort { by, descending })
    }
    /// The key that orders ascending; a missing value comes last either way.
    pub(super) fn key(self, value: Option<u64>) -> u64 {
        match value {
            None => u64::MAX,
            Some(v) if self.descending => u64::MAX - 1 - v,
            Some(v) => v,
        }
    }
}
