//! The search: a read model in the process, made of columns of small integers and one bitmap per word.
//!
//! One pass over the columns sets a bit for each filter that a car fails. No bit: the car is found, and counted in every facet.
//! Exactly one bit of a filter that has a facet: it is counted in that facet alone, which is "each facet is counted with all
//! filters but its own".

mod columns;
mod criteria;
mod details;
mod dictionary;
mod facets;
mod index;
mod listing;
mod plain;
mod plan;
mod postings;
mod scan;
mod shared;
mod slots;
#[cfg(test)]
mod tests;
mod top;
mod valuation;
mod value_counts;
mod words;

pub use criteria::{Criteria, Near, Range, Sort, SortBy};
pub use facets::{Dimension, Facets, ValueCount};
pub use index::Index;
pub use listing::Listing;
pub use plain::Plain;
pub use shared::{Refill, Shared};
pub use valuation::{Estimate, Like, MIN_PEERS, Step, Valuation};

use crate::car::CarId;

/// One page of what was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// How many fit in all.
    pub total: u64,
    /// Those of the page, in order.
    pub ids: Vec<CarId>,
}

/// What the service asks of a read model. [`Index`] answers from columns; [`Plain`] is the same without any cleverness, to hold it against.
pub trait ReadModel {
    /// Takes a listed car in, unless this version of it or a newer one is known.
    fn put(&mut self, car: Listing, version: i64);
    /// Takes a car out (sold, a draft again, removed), unless this version of it or a newer one is known. It stays out for older versions.
    fn remove(&mut self, id: CarId, version: i64);
    /// The newest version of a car that was told, listed or not.
    fn version(&self, id: CarId) -> Option<i64>;
    /// How many cars are listed.
    fn len(&self) -> usize;
    /// Whether none is.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// How many fit.
    fn count(&self, criteria: &Criteria) -> u64;
    /// Some of those that fit, in order; ties go by id.
    fn page(&self, criteria: &Criteria, sort: Sort, offset: usize, limit: usize) -> Found;
    /// What the cars that are like a listed one say of its price; `None` if they are too few or it cannot be compared.
    fn valuation(&self, id: CarId) -> Option<Valuation>;
    /// What cars like this one cost, one listed car left out; `None` if they are too few or it cannot be compared.
    fn estimate(&self, like: &Like, without: Option<CarId>) -> Option<Estimate>;
    /// How many cars each value of each filter would give.
    fn facets(&self, criteria: &Criteria) -> Facets;
}
