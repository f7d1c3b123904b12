use super::{
    Criteria, Estimate, Facets, Found, Like, Listing, ReadModel, Sort, SortBy, Valuation,
    columns::Columns,
    facets,
    plan::Plan,
    postings::Postings,
    scan::{passing, scan, scan_backwards},
    slots::Slots,
    top::Top,
};
use crate::car::CarId;
use std::hash::{DefaultHasher, Hash, Hasher};

/// The read model: columns, words, and where each car lies.
///
/// A car whose text changes moves to a new row, since a bitmap cannot be asked which words a row has; the old row stays unlisted.
/// Cars that are not listed any more keep a row with their version, so that an old message cannot bring them back. Both go with the
/// next refill ([`Index::waste`]).
#[derive(Debug, Default)]
pub struct Index {
    columns: Columns,
    postings: Postings,
    slots: Slots,
    listed: usize,
}

fn text_hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish().max(1)
}

impl Index {
    /// An empty one.
    pub fn new() -> Self {
        Index::default()
    }
    /// Rows that are not listed.
    pub fn waste(&self) -> usize {
        self.columns.rows() - self.listed
    }
    /// Bytes in memory, roughly.
    pub fn bytes(&self) -> usize {
        self.columns.bytes() + self.postings.bytes() + self.slots.bytes()
    }
    fn plan(&self, criteria: &Criteria) -> Plan {
        Plan::new(criteria, &self.columns, &self.postings)
    }
    /// The row of a car that may be told this version: `None` if it is not news.
    fn row_for(&mut self, id: CarId, version: i64) -> Option<usize> {
        match self.slots.get(&self.columns.id, id) {
            Some(row) if self.columns.version[row] >= version => None,
            Some(row) => Some(row),
            None => {
                let row = self.columns.push(id);
                self.slots.set(&self.columns.id, id, row);
                Some(row)
            }
        }
    }
    fn unlist(&mut self, row: usize) {
        if self.columns.listed(row) {
            self.columns.unlist(row);
            self.listed -= 1;
        }
    }
}

impl ReadModel for Index {
    fn put(&mut self, car: Listing, version: i64) {
        let Some(mut row) = self.row_for(car.id, version) else { return };
        let text = text_hash(&car.text);
        let before = self.columns.text[row];
        self.unlist(row);
        if before != text {
            if before != 0 {
                row = self.columns.push(car.id);
                self.slots.set(&self.columns.id, car.id, row);
            }
            self.postings.add(row as u32, &car.text);
        }
        self.columns.set(row, &car, version, text);
        self.listed += 1;
    }
    fn remove(&mut self, id: CarId, version: i64) {
        if let Some(row) = self.row_for(id, version) {
            self.unlist(row);
            self.columns.version[row] = version;
        }
    }
    fn version(&self, id: CarId) -> Option<i64> {
        self.slots.get(&self.columns.id, id).map(|row| self.columns.version[row])
    }
    fn len(&self) -> usize {
        self.listed
    }
    fn count(&self, criteria: &Criteria) -> u64 {
        let mut count = 0;
        scan(&self.columns, &self.plan(criteria), |_, fails| count += fails.iter().filter(|f| **f == 0).count() as u64);
        count
    }
    fn page(&self, criteria: &Criteria, sort: Sort, offset: usize, limit: usize) -> Found {
        let (mut total, from) = (0, criteria.near.map(|near| near.position));
        let mut top = Top::new(if offset < self.listed { offset + limit } else { 0 }, &self.columns.id);
        let see = |start: usize, fails: &[u8]| {
            for row in passing(start, fails) {
                total += 1;
                top.see(self.columns.key(row, sort, from), row);
            }
        };
        let plan = self.plan(criteria);
        // With the newest first, each row would otherwise be better than all before it.
        match sort {
            Sort { by: SortBy::Added | SortBy::Pictured, descending: true } => scan_backwards(&self.columns, &plan, see),
            _ => scan(&self.columns, &plan, see),
        }
        Found { total, ids: top.page(offset) }
    }
    fn valuation(&self, id: CarId) -> Option<Valuation> {
        self.columns.valuation(self.slots.get(&self.columns.id, id)?)
    }
    fn estimate(&self, like: &Like, without: Option<CarId>) -> Option<Estimate> {
        self.columns.estimate(like, without.and_then(|id| self.slots.get(&self.columns.id, id)))
    }
    fn facets(&self, criteria: &Criteria) -> Facets {
        facets::count(&self.columns, &self.plan(criteria))
    }
}
