use crate::search::Shared;
use fm_sdk::{Runtime, metrics::prometheus_client::metrics::gauge::Gauge};
use std::sync::Once;

/// How large the search is, for `/metrics`.
#[derive(Debug)]
pub struct Gauges {
    cars: Gauge,
    bytes: Gauge,
    registered: Once,
}

impl Default for Gauges {
    fn default() -> Self {
        Gauges { cars: Gauge::default(), bytes: Gauge::default(), registered: Once::new() }
    }
}

impl Gauges {
    /// Shows the sizes of now.
    pub fn show(&self, search: &Shared, rt: &Runtime) {
        self.registered.call_once(|| {
            rt.metrics().with_registry(|r| {
                r.register("search_cars", "Cars that can be found", self.cars.clone());
                r.register("search_bytes", "Memory of the search, in bytes, roughly", self.bytes.clone());
            });
        });
        self.cars.set(i64::try_from(search.len()).unwrap_or(i64::MAX));
        self.bytes.set(i64::try_from(search.bytes()).unwrap_or(i64::MAX));
    }
}
