use super::{
    Given,
    object::{self, FromObject},
};
use crate::places::{self, Position};
use fm_sdk::FieldError;
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{MapAccess, value::MapAccessDeserializer},
};

/// Where a car stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Location {
    /// 3 to 10 letters and digits.
    pub postal_code: String,
    /// Degrees north, WGS 84.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lat: Option<f64>,
    /// Degrees east, WGS 84.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lon: Option<f64>,
}

impl Location {
    /// Where it is: as the ad says, else in the middle of its postal code, if that is a German one.
    pub fn coordinates(&self) -> Option<(f64, f64)> {
        let code = || places::of_code(&self.postal_code).map(|place| (place.lat, place.lon));
        self.lat.zip(self.lon).or_else(code)
    }
    /// The same as the search keeps it.
    pub fn position(&self) -> Option<Position> {
        self.coordinates().map(|(lat, lon)| Position::of(lat, lon))
    }
}

/// A location as a client writes it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(remote = "Self", deny_unknown_fields)]
pub struct LocationInput {
    #[serde(default)]
    postal_code: Given<String>,
    #[serde(default)]
    lat: Given<f64>,
    #[serde(default)]
    lon: Given<f64>,
}

impl<'de> FromObject<'de> for LocationInput {
    fn from_object<A: MapAccess<'de>>(map: MapAccessDeserializer<A>) -> std::result::Result<Self, A::Error> {
        // The inherent function that `remote` derives.
        Self::deserialize(map)
    }
}
impl<'de> Deserialize<'de> for LocationInput {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        object::read(d)
    }
}

impl LocationInput {
    /// A postal code alone.
    pub fn postal(postal_code: String) -> Self {
        LocationInput { postal_code: Given::Value(postal_code), lat: Given::Absent, lon: Given::Absent }
    }
    /// Checks it; what is wrong goes to `wrong`.
    pub fn check(self, wrong: &mut Vec<FieldError>) -> Option<Location> {
        let before = wrong.len();
        let mut say = |field: &str, message: &str| wrong.push(FieldError { field: format!("location.{field}"), message: message.into() });
        let postal_code = self.postal_code.some().unwrap_or_default();
        if !is_postal_code(&postal_code) {
            say("postal_code", "3 to 10 letters, digits, dashes and spaces");
        }
        let (lat, lon) = (self.lat.some(), self.lon.some());
        if lat.is_some_and(|v| !(-90.0..=90.0).contains(&v)) {
            say("lat", "-90 to 90");
        }
        if lon.is_some_and(|v| !(-180.0..=180.0).contains(&v)) {
            say("lon", "-180 to 180");
        }
        if lat.is_some() != lon.is_some() {
            say(if lat.is_some() { "lon" } else { "lat" }, "lat and lon come together");
        }
        (wrong.len() == before).then_some(Location { postal_code, lat, lon })
    }
}

/// Whether the text can be a postal code of some country.
pub(crate) fn is_postal_code(text: &str) -> bool {
    let inner = |c: char| c.is_ascii_alphanumeric() || c == ' ' || c == '-';
    (3..=10).contains(&text.len()) && text.chars().all(inner) && !text.starts_with([' ', '-']) && !text.ends_with([' ', '-'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_out_of_the_world_are_refused_field_by_field() {
        for (json, fields) in [
            (r#"{"postal_code":"10115"}"#, vec![]),
            (r#"{"postal_code":"SW1A 1AA","lat":51.5,"lon":-0.14}"#, vec![]),
            (r#"{}"#, vec!["location.postal_code"]),
            (r#"{"postal_code":"1 "}"#, vec!["location.postal_code"]),
            (r#"{"postal_code":"10115\n"}"#, vec!["location.postal_code"]),
            (r#"{"postal_code":"10115","lat":91,"lon":0}"#, vec!["location.lat"]),
            (r#"{"postal_code":"10115","lat":1}"#, vec!["location.lon"]),
            (r#"{"postal_code":"10115","lat":1,"lon":-181}"#, vec!["location.lon"]),
        ] {
            let mut wrong = vec![];
            let location = serde_json::from_str::<LocationInput>(json).unwrap().check(&mut wrong);
            assert_eq!(wrong.iter().map(|w| w.field.as_str()).collect::<Vec<_>>(), fields, "{json}");
            assert_eq!(location.is_some(), wrong.is_empty());
        }
    }
}
