use super::{Location, YearMonth};
use crate::catalogue::{Body, Color, EmissionClass, Engine, Gearbox, Maker, Model, OptionSet};
use fm_sdk::text::clean_lines;
use serde::{Deserialize, Deserializer, Serialize};

/// What an ad says about its car. Only ever made by [`super::CarInput::check`], so all of it is inside its limits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// Who built it.
    pub maker: Maker,
    /// The model.
    #[serde(default, deserialize_with = "stored_model", skip_serializing_if = "Option::is_none")]
    pub model: Option<Model>,
    /// The shape.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Body>,
    /// Free text.
    #[serde(default, deserialize_with = "stored_description", skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whole euros.
    pub price: i64,
    /// Of the first registration.
    pub year: u16,
    /// Kilometres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mileage: Option<u32>,
    /// The main colour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub color: Option<Color>,
    /// What drives it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engine: Option<Engine>,
    /// Who changes the gears.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gearbox: Option<Gearbox>,
    /// PS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub power_ps: Option<u16>,
    /// What it is equipped with.
    #[serde(default)]
    pub options: OptionSet,
    /// Where it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
    /// Of the first registration, 1 to 12.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub month: Option<u8>,
    /// What the maker calls this version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trim: Option<String>,
    /// How many have owned it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owners: Option<u8>,
    /// When it has to be inspected next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inspection_until: Option<YearMonth>,
    /// Doors, the tailgate among them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doors: Option<u8>,
    /// Places to sit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seats: Option<u8>,
    /// How clean its exhaust is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emission_class: Option<EmissionClass>,
    /// Litres, kilograms of gas or kilowatt-hours per 100 km, as the maker states it; one digit behind the point.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consumption: Option<f64>,
    /// The colour inside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interior_color: Option<Color>,
    /// It has damage that is not repaired.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unrepaired_damage: Option<bool>,
}

fn stored_model<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Model>, D::Error> {
    Ok(Option::<String>::deserialize(d)?.as_deref().and_then(Model::stored))
}
/// What was stored before a rule of cleaning held is cleaned when it is read.
fn stored_description<'de, D: Deserializer<'de>>(d: D) -> Result<Option<String>, D::Error> {
    let text = Option::<String>::deserialize(d)?;
    Ok(text.map(|t| clean_lines(&t).into_owned()).filter(|t| !t.is_empty()))
}

impl Facts {
    /// Maker, model and year as people write them: `Mercedes-Benz C-Class 2009`.
    pub fn title(&self) -> String {
        let model = self.model.as_ref().and_then(|m| m.label(self.maker));
        let maker = (!self.maker.is_other()).then(|| self.maker.label());
        let name = [maker, model].into_iter().flatten().collect::<Vec<_>>().join(" ");
        format!("{} {}", if name.is_empty() { "Car" } else { &name }, self.year)
    }
    /// All that is found by words: how people call it, the slugs, the description.
    pub fn text(&self) -> String {
        let model = self.model.as_ref().map_or("", Model::value);
        let (trim, description) = (self.trim.as_deref().unwrap_or_default(), self.description.as_deref().unwrap_or_default());
        format!("{} {} {model} {trim} {description}", self.title(), self.maker.value())
    }
}

#[cfg(test)]
mod tests {
    use super::Facts;
    use crate::{
        car::{CarInput, Limits},
        catalogue::Model,
    };
    use serde_json::json;

    #[test]
    fn text_that_was_stored_before_the_rules_is_clean_when_it_is_read() {
        let facts = |model: &str, description: &str| {
            let stored = json!({"maker": "bmw", "model": model, "description": description, "price": 1, "year": 1958});
            serde_json::from_value::<Facts>(stored).unwrap()
        };
        let old = facts("I\u{200b}setta", "Ka\u{308}fer\u{202e}\r\n👨\u{200d}👩\u{200d}👧");
        assert_eq!(old, facts("Isetta", "Käfer\n👨\u{200d}👩\u{200d}👧"));
        assert_eq!((old.model.as_ref().map(Model::value), old.title()), (Some("Isetta"), "BMW Isetta 1958".into()));
        let hidden = facts("\u{200b}", "\u{2060}");
        assert_eq!((hidden.model, hidden.description), (None, None));
    }

    #[test]
    fn a_title_reads_as_people_write() {
        for (json, title) in [
            (r#"{"maker":"mercedes_benz","model":"c_klasse","price":1,"year":2009}"#, "Mercedes-Benz C-Class 2009"),
            (r#"{"maker":"bmw","model":"other","price":1,"year":1999}"#, "BMW 1999"),
            (r#"{"maker":"bmw","model":"Isetta","price":1,"year":1958}"#, "BMW Isetta 1958"),
            (r#"{"maker":"other","model":"Lotus Elise","price":1,"year":2001}"#, "Lotus Elise 2001"),
            (r#"{"maker":"other","price":1,"year":2001}"#, "Car 2001"),
            (r#"{"maker":"volkswagen","price":1,"year":2001}"#, "Volkswagen 2001"),
        ] {
            let input: CarInput = serde_json::from_str(json).unwrap();
            assert_eq!(input.check(None, Limits::at(1_790_000_000_000)).unwrap().title(), title);
        }
    }
}
