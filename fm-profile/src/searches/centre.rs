use crate::messages::{CarNow, FoundPlace};
use serde::{Deserialize, Serialize};

/// The Earth's mean radius (IUGG).
const EARTH_KM: f64 = 6371.0088;

/// The place around which is searched, WGS 84.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Centre {
    lat: f64,
    lon: f64,
}

impl From<FoundPlace> for Centre {
    fn from(place: FoundPlace) -> Self {
        Centre { lat: place.lat, lon: place.lon }
    }
}

impl Centre {
    /// How far away a car is, along the surface of the earth; `None` if it does not say where it stands.
    pub fn km_to(self, car: &CarNow) -> Option<f64> {
        let (lat, lon) = (car.lat?, car.lon?);
        let half = |a: f64, b: f64| ((a - b).to_radians() / 2.0).sin().powi(2);
        let haversine = half(lat, self.lat) + self.lat.to_radians().cos() * lat.to_radians().cos() * half(lon, self.lon);
        Some(2.0 * EARTH_KM * haversine.sqrt().min(1.0).asin())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distance_is_that_along_the_surface() {
        let berlin = Centre { lat: 52.52, lon: 13.405 };
        let at = |lat, lon| CarNow { lat: Some(lat), lon: Some(lon), ..CarNow::default() };
        assert!((berlin.km_to(&at(53.5511, 9.9937)).unwrap() - 255.3).abs() < 0.5);
        assert_eq!(berlin.km_to(&at(52.52, 13.405)), Some(0.0));
        assert_eq!(berlin.km_to(&CarNow::default()), None);
    }
}
