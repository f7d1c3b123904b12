use std::ops::RangeInclusive;
use time::OffsetDateTime;

/// Whole euros.
pub const PRICE: RangeInclusive<i64> = 1..=10_000_000;
/// Kilometres.
pub const MILEAGE: RangeInclusive<i64> = 0..=2_000_000;
/// PS.
pub const POWER: RangeInclusive<i64> = 1..=2_500;
/// Months of a year.
pub const MONTH: RangeInclusive<i64> = 1..=12;
/// Owners of one car.
pub const OWNERS: RangeInclusive<i64> = 1..=50;
/// Doors, the tailgate among them.
pub const DOORS: RangeInclusive<i64> = 1..=7;
/// Places to sit.
pub const SEATS: RangeInclusive<i64> = 1..=60;
/// Per 100 km.
pub const CONSUMPTION: RangeInclusive<f64> = 0.1..=99.9;
/// Characters of a trim.
pub const TRIM: usize = 60;
/// Characters of a description.
pub const DESCRIPTION: usize = 5_000;
/// Pictures of one car.
pub const IMAGES: usize = 20;
/// The year of the first car with an engine of its own.
const FIRST_YEAR: i64 = 1886;

/// The limits that depend on the day.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    next_year: i64,
}

impl Limits {
    /// The limits of a moment, in milliseconds since the Unix epoch.
    pub fn at(now_ms: i64) -> Self {
        let now = OffsetDateTime::from_unix_timestamp(now_ms.div_euclid(1000)).unwrap_or(OffsetDateTime::UNIX_EPOCH);
        Limits { next_year: i64::from(now.year()) + 1 }
    }
    /// Years of first registration, up to the next one.
    pub fn year(self) -> RangeInclusive<i64> {
        FIRST_YEAR..=self.next_year
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_year_is_the_next_one() {
        assert_eq!(Limits::at(1_790_000_000_000).year(), 1886..=2027);
        assert_eq!(Limits::at(0).year(), 1886..=1971);
    }
}
