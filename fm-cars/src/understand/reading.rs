use super::{
    lexicon::Meaning,
    step::{Says, Step},
};

/// What a short name of a model costs whose maker is not said.
const SHORT_MODEL: u32 = 2;
/// Fields in the order in which they are given.
const FIELDS: [&str; 17] = [
    "q",
    "maker",
    "model",
    "body",
    "engine",
    "gearbox",
    "color",
    "option",
    "price_from",
    "price_to",
    "year_from",
    "year_to",
    "mileage_from",
    "mileage_to",
    "power_from",
    "power_to",
    "near",
];

/// One way to read a text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Words that were read so far.
    at: usize,
    filters: Vec<(&'static str, String)>,
    radius: u32,
    /// Words without a meaning.
    rest: Vec<String>,
    /// The less the more likely.
    pub cost: u32,
}

impl Reading {
    pub(super) fn at(&self) -> usize {
        self.at
    }
    /// Of unfinished readings that have come differently far.
    pub(super) fn expected_cost(&self) -> (u32, usize) {
        (self.cost, usize::MAX - self.at)
    }
    /// Whether nothing is asked.
    pub(super) fn is_empty(&self) -> bool {
        self.filters.is_empty() && self.rest.is_empty()
    }
    /// The filters as pairs of a query, in a fixed order; words without a meaning as `q`.
    pub fn pairs(&self) -> Vec<(&'static str, String)> {
        let mut pairs = self.filters.clone();
        if !self.rest.is_empty() {
            pairs.push(("q", self.rest.join(" ")));
        }
        pairs.sort_by_key(|(field, value)| (FIELDS.iter().position(|f| f == field), value.clone()));
        if pairs.iter().any(|(field, _)| *field == "near") {
            pairs.push(("radius", self.radius.to_string()));
        }
        pairs
    }
    /// The same with the next words; none if they cannot be meant together with those before.
    pub(super) fn then(&self, step: &Step) -> Option<Self> {
        let mut reading = Reading { at: self.at + step.words, cost: self.cost + step.cost, ..self.clone() };
        let fits = match &step.says {
            Says::Nothing => true,
            Says::Word(word) => {
                reading.rest.push(word.clone());
                true
            }
            Says::Value(meaning, is_short) => reading.means(meaning, *is_short),
            Says::Amounts(filters) => filters.iter().all(|(field, n)| reading.set(field, n.to_string())),
            Says::Near(place, radius) => {
                reading.radius = *radius;
                reading.set("near", place.clone())
            }
        };
        fits.then_some(reading)
    }
    fn means(&mut self, meaning: &Meaning, is_short: bool) -> bool {
        match meaning {
            Meaning::Maker(maker) => {
                if self.has("model") && !self.is("maker", maker) {
                    return false;
                }
                self.add("maker", maker);
            }
            Meaning::Model(maker, model) => {
                if self.has("maker") && !self.is("maker", maker) {
                    return false;
                }
                if !self.has("maker") && is_short {
                    self.cost += SHORT_MODEL;
                }
                self.add("maker", maker);
                self.add("model", model);
            }
            Meaning::Choice(field, value) => self.add(field, value),
            Meaning::Option(value) => self.add("option", value),
        }
        true
    }
    fn has(&self, field: &str) -> bool {
        self.filters.iter().any(|(f, _)| *f == field)
    }
    fn is(&self, field: &str, value: &str) -> bool {
        self.filters.iter().any(|(f, v)| *f == field && v == value)
    }
    fn add(&mut self, field: &'static str, value: &str) {
        if !self.is(field, value) {
            self.filters.push((field, value.to_owned()));
        }
    }
    /// Sets what has one value; `false` if it has another one already.
    fn set(&mut self, field: &'static str, value: String) -> bool {
        let fits = !self.has(field) || self.is(field, &value);
        if fits {
            self.add(field, &value);
        }
        fits
    }
}
