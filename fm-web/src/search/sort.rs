/// The default order: cars with pictures first, then the newest.
pub const DEFAULT_SORT: &str = "";

/// By distance from a place; needs one.
pub const BY_DISTANCE: &str = "distance";

/// All orders, in the order in which they are offered.
pub const SORTS: [&str; 11] =
    [DEFAULT_SORT, "-added", "added", "distance", "deal", "price", "-price", "mileage", "-mileage", "-year", "year"];

/// Gives the order of that name.
pub fn parse(text: &str) -> Option<&'static str> {
    SORTS.into_iter().find(|s| *s == text)
}
