use super::{
    DESCRIPTION, Facts, Limits, LocationInput, MILEAGE, POWER, PRICE, Status, YearMonth,
    limits::{CONSUMPTION, DOORS, MONTH, OWNERS, SEATS, TRIM},
    object::{self, FromObject},
};
use crate::catalogue::{Choice, Maker, Model, OptionSet};
use fm_sdk::{
    Error, FieldError, Result,
    text::{clean_label, clean_lines},
};
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, value::MapAccessDeserializer},
};
use std::ops::RangeInclusive;

/// A field of a request: left out, `null`, or given. A change tells the three apart.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Given<T> {
    /// Left out.
    #[default]
    Absent,
    /// `null`.
    Null,
    /// A value.
    Value(T),
}

impl<T> Given<T> {
    /// The value, if one was given.
    pub fn some(self) -> Option<T> {
        match self {
            Given::Value(v) => Some(v),
            Given::Absent | Given::Null => None,
        }
    }
    /// Takes the value over the one that was; `null` clears it.
    fn over<U: Clone>(self, was: Option<&U>, check: impl FnOnce(T) -> Option<U>) -> Option<U> {
        match self {
            Given::Absent => was.cloned(),
            Given::Null => None,
            Given::Value(v) => check(v),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Given<T> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> std::result::Result<Self, D::Error> {
        Ok(Option::<T>::deserialize(d)?.map_or(Given::Null, Given::Value))
    }
}

/// An ad as a client or a file writes it: any field may be missing, nothing is checked yet.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(remote = "Self", deny_unknown_fields, default)]
pub struct CarInput {
    /// A slug of the catalogue.
    pub maker: Given<String>,
    /// A slug of the catalogue or free text.
    pub model: Given<String>,
    /// One of the catalogue's bodies.
    pub body: Given<String>,
    /// Free text.
    pub description: Given<String>,
    /// Whole euros.
    pub price: Given<i64>,
    /// Of the first registration.
    pub year: Given<i64>,
    /// Kilometres.
    pub mileage: Given<i64>,
    /// One of the catalogue's colours.
    pub color: Given<String>,
    /// One of the catalogue's engines.
    pub engine: Given<String>,
    /// One of the catalogue's gearboxes.
    pub gearbox: Given<String>,
    /// PS.
    pub power_ps: Given<i64>,
    /// Values of the catalogue's options.
    pub options: Given<Vec<String>>,
    /// Where it stands.
    pub location: Given<LocationInput>,
    /// `draft` or `listed`.
    pub status: Given<String>,
    /// Of the first registration.
    pub month: Given<i64>,
    /// What the maker calls this version.
    pub trim: Given<String>,
    /// How many have owned it.
    pub owners: Given<i64>,
    /// `2027-05`.
    pub inspection_until: Given<String>,
    /// Doors, the tailgate among them.
    pub doors: Given<i64>,
    /// Places to sit.
    pub seats: Given<i64>,
    /// One of the catalogue's classes.
    pub emission_class: Given<String>,
    /// Per 100 km.
    pub consumption: Given<f64>,
    /// One of the catalogue's colours.
    pub interior_color: Given<String>,
    /// It has damage that is not repaired.
    pub unrepaired_damage: Given<bool>,
}

impl<'de> FromObject<'de> for CarInput {
    fn from_object<A: MapAccess<'de>>(map: MapAccessDeserializer<A>) -> std::result::Result<Self, A::Error> {
        // The inherent function that `remote` derives.
        Self::deserialize(map)
    }
}
impl<'de> Deserialize<'de> for CarInput {
    fn deserialize<D: Deserializer<'de>>(d: D) -> std::result::Result<Self, D::Error> {
        object::read(d)
    }
}

/// Collects what is wrong, field by field.
struct Check(Vec<FieldError>);

impl Check {
    fn wrong<T>(&mut self, field: impl Into<String>, message: impl Into<String>) -> Option<T> {
        self.0.push(FieldError { field: field.into(), message: message.into() });
        None
    }
    fn number<N: TryFrom<i64>>(&mut self, field: &str, value: i64, limits: &RangeInclusive<i64>) -> Option<N> {
        let inside = limits.contains(&value).then(|| N::try_from(value).ok()).flatten();
        inside.or_else(|| self.wrong(field, format!("{} to {}", limits.start(), limits.end())))
    }
    fn choice<C: Choice>(&mut self, field: &str, value: &str) -> Option<C> {
        C::parse(value).or_else(|| self.wrong(field, format!("one of {}", C::expected())))
    }
    fn maker(&mut self, value: &str) -> Option<Maker> {
        Maker::parse(value).or_else(|| self.wrong("maker", "not a maker of the catalogue"))
    }
    fn model(&mut self, maker: Option<Maker>, value: &str) -> Option<Model> {
        // Without a maker there is an error already; any maker serves to check the text.
        let maker = maker.or_else(|| Maker::of_code(1))?;
        Model::parse(maker, value).or_else(|| self.wrong("model", format!("1 to {} characters on one line", Model::MAX)))
    }
    fn trim(&mut self, value: &str) -> Option<String> {
        let text = clean_label(value);
        if text.is_empty() || text.chars().count() > TRIM {
            return self.wrong("trim", format!("1 to {TRIM} characters on one line"));
        }
        Some(text.into_owned())
    }
    fn month_of_year(&mut self, field: &str, value: &str) -> Option<YearMonth> {
        value.parse().ok().or_else(|| self.wrong(field, "a month, like 2027-05"))
    }
    fn consumption(&mut self, value: f64) -> Option<f64> {
        let rounded = (value * 10.0).round() / 10.0;
        let (from, to) = (CONSUMPTION.start(), CONSUMPTION.end());
        if CONSUMPTION.contains(&rounded) { Some(rounded) } else { self.wrong("consumption", format!("{from} to {to}")) }
    }
    fn description(&mut self, value: &str) -> Option<String> {
        let text = clean_lines(value);
        if text.chars().count() > DESCRIPTION {
            return self.wrong("description", format!("at most {DESCRIPTION} characters"));
        }
        (!text.is_empty()).then(|| text.into_owned())
    }
    fn options(&mut self, values: &[String]) -> Option<OptionSet> {
        let mut set = OptionSet::default();
        for (i, value) in values.iter().enumerate() {
            if !set.insert(value) {
                self.wrong::<()>(format!("options[{i}]"), "not an option of the catalogue");
            }
        }
        Some(set)
    }
    fn required<T>(&mut self, field: &str, value: Option<T>) -> Option<T> {
        if value.is_none() && !self.0.iter().any(|e| e.field == field) {
            self.wrong::<()>(field, "required");
        }
        value
    }
}

impl CarInput {
    /// Checks all fields: on top of `was` for a change, from nothing for a new car.
    ///
    /// # Errors
    /// `invalid` (422) with a message for every field that is wrong, all at once.
    pub fn check(&self, was: Option<&Facts>, limits: Limits) -> Result<Facts> {
        let mut c = Check(Vec::new());
        let i = self.clone();
        let maker = i.maker.over(was.map(|w| &w.maker), |v| c.maker(&v));
        let maker = c.required("maker", maker);
        let price = i.price.over(was.map(|w| &w.price), |v| c.number("price", v, &PRICE));
        let price = c.required("price", price);
        let year = i.year.over(was.map(|w| &w.year), |v| c.number("year", v, &limits.year()));
        let year = c.required("year", year);
        let model = i.model.over(was.and_then(|w| w.model.as_ref()), |v| c.model(maker, &v));
        let body = i.body.over(was.and_then(|w| w.body.as_ref()), |v| c.choice("body", &v));
        let description = i.description.over(was.and_then(|w| w.description.as_ref()), |v| c.description(&v));
        let mileage = i.mileage.over(was.and_then(|w| w.mileage.as_ref()), |v| c.number("mileage", v, &MILEAGE));
        let color = i.color.over(was.and_then(|w| w.color.as_ref()), |v| c.choice("color", &v));
        let engine = i.engine.over(was.and_then(|w| w.engine.as_ref()), |v| c.choice("engine", &v));
        let gearbox = i.gearbox.over(was.and_then(|w| w.gearbox.as_ref()), |v| c.choice("gearbox", &v));
        let power_ps = i.power_ps.over(was.and_then(|w| w.power_ps.as_ref()), |v| c.number("power_ps", v, &POWER));
        let options = i.options.over(was.map(|w| &w.options), |v| c.options(&v)).unwrap_or_default();
        let location = i.location.over(was.and_then(|w| w.location.as_ref()), |v| v.check(&mut c.0));
        let month = i.month.over(was.and_then(|w| w.month.as_ref()), |v| c.number("month", v, &MONTH));
        let trim = i.trim.over(was.and_then(|w| w.trim.as_ref()), |v| c.trim(&v));
        let owners = i.owners.over(was.and_then(|w| w.owners.as_ref()), |v| c.number("owners", v, &OWNERS));
        let inspected = was.and_then(|w| w.inspection_until.as_ref());
        let inspection_until = i.inspection_until.over(inspected, |v| c.month_of_year("inspection_until", &v));
        let doors = i.doors.over(was.and_then(|w| w.doors.as_ref()), |v| c.number("doors", v, &DOORS));
        let seats = i.seats.over(was.and_then(|w| w.seats.as_ref()), |v| c.number("seats", v, &SEATS));
        let emission_class = i.emission_class.over(was.and_then(|w| w.emission_class.as_ref()), |v| c.choice("emission_class", &v));
        let consumption = i.consumption.over(was.and_then(|w| w.consumption.as_ref()), |v| c.consumption(v));
        let interior_color = i.interior_color.over(was.and_then(|w| w.interior_color.as_ref()), |v| c.choice("interior_color", &v));
        let unrepaired_damage = i.unrepaired_damage.over(was.and_then(|w| w.unrepaired_damage.as_ref()), Some);
        if let Given::Value(status) = &self.status
            && Status::parse_writable(status).is_none()
        {
            c.wrong::<()>("status", "draft or listed");
        }
        match (maker, price, year) {
            (Some(maker), Some(price), Some(year)) if c.0.is_empty() => {
                #[rustfmt::skip]
                let facts = Facts {
                    maker, model, body, description, price, year, mileage, color, engine, gearbox, power_ps, options, location,
                    month, trim, owners, inspection_until, doors, seats, emission_class, consumption, interior_color, unrepaired_damage,
                };
                Ok(facts)
            }
            _ => Err(Error::invalid(c.0)),
        }
    }
    /// The status that is asked for, if any.
    pub fn status(&self) -> Option<Status> {
        match &self.status {
            Given::Value(s) => Status::parse_writable(s),
            Given::Absent | Given::Null => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A day in 2026.
    const NOW: i64 = 1_780_000_000_000;

    fn fields(json: &str) -> Vec<String> {
        let input: CarInput = serde_json::from_str(json).unwrap();
        match input.check(None, Limits::at(NOW)) {
            Ok(_) => vec![],
            Err(e) => e.fields().iter().map(|f| f.field.clone()).collect(),
        }
    }

    #[test]
    fn every_field_is_validated_and_all_errors_are_reported_at_once() {
        let with = |rest: &str| format!(r#"{{"maker":"bmw","price":1,"year":2000{rest}}}"#);
        for (json, wrong) in [
            (with(""), vec![]),
            ("{}".into(), vec!["maker", "price", "year"]),
            (r#"{"maker":null,"price":null,"year":null}"#.into(), vec!["maker", "price", "year"]),
            (r#"{"maker":"BMW","price":0,"year":1885}"#.into(), vec!["maker", "price", "year"]),
            (r#"{"maker":"bmw","price":10000001,"year":2028}"#.into(), vec!["price", "year"]),
            (r#"{"maker":"bmw","price":10000000,"year":2027}"#.into(), vec![]),
            (r#"{"maker":"bmw","price":-9223372036854775808,"year":65536}"#.into(), vec!["price", "year"]),
            (with(r#","mileage":0,"power_ps":2500"#), vec![]),
            (with(r#","mileage":-1,"power_ps":0"#), vec!["mileage", "power_ps"]),
            (with(r#","mileage":2000001,"power_ps":2501"#), vec!["mileage", "power_ps"]),
            (with(r#","body":"boat","engine":"steam","gearbox":"","color":"Red""#), vec!["body", "color", "engine", "gearbox"]),
            (with(r#","options":["abs","abs"]"#), vec![]),
            (with(r#","options":["abs","wings","","esp"]"#), vec!["options[1]", "options[2]"]),
            (with(r#","model":"","description":"a\u0000b""#), vec!["model"]),
            (with(r#","model":null,"body":null,"options":null,"location":null"#), vec![]),
            (with(r#","location":{"lat":1}"#), vec!["location.postal_code", "location.lon"]),
            (with(r#","month":12,"owners":50,"doors":7,"seats":60,"consumption":0.1,"inspection_until":"2027-05""#), vec![]),
            (with(r#","emission_class":"euro_6","interior_color":"beige","trim":"Comfortline","unrepaired_damage":false"#), vec![]),
            (
                with(r#","month":0,"owners":0,"doors":8,"seats":61,"consumption":100"#),
                vec!["month", "owners", "doors", "seats", "consumption"],
            ),
            (with(r#","consumption":0.04,"inspection_until":"05/2027","trim":"\u200b""#), vec!["trim", "inspection_until", "consumption"]),
            (with(r#","emission_class":"euro_8","interior_color":"pink""#), vec!["emission_class", "interior_color"]),
            (with(r#","month":null,"trim":null,"owners":null,"inspection_until":null,"consumption":null"#), vec![]),
            (with(r#","status":"sold""#), vec!["status"]),
            (with(r#","status":"draft""#), vec![]),
            (with(&format!(r#","description":"{}""#, "ü".repeat(5_000))), vec![]),
            (with(&format!(r#","description":"{}""#, "x".repeat(5_001))), vec!["description"]),
        ] {
            assert_eq!(fields(&json), wrong, "{json:.120}");
        }
    }
    #[test]
    fn a_description_is_cleaned_and_keeps_its_lines_and_emoji() {
        for (written, kept) in [
            ("a\u{0}b\u{202e}c\u{200b}", Some("abc")),
            (" Ka\u{308}fer\r\n\r\n\tneu ", Some("Käfer\n\n\tneu")),
            ("👨\u{200d}👩\u{200d}👧 ❤\u{fe0f}", Some("👨\u{200d}👩\u{200d}👧 ❤\u{fe0f}")),
            ("\u{200b}\u{feff}\n", None),
        ] {
            let input = CarInput {
                description: Given::Value(written.into()),
                ..serde_json::from_str(r#"{"maker":"bmw","price":1,"year":2000}"#).unwrap()
            };
            assert_eq!(input.check(None, Limits::at(NOW)).unwrap().description.as_deref(), kept, "{written:?}");
        }
    }
    #[test]
    fn unknown_fields_and_wrong_types_cannot_be_read() {
        for json in [
            r#"{"colour":"red"}"#,
            r#"{"price":"1"}"#,
            r#"{"price":1.5}"#,
            r#"{"options":"abs"}"#,
            r#"{"location":"10115"}"#,
            r#"{"location":{"zip":"10115"}}"#,
            r#"{"maker":["bmw"]}"#,
            r#"{"unrepaired_damage":"no"}"#,
            r#"{"consumption":"5,6"}"#,
            r#"{"price":1,"price":2}"#,
        ] {
            assert!(serde_json::from_str::<CarInput>(json).is_err(), "{json}");
        }
    }
}
