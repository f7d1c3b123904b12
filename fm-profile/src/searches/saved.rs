use super::{Centre, Filters};
use crate::messages::CarNow;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Searches that one user saves, at most.
pub const MAX_SEARCHES: u64 = 50;

/// A search that somebody wants to hear of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SavedSearch {
    /// Derived from user and filters: the same search is saved once.
    pub id: String,
    pub user: String,
    /// As its owner calls it.
    pub name: String,
    pub filters: Filters,
    /// Where the place of its filters is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub centre: Option<Centre>,
    /// The term under which cars find it.
    pub anchor: String,
    /// Milliseconds since the Unix epoch; what was listed before gives no alert.
    pub at: i64,
}
fm_sdk::document!(SavedSearch = "searches" { user: String [index], anchor: String [index], at: i64 });

impl SavedSearch {
    pub fn new(user: &str, name: String, filters: Filters, now_ms: i64) -> Self {
        let canonical = serde_json::to_string(&filters).unwrap_or_default();
        let id = Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("search\n{user}\n{canonical}").as_bytes()).simple().to_string();
        SavedSearch { id, user: user.into(), name, anchor: filters.anchor(), filters, centre: None, at: now_ms }
    }
    /// Whether a car fits, its words aside.
    pub fn fit(&self, car: &CarNow) -> bool {
        let is_near = |km: i64| self.centre.is_some_and(|centre| centre.km_to(car).is_some_and(|far| far <= km as f64));
        self.filters.fit(car) && self.filters.radius.is_none_or(is_near)
    }
}
