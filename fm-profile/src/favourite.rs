//! Cars that somebody remembers, with the price that they had then.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Cars that one user remembers, at most.
pub const MAX_FAVOURITES: u64 = 100;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Favourite {
    /// Derived from user and car: there is one for both.
    pub id: String,
    pub user: String,
    pub car: String,
    /// When it was remembered; whole euros.
    pub price: i64,
    /// Milliseconds since the Unix epoch.
    pub at: i64,
}
fm_sdk::document!(Favourite = "favourites" { user: String [index], car: String [index], at: i64 });

impl Favourite {
    pub fn new(user: &str, car: &str, price: i64, now_ms: i64) -> Self {
        Favourite { id: Self::id_of(user, car), user: user.into(), car: car.into(), price, at: now_ms }
    }
    pub fn id_of(user: &str, car: &str) -> String {
        Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("favourite\n{user}\n{car}").as_bytes()).simple().to_string()
    }
}
