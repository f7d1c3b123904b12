/// What the market sorts by when nothing is said: cars with pictures first, then the newest.
pub const DEFAULT_SORT: &str = "";

/// Needs a place from which it is counted.
pub const BY_DISTANCE: &str = "distance";

/// All orders, in the order in which they are offered.
pub const SORTS: [&str; 11] =
    [DEFAULT_SORT, "-added", "added", "distance", "deal", "price", "-price", "mileage", "-mileage", "-year", "year"];

/// Gives the order of that name.
pub fn parse(text: &str) -> Option<&'static str> {
    SORTS.into_iter().find(|s| *s == text)
}
