//! What the API answers, as far as pages need it. What is missing is left out, so that an older service breaks no page.

use serde::Deserialize;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Car {
    pub id: String,
    pub title: String,
    pub maker: String,
    pub model: Option<String>,
    pub body: Option<String>,
    pub description: Option<String>,
    pub price: i64,
    pub year: i64,
    pub mileage: Option<i64>,
    pub color: Option<String>,
    pub engine: Option<String>,
    pub gearbox: Option<String>,
    pub power_ps: Option<i64>,
    pub options: Vec<String>,
    pub location: Option<Location>,
    /// Of the first registration, 1 to 12.
    pub month: Option<i64>,
    pub trim: Option<String>,
    pub owners: Option<i64>,
    /// `2027-05`.
    pub inspection_until: Option<String>,
    pub doors: Option<i64>,
    pub seats: Option<i64>,
    pub emission_class: Option<String>,
    /// Per 100 km.
    pub consumption: Option<f64>,
    pub interior_color: Option<String>,
    pub unrepaired_damage: Option<bool>,
    /// From the place that is searched around.
    pub distance_km: Option<i64>,
    pub images: Vec<Image>,
    pub owner_id: String,
    pub rating: Option<super::Rating>,
    pub status: String,
    pub added: String,
    pub updated: String,
    /// When a listed ad expires, or an expired one has.
    pub expires: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Location {
    pub postal_code: String,
    pub town: Option<String>,
}

impl Location {
    /// Postal code and town, as on a letter.
    pub fn line(&self) -> String {
        let parts = [Some(self.postal_code.as_str()), self.town.as_deref()];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }
}

/// A place that a search is around.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Place {
    pub postal_code: String,
    pub town: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Image {
    pub key: String,
    pub width: u32,
    pub height: u32,
}

/// A page of a list.
#[derive(Clone, Debug, Deserialize)]
pub struct CarPage {
    pub items: Vec<Car>,
    #[serde(default)]
    pub total: i64,
    /// What the place of the search means.
    #[serde(default)]
    pub place: Option<Place>,
}

/// A car as fm-tracker keeps it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Listing {
    pub car_id: String,
    pub title: String,
    pub price: i64,
    pub image: Option<String>,
    pub added: String,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Listings {
    pub items: Vec<Listing>,
}

/// How often a car was looked at, as fm-tracker counts it.
#[derive(Clone, Debug, Deserialize)]
pub struct Viewed {
    pub views: i64,
}

#[derive(Clone, Debug, Deserialize)]
pub struct PriceHistory {
    pub items: Vec<PricePoint>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct PricePoint {
    pub at: String,
    pub price: i64,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Profile {
    pub username: String,
    pub name: Option<String>,
    pub location: Option<String>,
    pub phone: Option<String>,
    pub phone_masked: Option<String>,
    pub about: Option<String>,
    /// Of dealers.
    pub opening_hours: Option<super::hours::OpeningHours>,
    /// `dealer` or `private`.
    pub seller_type: String,
    pub member_since: Option<String>,
}
