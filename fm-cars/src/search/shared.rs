use super::{Criteria, Estimate, Facets, Found, Index, Like, Listing, ReadModel, Sort, Valuation};
use crate::car::CarId;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}
fn write<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}

/// News of one car: what the search shows of it, and its version.
#[derive(Clone, Debug)]
struct News {
    id: CarId,
    version: i64,
    car: Option<Listing>,
}

impl News {
    fn tell(self, index: &mut Index) {
        match self.car {
            Some(car) => index.put(car, self.version),
            None => index.remove(self.id, self.version),
        }
    }
}

/// The read model as all handlers share it: many read at once, news come one by one, and a refill builds a second index aside while the
/// first one goes on serving.
#[derive(Debug, Default)]
pub struct Shared {
    current: RwLock<Index>,
    /// The index of a refill that is under way: news go there too, so that it misses none.
    filling: RwLock<Option<Arc<RwLock<Index>>>>,
}

impl Shared {
    /// An empty one.
    pub fn new() -> Self {
        Shared::default()
    }
    fn news(&self, news: News) {
        // The lock on `filling` is held over both, so that a refill cannot take the place of the first index in between.
        let filling = read(&self.filling);
        if let Some(next) = &*filling {
            news.clone().tell(&mut write(next));
        }
        news.tell(&mut write(&self.current));
    }
    /// Takes a listed car in, unless this version or a newer one is known.
    pub fn put(&self, car: Listing, version: i64) {
        self.news(News { id: car.id, version, car: Some(car) });
    }
    /// Takes a car out, unless this version or a newer one is known.
    pub fn remove(&self, id: CarId, version: i64) {
        self.news(News { id, version, car: None });
    }
    /// The newest version that was told.
    pub fn version(&self, id: CarId) -> Option<i64> {
        read(&self.current).version(id)
    }
    /// How many cars are listed.
    pub fn len(&self) -> usize {
        read(&self.current).len()
    }
    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Bytes in memory, roughly.
    pub fn bytes(&self) -> usize {
        read(&self.current).bytes()
    }
    /// Whether so many rows lie dead that a refill pays.
    pub fn is_wasteful(&self) -> bool {
        let index = read(&self.current);
        index.waste() > 10_000 + index.len() / 2
    }
    /// How many fit.
    pub fn count(&self, criteria: &Criteria) -> u64 {
        read(&self.current).count(criteria)
    }
    /// Some of those that fit, in order.
    pub fn page(&self, criteria: &Criteria, sort: Sort, offset: usize, limit: usize) -> Found {
        read(&self.current).page(criteria, sort, offset, limit)
    }
    /// What like cars say of the prices of some cars.
    pub fn valuations(&self, ids: impl IntoIterator<Item = CarId>) -> Vec<Option<Valuation>> {
        let index = read(&self.current);
        ids.into_iter().map(|id| index.valuation(id)).collect()
    }
    /// What cars like this one cost, one listed car left out.
    pub fn estimate(&self, like: &Like, without: Option<CarId>) -> Option<Estimate> {
        read(&self.current).estimate(like, without)
    }
    /// All facets.
    pub fn facets(&self, criteria: &Criteria) -> Facets {
        read(&self.current).facets(criteria)
    }
    /// Starts a refill; `None` if one is under way.
    pub fn refill(&self) -> Option<Refill<'_>> {
        let mut filling = write(&self.filling);
        if filling.is_some() {
            return None;
        }
        let next = Arc::new(RwLock::new(Index::new()));
        *filling = Some(next.clone());
        Some(Refill { shared: self, next })
    }
}

/// A second index that is being filled. Dropped unfinished, it leaves everything as it was.
#[derive(Debug)]
pub struct Refill<'a> {
    shared: &'a Shared,
    next: Arc<RwLock<Index>>,
}

impl Refill<'_> {
    /// Takes cars in as the store has them.
    pub fn put_all(&self, cars: impl IntoIterator<Item = (Listing, i64)>) {
        let mut next = write(&self.next);
        for (car, version) in cars {
            next.put(car, version);
        }
    }
    /// Takes the place of the index that served so far. Gives how many cars are listed.
    pub fn finish(self) -> usize {
        let mut filling = write(&self.shared.filling);
        *filling = None;
        let next = std::mem::take(&mut *write(&self.next));
        let listed = next.len();
        // The old index is freed after the lock is given back.
        let _old = std::mem::replace(&mut *write(&self.shared.current), next);
        listed
    }
}

impl Drop for Refill<'_> {
    fn drop(&mut self) {
        let mut filling = write(&self.shared.filling);
        if filling.as_ref().is_some_and(|f| Arc::ptr_eq(f, &self.next)) {
            *filling = None;
        }
    }
}
