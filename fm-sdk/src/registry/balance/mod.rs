//! Picks an instance for a request: the less loaded of two at random, leaving out those that cannot be reached.
//!
//! Power of two choices (Mitzenmacher 2001). Two whose latencies are about the same share in turn, the one with fewer requests in flight
//! first; of two that differ by more than noise the quicker one is the more likely. Passive outlier ejection as in Envoy, also of an
//! instance that hangs: one that answers none of the requests that wait for it is left out before any of them has failed. A pick costs
//! two look-ups in a sharded map and a few atomics; nothing is locked while a request runs.

mod load;
mod picked;
#[cfg(test)]
mod tests;

pub use picked::Picked;

use super::Instance;
use load::Load;
use std::{
    collections::{HashMap, hash_map::RandomState},
    hash::BuildHasher,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

const SHARDS: usize = 16;
/// Costs above make no difference any more, and two of them can be added.
const COSTLY: u64 = u64::MAX / 2;
/// Loads of instances that nobody picked for this long are forgotten, in milliseconds.
const FORGET: u64 = 300_000;
/// Latencies are about the same while the larger is at most so many times the smaller plus so many microseconds: that much a busy machine
/// does to equals.
const NOISE: (u64, u64) = (2, 2_000);

/// How an instance is chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Choice {
    /// The less loaded of two at random.
    #[default]
    LeastLoad,
    /// One after the other.
    RoundRobin,
}

/// How a balancer behaves.
#[derive(Clone, Debug)]
pub struct Policy {
    /// How an instance is chosen.
    pub choice: Choice,
    /// Failures in a row that eject an instance.
    pub consecutive_failures: u32,
    /// The first ejection's time, halved to one and a half by chance; each further one doubles it, an answer ends it.
    pub base_ejection: Duration,
    /// The longest ejection, before chance.
    pub max_ejection: Duration,
    /// How long a latency is remembered when no further answer comes.
    pub memory: Duration,
    /// After this time without any answer, while requests wait for one, an instance counts as silent: others are asked instead. If such a
    /// request is given up the instance is ejected.
    pub silent: Duration,
}
impl Default for Policy {
    /// Least load; three failures in a row, or 1 s of silence, eject for about 1 s, 2 s, 4 s .. 30 s; 10 s of memory.
    fn default() -> Self {
        let s = Duration::from_secs;
        Policy { choice: Choice::LeastLoad, consecutive_failures: 3, base_ejection: s(1), max_ejection: s(30), memory: s(10), silent: s(1) }
    }
}

/// How a request ended, as far as the choice of the instance is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestOutcome {
    /// It answered, whatever the status.
    Answered,
    /// It did not answer in time.
    TimedOut,
    /// No connection, or it broke before the answer began.
    Unreachable,
}

/// How an instance stands, for dashboards.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InstanceHealth {
    /// Requests that have not ended yet.
    pub in_flight: u32,
    /// The moving latency, if known.
    pub latency: Option<Duration>,
    /// How long it still is left out; zero: it is not.
    pub ejected_for: Duration,
    /// How long requests have waited while it answered none of them.
    pub silent_for: Duration,
}

/// By hash of service, id, start and address: what starts again under its old name is another instance, and what is known of the dead one
/// says nothing about it. 64 bits under a key of chance, so that two never meet, and a look-up allocates nothing.
type Shard = RwLock<HashMap<u64, Arc<Load>>>;
type Clock = Arc<dyn Fn() -> u64 + Send + Sync>;
/// What an instance must be like to be chosen.
type Fit = fn(&Load, u64, &Policy) -> bool;

/// Spreads requests over instances. Clones share what they know; one balancer serves any number of services.
#[derive(Clone)]
pub struct Balancer(Arc<Inner>);
struct Inner {
    policy: Policy,
    shards: [Shard; SHARDS],
    hasher: RandomState,
    turn: AtomicU64,
    now: Clock,
}

impl Default for Balancer {
    fn default() -> Self {
        Balancer::new(Policy::default())
    }
}

impl Balancer {
    /// Makes a balancer.
    pub fn new(policy: Policy) -> Self {
        let start = Instant::now();
        Self::with_clock(policy, Arc::new(move || start.elapsed().as_millis() as u64))
    }
    fn with_clock(policy: Policy, now: Clock) -> Self {
        let shards = std::array::from_fn(|_| RwLock::default());
        Balancer(Arc::new(Inner { policy, shards, hasher: RandomState::new(), turn: AtomicU64::new(0), now }))
    }

    /// Chooses one of the instances, leaving out those whose id is in `exclude` (already tried), those that are ejected and those that are
    /// silent; if no other remains, one of them. The instance owes an answer from now on. `None`: there is none to choose from.
    pub fn pick(&self, instances: &[Instance], exclude: &[&str]) -> Option<Picked> {
        let now = (self.0.now)();
        let chosen = self.choose(instances, exclude, now, Load::is_fit).or_else(|| self.least_ejected(instances, exclude, now))?;
        Some(self.begin(chosen, exclude, now, true))
    }

    /// Chooses as [`Balancer::pick`] does, for a request that cannot be repeated, or takes long to send: it does not try out whether an
    /// instance is back, as long as there is another one, and while it lasts it does not count as silence.
    pub fn pick_proven(&self, instances: &[Instance], exclude: &[&str]) -> Option<Picked> {
        let now = (self.0.now)();
        let chosen = self.choose(instances, exclude, now, Load::is_proven).or_else(|| self.choose(instances, exclude, now, Load::is_fit));
        let chosen = chosen.or_else(|| self.least_ejected(instances, exclude, now))?;
        Some(self.begin(chosen, exclude, now, false))
    }

    fn choose(&self, instances: &[Instance], exclude: &[&str], now: u64, fit: Fit) -> Option<(usize, Arc<Load>)> {
        match self.0.policy.choice {
            Choice::LeastLoad => self.less_loaded(instances, exclude, now, fit),
            Choice::RoundRobin => self.next(instances, exclude, now, fit),
        }
    }

    fn begin(&self, (index, load): (usize, Arc<Load>), exclude: &[&str], now: u64, awaited: bool) -> Picked {
        let turn = self.0.turn.fetch_add(1, Relaxed) + 1;
        // A second attempt is nobody's turn: the first choice would otherwise be the same again next time.
        load.begin(now, exclude.is_empty().then_some(turn), awaited);
        Picked::new(index, self.clone(), load, now, awaited)
    }

    /// Tells how an instance stands.
    pub fn health(&self, instance: &Instance) -> InstanceHealth {
        let now = (self.0.now)();
        let (shard, key) = self.place(instance);
        shard.read().unwrap_or_else(PoisonError::into_inner).get(&key).map_or_else(InstanceHealth::default, |load| InstanceHealth {
            in_flight: load.in_flight(),
            latency: load.latency(now, &self.0.policy).map(Duration::from_micros),
            ejected_for: Duration::from_millis(load.ejected_for(now)),
            silent_for: Duration::from_millis(load.silent_for(now)),
        })
    }

    fn less_loaded(&self, instances: &[Instance], exclude: &[&str], now: u64, fit: Fit) -> Option<(usize, Arc<Load>)> {
        if instances.len() > 2 {
            // The usual case without any list: two at random are both fine.
            let (a, b) = two_of(instances.len());
            if let (Some(x), Some(y)) = (self.fit(instances, a, exclude, now, fit), self.fit(instances, b, exclude, now, fit)) {
                return Some(self.better((a, x), (b, y), now));
            }
        }
        let left: Vec<_> = (0..instances.len()).filter_map(|i| Some((i, self.fit(instances, i, exclude, now, fit)?))).collect();
        match left.len() {
            0 | 1 => left.into_iter().next(),
            n => {
                let (a, b) = two_of(n);
                Some(self.better(left[a].clone(), left[b].clone(), now))
            }
        }
    }

    fn next(&self, instances: &[Instance], exclude: &[&str], now: u64, fit: Fit) -> Option<(usize, Arc<Load>)> {
        let n = instances.len();
        let first = self.0.turn.load(Relaxed) as usize;
        let mut turns = (0..n).map(|i| first.wrapping_add(i) % n);
        turns.find_map(|i| Some((i, self.fit(instances, i, exclude, now, fit)?)))
    }

    /// All are ejected: the one whose time ends first. An attempt is worth more than a certain refusal.
    fn least_ejected(&self, instances: &[Instance], exclude: &[&str], now: u64) -> Option<(usize, Arc<Load>)> {
        let left = instances.iter().enumerate().filter(|(_, i)| !exclude.contains(&i.id.as_str()));
        left.map(|(n, i)| (n, self.load(i, now))).min_by_key(|(_, load)| (load.ejected_for(now), load.in_flight()))
    }

    fn fit(&self, instances: &[Instance], index: usize, exclude: &[&str], now: u64, fit: Fit) -> Option<Arc<Load>> {
        let instance = &instances[index];
        if exclude.contains(&instance.id.as_str()) {
            return None;
        }
        Some(self.load(instance, now)).filter(|load| fit(load, now, &self.0.policy))
    }

    fn better(&self, a: (usize, Arc<Load>), b: (usize, Arc<Load>), now: u64) -> (usize, Arc<Load>) {
        let (fa, fb) = (u64::from(a.1.in_flight()), u64::from(b.1.in_flight()));
        let a_first = match (a.1.latency(now, &self.0.policy), b.1.latency(now, &self.0.policy)) {
            // By chance, the cheaper one the more likely: always the better one would leave the other without requests, and so without
            // news of its getting better.
            (Some(la), Some(lb)) if differ(la, lb) => {
                let cost = |latency: u64, in_flight: u64| latency.saturating_mul(in_flight + 1).clamp(1, COSTLY);
                let (ca, cb) = (cost(la, fa), cost(lb, fb));
                rand::random_range(0..ca + cb) < cb
            }
            // Also while one is not known yet (just started): a guess would flood or starve it.
            _ => (fa, a.1.turn.load(Relaxed)) < (fb, b.1.turn.load(Relaxed)),
        };
        if a_first { a } else { b }
    }

    fn place(&self, instance: &Instance) -> (&Shard, u64) {
        let key = self.0.hasher.hash_one((&instance.service, &instance.id, instance.started, &instance.url));
        (&self.0.shards[key as usize % SHARDS], key)
    }

    fn load(&self, instance: &Instance, now: u64) -> Arc<Load> {
        let (shard, key) = self.place(instance);
        if let Some(load) = shard.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return load.clone();
        }
        let mut shard = shard.write().unwrap_or_else(PoisonError::into_inner);
        // Ids come and go with every restart; a new one is the moment to forget old ones.
        shard.retain(|_, load| load.in_flight() > 0 || load.used.load(Relaxed) + FORGET > now);
        let load = shard.entry(key).or_default();
        load.used.store(now, Relaxed);
        load.clone()
    }
}

/// Whether two latencies, in microseconds, differ by more than noise.
fn differ(a: u64, b: u64) -> bool {
    a.max(b) > a.min(b) * NOISE.0 + NOISE.1
}

/// Two different places below `n`, which is at least two.
fn two_of(n: usize) -> (usize, usize) {
    let a = rand::random_range(0..n);
    let b = rand::random_range(0..n - 1);
    (a, if b >= a { b + 1 } else { b })
}
