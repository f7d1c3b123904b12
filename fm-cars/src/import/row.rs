use super::words;
use crate::car::{CarInput, Facts, Given, Limits, LocationInput};
use fm_sdk::FieldError;

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
}

fn word(text: &str, translate: fn(&str) -> &str) -> Given<String> {
    if text.is_empty() { Given::Absent } else { Given::Value(translate(text).to_owned()) }
}

/// A number with thousands' commas, a currency sign or a unit around it; empty is left out.
fn number(field: &str, text: &str, before: &str, after: &str, wrong: &mut Vec<FieldError>) -> Given<i64> {
    let inner = text.strip_prefix(before).unwrap_or(text);
    let inner = inner.strip_suffix(after).unwrap_or(inner).trim();
    if inner.is_empty() {
        return Given::Absent;
    }
    let digits: String = inner.chars().filter(|c| *c != ',').collect();
    digits.parse().map_or_else(
        |_| {
            wrong.push(FieldError { field: field.into(), message: format!("not a number: {}", text.chars().take(40).collect::<String>()) });
            Given::Absent
        },
        Given::Value,
    )
}

/// A German postal code that lost its leading 0 gets it back.
fn postal_code(text: &str) -> Given<LocationInput> {
    if text.is_empty() {
        return Given::Absent;
    }
    let lost = text.len() == 4 && text.bytes().all(|b| b.is_ascii_digit());
    Given::Value(LocationInput::postal(if lost { format!("0{text}") } else { text.to_owned() }))
}

impl Cells<'_> {
    /// The ad of this row.
    ///
    /// # Errors
    /// All that is wrong with it, in one line.
    pub fn facts(&self, limits: Limits) -> Result<Facts, String> {
        let mut wrong = Vec::new();
        let description = self.name.replace('_', " ").split_whitespace().collect::<Vec<_>>().join(" ");
        let power_ps = match number("power_ps", self.power, "", "", &mut wrong) {
            Given::Value(0) => Given::Absent,
            other => other,
        };
        let input = CarInput {
            maker: word(self.brand, words::maker),
            model: word(self.model, words::model),
            body: word(self.vehicle_type, words::body),
            description: Given::Value(description),
            price: number("price", self.price, "$", "", &mut wrong),
            year: number("year", self.year, "", "", &mut wrong),
            mileage: number("mileage", self.odometer, "", "km", &mut wrong),
            engine: word(self.fuel_type, words::engine),
            gearbox: word(self.gearbox, words::gearbox),
            power_ps,
            location: postal_code(self.postal_code),
            ..CarInput::default()
        };
        let checked = input.check(None, limits);
        if let Err(e) = &checked {
            let told: Vec<_> = wrong.iter().map(|w| w.field.clone()).collect();
            wrong.extend(e.fields().iter().filter(|f| !told.contains(&f.field)).cloned());
        }
        match checked {
            Ok(facts) if wrong.is_empty() => Ok(facts),
            _ => Err(wrong.iter().map(|w| format!("{}: {}", w.field, w.message)).collect::<Vec<_>>().join("; ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::{Body, Engine, Gearbox};

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
    };

    fn facts(cells: &Cells<'_>) -> Result<Facts, String> {
        cells.facts(Limits::at(1_780_000_000_000))
    }

    #[test]
    fn german_words_signs_and_lost_zeros_are_understood() {
        let f = facts(&GOOD).unwrap();
        assert_eq!((f.price, f.year, f.mileage, f.power_ps), (5000, 2009, Some(70_000), Some(102)));
        assert_eq!((f.body, f.engine, f.gearbox), (Some(Body::Estate), Some(Engine::Petrol), Some(Gearbox::Automatic)));
        assert_eq!(f.description.as_deref(), Some("Golf 1.6 TÜV neu"));
        let stray = facts(&Cells { name: "a\u{1}b\u{90}", ..GOOD }).unwrap();
        assert_eq!(stray.description.as_deref(), Some("ab"));
        assert_eq!(f.location.unwrap().postal_code, "01067");
    }
    #[test]
    fn what_is_empty_stays_unset() {
        let bare =
            Cells { name: "", vehicle_type: "", gearbox: "", power: "0", model: "", odometer: "", fuel_type: "", postal_code: "", ..GOOD };
        let f = facts(&bare).unwrap();
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
            (Cells { year: "99999999999999999999", ..GOOD }, "year: not a number: 99999999999999999999"),
            (Cells { power: "17000", ..GOOD }, "power_ps: 1 to 2500"),
            (Cells { power: "-3", odometer: "lots", ..GOOD }, "mileage: not a number: lots; power_ps: 1 to 2500"),
            (Cells { brand: "tesla", ..GOOD }, "maker: not a maker of the catalogue"),
            (Cells { brand: "", model: "", ..GOOD }, "maker: required"),
            (Cells { gearbox: "halbautomatik", ..GOOD }, "gearbox: one of manual, automatic"),
            (Cells { postal_code: "x", ..GOOD }, "location.postal_code: 3 to 10 letters, digits, dashes and spaces"),
        ] {
            assert_eq!(facts(&cells).unwrap_err(), reason);
        }
    }
}
