use super::words;
use crate::{
    car::{CarInput, Facts, Given, Limits, LocationInput},
    understand::named_in,
};
use fm_sdk::{
    FieldError,
    text::number::{Convention, parse_whole},
};

/// One row of a file, by the names of its columns.
pub(super) struct Cells<'a> {
    pub name: &'a str,
    pub price: &'a str,
    pub vehicle_type: &'a str,
    pub year: &'a str,
    pub gearbox: &'a str,
    pub power: &'a str,
    pub model: &'a str,
    pub odometer: &'a str,
    pub fuel_type: &'a str,
    pub brand: &'a str,
    pub postal_code: &'a str,
    /// 0 is none.
    pub month: &'a str,
    pub damage: &'a str,
}

fn word(text: &str, translate: fn(&str) -> &str) -> Given<String> {
    if text.is_empty() { Given::Absent } else { Given::Value(translate(text).to_owned()) }
}

/// A number as the files have it: English separators, one of `units` before or behind it; empty is left out.
fn number(field: &str, text: &str, units: &[&str], wrong: &mut Vec<FieldError>) -> Given<i64> {
    match parse_whole(text, Convention::English, units) {
        Ok(number) => number.map_or(Given::Absent, Given::Value),
        Err(reason) => {
            let seen: String = text.chars().take(40).collect();
            wrong.push(FieldError { field: field.into(), message: format!("{reason}: {seen}") });
            Given::Absent
        }
    }
}

/// A German postal code that lost its leading 0 gets it back.
fn postal_code(text: &str) -> Given<LocationInput> {
    if text.is_empty() {
        return Given::Absent;
    }
    let lost = text.len() == 4 && text.bytes().all(|b| b.is_ascii_digit());
    Given::Value(LocationInput::postal(if lost { format!("0{text}") } else { text.to_owned() }))
}

/// `ja` or `nein`.
fn damage(text: &str, wrong: &mut Vec<FieldError>) -> Given<bool> {
    match text {
        "" => Given::Absent,
        "ja" => Given::Value(true),
        "nein" => Given::Value(false),
        _ => {
            wrong.push(FieldError { field: "unrepaired_damage".into(), message: "ja or nein".into() });
            Given::Absent
        }
    }
}

impl Cells<'_> {
    /// The ad of this row.
    ///
    /// # Errors
    /// All that is wrong with it, in one line.
    pub fn facts(&self, limits: Limits) -> Result<Facts, String> {
        let mut wrong = Vec::new();
        let description = self.name.replace('_', " ").split_whitespace().collect::<Vec<_>>().join(" ");
        let unless_zero = |number| if number == Given::Value(0) { Given::Absent } else { number };
        let power_ps = unless_zero(number("power_ps", self.power, &["PS"], &mut wrong));
        let month = unless_zero(number("month", self.month, &[], &mut wrong));
        let input = CarInput {
            maker: word(self.brand, words::maker),
            model: word(self.model, words::model),
            body: word(self.vehicle_type, words::body),
            description: Given::Value(description),
            price: number("price", self.price, &["$", "€", "EUR"], &mut wrong),
            year: number("year", self.year, &[], &mut wrong),
            mileage: number("mileage", self.odometer, &["km"], &mut wrong),
            engine: word(self.fuel_type, words::engine),
            gearbox: word(self.gearbox, words::gearbox),
            power_ps,
            location: postal_code(self.postal_code),
            month,
            unrepaired_damage: damage(self.damage, &mut wrong),
            ..CarInput::default()
        };
        let checked = input.check(None, limits);
        if let Err(e) = &checked {
            let told: Vec<_> = wrong.iter().map(|w| w.field.clone()).collect();
            wrong.extend(e.fields().iter().filter(|f| !told.contains(&f.field)).cloned());
        }
        match checked {
            // The files have no columns for these.
            Ok(facts) if wrong.is_empty() => {
                let named = named_in(facts.description.as_deref().unwrap_or_default());
                Ok(Facts { options: named.options, color: named.color, ..facts })
            }
            _ => Err(wrong.iter().map(|w| format!("{}: {}", w.field, w.message)).collect::<Vec<_>>().join("; ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::{Body, Color, Engine, Gearbox, OptionSet};

    const GOOD: Cells<'_> = Cells {
        name: "Golf_1.6__TÜV_neu_",
        price: "$5,000",
        vehicle_type: "kombi",
        year: "2009",
        gearbox: "automatik",
        power: "102",
        model: "golf",
        odometer: "70,000km",
        fuel_type: "benzin",
        brand: "volkswagen",
        postal_code: "1067",
        month: "3",
        damage: "nein",
    };

    fn facts(cells: &Cells<'_>) -> Result<Facts, String> {
        cells.facts(Limits::at(1_780_000_000_000))
    }

    #[test]
    fn german_words_signs_and_lost_zeros_are_understood() {
        let f = facts(&GOOD).unwrap();
        assert_eq!((f.price, f.year, f.mileage, f.power_ps), (5000, 2009, Some(70_000), Some(102)));
        assert_eq!((f.month, f.unrepaired_damage), (Some(3), Some(false)));
        assert_eq!((f.body, f.engine, f.gearbox), (Some(Body::Estate), Some(Engine::Petrol), Some(Gearbox::Automatic)));
        assert_eq!(f.description.as_deref(), Some("Golf 1.6 TÜV neu"));
        assert_eq!((f.options, f.color), (OptionSet::default(), None));
        let named = facts(&Cells { name: "Golf_Klima/AHK_schwarz", ..GOOD }).unwrap();
        assert_eq!((named.options.values().collect::<Vec<_>>(), named.color), (vec!["air_conditioning", "tow_bar"], Some(Color::Black)));
        let stray = facts(&Cells { name: "a\u{1}b\u{90}", ..GOOD }).unwrap();
        assert_eq!(stray.description.as_deref(), Some("ab"));
        assert_eq!(f.location.unwrap().postal_code, "01067");
    }
    #[test]
    fn numbers_are_read_as_what_they_are() {
        for (price, odometer, read) in [
            ("5000", "70000", (5000, 70_000)),
            ("$5,000", "70,000km", (5000, 70_000)),
            ("5.000,00 €", "70.000,0 km", (5000, 70_000)),
            ("1.250.000", "1'250'000 KM", (1_250_000, 1_250_000)),
            ("EUR 5 000", "70\u{a0}000\u{202f}km", (5000, 70_000)),
        ] {
            let f = facts(&Cells { price, odometer, ..GOOD }).unwrap();
            assert_eq!((f.price, f.mileage), (read.0, Some(read.1)), "{price} {odometer}");
        }
    }
    #[test]
    fn empty_cells_stay_unset() {
        let bare =
            Cells { name: "", vehicle_type: "", gearbox: "", power: "0", model: "", odometer: "", fuel_type: "", postal_code: "", ..GOOD };
        let bare = Cells { month: "0", damage: "", ..bare };
        let f = facts(&bare).unwrap();
        assert_eq!((f.month, f.unrepaired_damage), (None, None));
        assert_eq!((f.body, f.engine, f.gearbox, f.power_ps, f.mileage), (None, None, None, None, None));
        assert_eq!((f.model, f.description, f.location), (None, None, None));
        let other =
            facts(&Cells { brand: "sonstige_autos", model: "andere", vehicle_type: "andere", fuel_type: "elektro", ..GOOD }).unwrap();
        assert_eq!((other.maker.value(), other.model.unwrap().value().to_owned()), ("other", "other".into()));
        assert_eq!((other.body, other.engine), (Some(Body::Other), Some(Engine::Electric)));
    }
    #[test]
    fn a_row_out_of_the_limits_says_why() {
        for (cells, reason) in [
            (Cells { price: "$0", ..GOOD }, "price: 1 to 10000000"),
            (Cells { price: "$99,999,999", year: "1800", ..GOOD }, "price: 1 to 10000000; year: 1886 to 2027"),
            (Cells { price: "VB", ..GOOD }, "price: not a number: VB"),
            (Cells { price: "", ..GOOD }, "price: required"),
            (Cells { price: "5000,50", ..GOOD }, "price: not a whole number: 5000,50"),
            (Cells { price: "$1.250", ..GOOD }, "price: ambiguous: thousands or a fraction: $1.250"),
            (Cells { price: "$1,23,456", ..GOOD }, "price: digits are not in groups of three: $1,23,456"),
            (Cells { odometer: "123,4km", ..GOOD }, "mileage: not a whole number: 123,4km"),
            (Cells { price: "5e3", power: "75.5", ..GOOD }, "power_ps: not a whole number: 75.5; price: not a number: 5e3"),
            (Cells { year: "99999999999999999999", ..GOOD }, "year: too large: 99999999999999999999"),
            (Cells { power: "17000", ..GOOD }, "power_ps: 1 to 2500"),
            (Cells { power: "-3", odometer: "lots", ..GOOD }, "mileage: not a number: lots; power_ps: 1 to 2500"),
            (Cells { brand: "tesla", ..GOOD }, "maker: not a maker of the catalogue"),
            (Cells { brand: "", model: "", ..GOOD }, "maker: required"),
            (Cells { gearbox: "halbautomatik", ..GOOD }, "gearbox: one of manual, automatic"),
            (Cells { month: "13", damage: "vielleicht", ..GOOD }, "unrepaired_damage: ja or nein; month: 1 to 12"),
            (Cells { postal_code: "x", ..GOOD }, "location.postal_code: 3 to 10 letters, digits, dashes and spaces"),
        ] {
            assert_eq!(facts(&cells).unwrap_err(), reason);
        }
    }
}
