//! Answers in memory: the one that was not asked for longest goes first.

use super::{flight::Flight, policy::Freshness};
use bytes::Bytes;
use fm_sdk::metrics::prometheus_client::metrics::gauge::Gauge;
use hashlink::LruCache;
use http::{HeaderMap, HeaderName, StatusCode};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::AtomicUsize},
    time::{Duration, Instant},
};

/// What an entry takes beside its texts and its body, about; bytes.
const OVERHEAD: usize = 512;
/// The most answers of one address: by identity and by what `Vary` names.
const MAX_VARIANTS: usize = 64;
/// How many addresses are remembered whose answers are nobody else's, and for how long.
const MAX_UNSHARED: usize = 4096;
const UNSHARED_FOR: Duration = Duration::from_secs(10);

/// A stored answer.
#[derive(Debug)]
pub struct Stored {
    /// Whose it is, beside the address: see `key::scope_of`.
    pub scope: String,
    /// What the request said in the headers that `Vary` names.
    pub vary: Vec<(HeaderName, Vec<u8>)>,
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
    pub freshness: Freshness,
}

impl Stored {
    /// Bytes that it takes.
    fn weight(&self) -> usize {
        let headers: usize = self.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 32).sum();
        let vary: usize = self.vary.iter().map(|(name, value)| name.as_str().len() + value.len() + 32).sum();
        OVERHEAD + self.scope.len() + headers + vary + self.body.len()
    }

    fn answers(&self, scope: &str, request: &HeaderMap) -> bool {
        self.scope == scope && self.vary.iter().all(|(name, value)| *value == selected(request, name))
    }
}

/// What a request says in a header that chooses among answers; lines of one name are one list (RFC 9111, 4.1).
pub fn selected(request: &HeaderMap, name: &HeaderName) -> Vec<u8> {
    // Nothing is not the same as an empty value.
    let lines = request.get_all(name).iter().flat_map(|value| [b", ", value.as_bytes().trim_ascii()]);
    lines.collect::<Vec<_>>().concat()
}

/// What is known of an address.
pub enum Found {
    Stored(Arc<Stored>),
    /// Only answers for other requests are.
    OtherVariants,
    Nothing,
}

/// The answers of one step.
#[derive(Debug)]
pub struct Store {
    state: Mutex<State>,
    pub max_bytes: usize,
    /// Bytes of copies that are not whole yet.
    pub under_way: AtomicUsize,
    /// Of all stores together.
    bytes: Gauge,
}

#[derive(Debug)]
struct State {
    resources: LruCache<String, Vec<Arc<Stored>>>,
    bytes: usize,
    /// Addresses that are asked for just now.
    flights: HashMap<String, Vec<Arc<Flight>>>,
    unshared: LruCache<String, Instant>,
}

impl Store {
    pub fn new(max_bytes: usize, bytes: Gauge) -> Store {
        let (resources, unshared) = (LruCache::new_unbounded(), LruCache::new(MAX_UNSHARED));
        Store {
            state: Mutex::new(State { resources, bytes: 0, flights: HashMap::new(), unshared }),
            max_bytes,
            under_way: AtomicUsize::new(0),
            bytes,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn find(&self, key: &str, scope: &str, request: &HeaderMap) -> Found {
        let mut state = self.state();
        let Some(variants) = state.resources.get_mut(key) else { return Found::Nothing };
        let Some(at) = variants.iter().rposition(|stored| stored.answers(scope, request)) else { return Found::OtherVariants };
        let stored = variants.remove(at);
        variants.push(stored.clone());
        Found::Stored(stored)
    }

    /// Puts an answer in the place of those for the same requests, if there is room for it at all.
    fn insert(&self, state: &mut State, key: &str, stored: Stored, request: &HeaderMap) {
        let before = state.bytes;
        let size = weight(key, &stored);
        let mut variants = state.remove(key);
        if size <= self.max_bytes {
            variants.retain(|other| !other.answers(&stored.scope, request));
            if variants.len() >= MAX_VARIANTS {
                variants.remove(0);
            }
            variants.push(Arc::new(stored));
            state.bytes += variants.iter().map(|stored| weight(key, stored)).sum::<usize>();
            state.resources.insert(key.to_owned(), variants);
            while state.bytes > self.max_bytes {
                let Some((key, variants)) = state.resources.remove_lru() else { break };
                state.bytes -= variants.iter().map(|stored| weight(&key, stored)).sum::<usize>();
            }
        } else if !variants.is_empty() {
            state.bytes += variants.iter().map(|stored| weight(key, stored)).sum::<usize>();
            state.resources.insert(key.to_owned(), variants);
        }
        self.count(before, state.bytes);
    }

    /// Forgets one answer.
    pub fn forget(&self, key: &str, stored: &Arc<Stored>) {
        let mut state = self.state();
        let before = state.bytes;
        let mut variants = state.remove(key);
        variants.retain(|other| !Arc::ptr_eq(other, stored));
        if !variants.is_empty() {
            state.bytes += variants.iter().map(|stored| weight(key, stored)).sum::<usize>();
            state.resources.insert(key.to_owned(), variants);
        }
        self.count(before, state.bytes);
    }

    /// Forgets all answers of an address, and those that are on their way (RFC 9111, 4.4).
    pub fn invalidate(&self, key: &str) {
        let mut state = self.state();
        let before = state.bytes;
        state.remove(key);
        for flight in state.flights.get(key).into_iter().flatten() {
            flight.invalidate();
        }
        self.count(before, state.bytes);
    }

    /// Begins to ask, or gives who does already.
    pub fn join(self: &Arc<Self>, key: &str, scope: &str) -> Result<Lead, Arc<Flight>> {
        let mut state = self.state();
        let flights = state.flights.entry(key.to_owned()).or_default();
        if let Some(flight) = flights.iter().find(|flight| flight.scope == scope) {
            return Err(flight.clone());
        }
        let flight = Arc::new(Flight::new(scope));
        flights.push(flight.clone());
        Ok(Lead { store: self.clone(), key: key.to_owned(), flight })
    }

    /// Whether the last answer was nobody else's, so that it is no use to wait for the next one.
    pub fn is_unshared(&self, key: &str) -> bool {
        self.state().unshared.get(key).is_some_and(|since| since.elapsed() < UNSHARED_FOR)
    }

    fn count(&self, before: usize, after: usize) {
        let signed = |bytes: usize| i64::try_from(bytes).unwrap_or(i64::MAX);
        self.bytes.inc_by(signed(after) - signed(before));
    }
}

impl State {
    /// Takes the answers of an address out; whoever puts some of them back counts them again.
    fn remove(&mut self, key: &str) -> Vec<Arc<Stored>> {
        let variants = self.resources.remove(key).unwrap_or_default();
        self.bytes -= variants.iter().map(|stored| weight(key, stored)).sum::<usize>();
        variants
    }
}

fn weight(key: &str, stored: &Stored) -> usize {
    key.len() + stored.weight()
}

impl Drop for Store {
    fn drop(&mut self) {
        let bytes = self.state().bytes;
        self.count(bytes, 0);
    }
}

/// The one request for an address that goes to the upstream; the others wait until it is dropped.
#[derive(Debug)]
pub struct Lead {
    store: Arc<Store>,
    pub key: String,
    flight: Arc<Flight>,
}

impl Lead {
    pub fn store(&self) -> &Arc<Store> {
        &self.store
    }

    /// Stores what was answered, unless something has changed it meanwhile.
    pub fn keep(self, stored: Stored, request: &HeaderMap) {
        let mut state = self.store.state();
        if !self.flight.is_invalidated() {
            state.unshared.remove(&self.key);
            self.store.insert(&mut state, &self.key, stored, request);
        }
    }

    /// Notes that the upstream fails.
    pub fn fail(&self) {
        self.flight.fail();
    }

    /// Notes that what was answered is nobody else's.
    pub fn refuse(self) {
        self.store.state().unshared.insert(self.key.clone(), Instant::now());
    }
}

impl Drop for Lead {
    fn drop(&mut self) {
        let mut state = self.store.state();
        if let Some(flights) = state.flights.get_mut(&self.key) {
            flights.retain(|flight| !Arc::ptr_eq(flight, &self.flight));
            if flights.is_empty() {
                state.flights.remove(&self.key);
            }
        }
        drop(state);
        self.flight.end();
    }
}
