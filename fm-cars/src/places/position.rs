/// The Earth's mean radius (IUGG).
const EARTH_KM: f64 = 6371.0088;

/// A point on the Earth, as one on the unit sphere: how far two are apart follows from a straight line between them, so that comparing
/// many takes no trigonometry.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Position {
    pub(crate) x: f32,
    pub(crate) y: f32,
    pub(crate) z: f32,
}

impl Position {
    /// Where nobody is: infinitely far from every other position.
    pub(crate) const NOWHERE: Position = Position { x: f32::INFINITY, y: f32::INFINITY, z: f32::INFINITY };

    /// Degrees north and east, WGS 84.
    pub fn of(lat: f64, lon: f64) -> Self {
        let (lat, lon) = (lat.to_radians(), lon.to_radians());
        Position { x: (lat.cos() * lon.cos()) as f32, y: (lat.cos() * lon.sin()) as f32, z: lat.sin() as f32 }
    }
    /// The square of the straight line to another: it grows with the distance.
    pub(crate) fn squared_chord(self, x: f32, y: f32, z: f32) -> f32 {
        let (x, y, z) = (x - self.x, y - self.y, z - self.z);
        x * x + y * y + z * z
    }
    /// The square of the straight line between two that are so far apart.
    pub(crate) fn squared_chord_of(km: f64) -> f32 {
        let chord = 2.0 * (km / (2.0 * EARTH_KM)).sin();
        (chord * chord) as f32
    }
    /// The distance along the surface of the earth.
    pub fn km_to(self, other: Position) -> f64 {
        let chord = f64::from(self.squared_chord(other.x, other.y, other.z)).sqrt();
        2.0 * EARTH_KM * (chord / 2.0).min(1.0).asin()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_those_along_the_surface() {
        let (berlin, hamburg, munich) = (Position::of(52.52, 13.405), Position::of(53.5511, 9.9937), Position::of(48.1351, 11.582));
        for (a, b, km) in [
            (berlin, hamburg, 255.3),
            (berlin, munich, 504.2),
            (Position::of(0.0, 179.9), Position::of(0.0, -179.9), 22.2),
            (Position::of(90.0, 0.0), Position::of(-90.0, 0.0), 20_015.1),
        ] {
            assert!((a.km_to(b) - km).abs() < 0.5, "{} instead of {km}", a.km_to(b));
        }
        assert_eq!(berlin.km_to(berlin), 0.0);
    }
    #[test]
    fn a_chord_belongs_to_its_distance() {
        let (a, b) = (Position::of(52.0, 13.0), Position::of(52.3, 13.4));
        let km = a.km_to(b);
        let chord = a.squared_chord(b.x, b.y, b.z);
        assert!(Position::squared_chord_of(km - 0.01) < chord && chord < Position::squared_chord_of(km + 0.01));
        assert!(a.squared_chord(f32::INFINITY, f32::INFINITY, f32::INFINITY).is_infinite());
    }
}
