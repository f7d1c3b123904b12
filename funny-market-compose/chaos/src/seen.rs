//! What the services say when all is quiet.

use std::collections::{BTreeMap, BTreeSet};

/// What is known of one seller's things, from every side.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Status of a sign-in with the right password: 200 or 401.
    pub sign_in: u16,
    /// All cars of the seller, as their owner sees them; empty without an account.
    pub own: Vec<SeenCar>,
    /// Cars by id, from the store.
    pub by_id: BTreeMap<String, SeenCar>,
    /// What the search of each fm-cars instance finds of this seller: id and price.
    pub found: Vec<(String, BTreeMap<String, i64>)>,
    /// Prices by car, the oldest first, as fm-tracker has them.
    pub histories: BTreeMap<String, Vec<i64>>,
    /// Keys of pictures that are served.
    pub served: BTreeSet<String>,
    /// Of a deleted account: its state, and how many cars went with it.
    pub deletion: Option<(String, u64)>,
}

/// A car as fm-cars shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeenCar {
    pub id: String,
    pub key: String,
    pub price: i64,
    pub status: String,
    pub pictures: Vec<String>,
}
