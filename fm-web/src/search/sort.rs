/// What the market sorts by when nothing is said.
pub const DEFAULT_SORT: &str = "-added";

/// All orders, in the order in which they are offered.
pub const SORTS: [&str; 9] = ["-added", "added", "deal", "price", "-price", "mileage", "-mileage", "-year", "year"];

/// Gives the order of that name.
pub fn parse(text: &str) -> Option<&'static str> {
    SORTS.into_iter().find(|s| *s == text)
}
