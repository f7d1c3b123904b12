//! Limits over all gateways: each tells the others through the registry how many requests it has let through, and takes what they have let through from what is
//! left here. No request waits for the registry.
//!
//! What is told are counts by key that only grow, under a lease, every [`PERIOD`] in which something was let through. A count that comes late or not at all lets too
//! many through, for that time. While the registry is unreachable each gateway counts for itself, and what it has let through meanwhile is not told later.

use super::gcra::{Quota, Rate, Store};
use crate::front::GatewayMetrics;
use fm_sdk::registry::{LeasedKey, Registry, Snapshot};
use hashlink::LinkedHashMap;
use std::{
    collections::{BTreeMap, HashMap},
    future::pending,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};
use tokio::time::{MissedTickBehavior, interval, timeout};

/// Where gateways tell each other what they have let through.
pub const PREFIX: &str = "/fm/gateway/rate-limits/";
/// How often.
const PERIOD: Duration = Duration::from_millis(200);
/// How long the counts of a gateway that has died stay.
const LEASE: Duration = Duration::from_secs(10);
/// Keys that a gateway tells of at once.
const MAX_TOLD: usize = 256;
/// A key is told again so many times after its last count: who reads may miss some.
const TOLD_AGAIN: u64 = 8;
/// Bytes that a gateway writes in a second at most: the registry keeps them in its history for an hour.
const BYTES_PER_SECOND: u64 = 10_000;
/// Keys that wait to be told of; others count here alone.
const MAX_WAITING: usize = 16_384;
/// Gateways that are gone and remembered: one whose lease was lost for a moment goes on counting.
const MAX_GONE: usize = 16;

/// The limits over all gateways, as this one knows them. Clones share them.
#[derive(Clone, Default)]
pub struct SharedLimits(Arc<Inner>);

#[derive(Default)]
struct Inner {
    store: Store,
    /// Let through here and not told yet.
    waiting: Mutex<HashMap<u64, Passed>>,
    /// The others are told, and tell.
    is_shared: AtomicBool,
}

/// How many requests of a key a gateway has let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Passed {
    /// See [`Rate`].
    interval: u64,
    burst: u64,
    count: u64,
}

/// One of them as it is told: key, interval, burst, count.
type Count = (u64, u64, u64, u64);

/// By key.
type Counts = BTreeMap<u64, Passed>;

impl SharedLimits {
    /// Counts a request, unless it is too much; says whether that holds for all gateways.
    pub fn take(&self, key: u64, rate: Rate) -> (Quota, bool) {
        let quota = self.0.store.take(key, rate);
        let is_shared = self.0.is_shared.load(Relaxed);
        if quota.retry.is_none() && is_shared {
            let mut waiting = self.waiting();
            let is_known = waiting.contains_key(&key);
            if is_known || waiting.len() < MAX_WAITING {
                let passed = waiting.entry(key).or_insert(Passed { interval: rate.interval, burst: rate.burst, count: 0 });
                passed.count += 1;
            }
        }
        (quota, is_shared)
    }

    /// Tells the others, and learns from them; never ends.
    pub async fn follow(self, registry: Arc<dyn Registry>, instance: String, metrics: GatewayMetrics) {
        let own = format!("{PREFIX}{instance}");
        let mut snapshots = registry.watch(PREFIX);
        let (mut ticks, mut told, mut learned) = (interval(PERIOD), Told::default(), Learned::default());
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let is_time = tokio::select! {
                _ = ticks.tick() => true,
                changed = snapshots.changed() => match changed {
                    Ok(()) => false,
                    Err(_) => return pending().await,
                }
            };
            let snapshot = snapshots.borrow_and_update().clone();
            let is_readable = snapshot.known && !snapshot.stale;
            if is_readable {
                learned.learn(&snapshot, &own, &self.0.store);
            } else {
                learned.pause();
            }
            if is_readable && is_time && Instant::now() >= told.next {
                told.tell(self.next(), &*registry, &own).await;
            }
            self.enter(is_readable && told.is_heard, &metrics);
        }
    }

    fn enter(&self, is_shared: bool, metrics: &GatewayMetrics) {
        if self.0.is_shared.swap(is_shared, Relaxed) == is_shared {
            return;
        }
        metrics.rate_limits_shared(is_shared);
        if is_shared {
            log::debug!("rate-limit: the registry answers, limits of all gateways are shared");
        } else {
            // What was let through meanwhile would be told when it no longer counts.
            self.waiting().clear();
            log::warn!("rate-limit: registry unreachable, each gateway counts for itself until it answers");
        }
    }

    /// What the others are told next: if there is too much, the most first.
    fn next(&self) -> Counts {
        let mut waiting = self.waiting();
        if waiting.len() <= MAX_TOLD {
            return waiting.drain().collect();
        }
        let mut all: Vec<(u64, u64)> = waiting.iter().map(|(key, passed)| (passed.count, *key)).collect();
        all.select_nth_unstable_by(MAX_TOLD, |a, b| b.cmp(a));
        all.iter().take(MAX_TOLD).filter_map(|(_, key)| waiting.remove_entry(key)).collect()
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<u64, Passed>> {
        self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What this gateway tells the others.
struct Told {
    key: Option<Box<dyn LeasedKey>>,
    /// All that it has let through of the keys of which it told lately, and when, the latest at the end.
    counts: LinkedHashMap<u64, (Passed, u64)>,
    /// How often it has told.
    times: u64,
    /// When it may tell again.
    next: Instant,
    /// The registry took what was told last.
    is_heard: bool,
}

impl Default for Told {
    fn default() -> Self {
        Told { key: None, counts: LinkedHashMap::new(), times: 0, next: Instant::now(), is_heard: true }
    }
}

impl Told {
    async fn tell(&mut self, new: Counts, registry: &dyn Registry, key: &str) {
        if new.is_empty() && self.is_heard {
            return;
        }
        self.times += 1;
        for (key, passed) in new {
            let before = self.counts.remove(&key).map_or(0, |(before, _)| before.count);
            self.counts.insert(key, (Passed { count: before + passed.count, ..passed }, self.times));
        }
        let is_over = |(_, at): &(Passed, u64)| at + TOLD_AGAIN < self.times;
        while self.counts.len() > MAX_TOLD || self.counts.front().is_some_and(|(_, told)| is_over(told)) {
            self.counts.pop_front();
        }
        let counts: Vec<Count> = self.counts.iter().map(|(key, (passed, _))| (*key, passed.interval, passed.burst, passed.count)).collect();
        let Ok(value) = serde_json::to_string(&counts) else { return };
        self.next = Instant::now() + Duration::from_millis(1000 * value.len() as u64 / BYTES_PER_SECOND);
        match &self.key {
            None => self.key = Some(registry.hold(key, value, LEASE)),
            Some(key) => self.is_heard = matches!(timeout(PERIOD * 5, key.update(value)).await, Ok(Ok(()))),
        }
    }
}

/// What this gateway has learned from the others.
#[derive(Default)]
struct Learned {
    /// What each has told last, and at which revision.
    seen: HashMap<String, (i64, HashMap<u64, u64>)>,
    /// What comes next is new. What was there before counts no longer.
    is_begun: bool,
}

impl Learned {
    fn pause(&mut self) {
        self.is_begun = false;
    }

    fn learn(&mut self, snapshot: &Snapshot, own: &str, store: &Store) {
        for (name, entry) in snapshot.entries.iter().filter(|(name, _)| *name != own) {
            let (revision, before) = self.seen.entry(name.clone()).or_default();
            if *revision == entry.revision {
                continue;
            }
            *revision = entry.revision;
            let counts: Vec<Count> = match serde_json::from_str(&entry.value) {
                Ok(counts) => counts,
                Err(e) => {
                    log::error!("rate-limit: {name} cannot be read, what it has let through does not count here: {e}");
                    continue;
                }
            };
            for &(key, interval, burst, count) in counts.iter().filter(|_| self.is_begun) {
                // A smaller count is one that has begun anew.
                let known = before.get(&key).copied().filter(|known| *known <= count).unwrap_or(0);
                store.add(key, Rate { interval, burst }, count - known);
            }
            *before = counts.into_iter().map(|(key, _, _, count)| (key, count)).collect();
        }
        if self.seen.len() > 2 * snapshot.entries.len() + MAX_GONE {
            self.seen.retain(|name, _| snapshot.entries.contains_key(name));
        }
        self.is_begun = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fm_sdk::{
        metrics::Metrics,
        registry::{Change, Expect, MemoryRegistry},
        testing::eventually,
    };
    use tokio::task::JoinSet;

    const MINUTE: u64 = 60_000_000_000;
    /// Ten at once, and nothing more while a test runs.
    const RATE: Rate = Rate { interval: 60 * MINUTE, burst: 10 };
    const TIMEOUT: Duration = Duration::from_secs(20);

    struct Gateways {
        all: [SharedLimits; 3],
        registry: MemoryRegistry,
        metrics: GatewayMetrics,
        _following: JoinSet<()>,
    }

    impl Gateways {
        async fn start() -> Gateways {
            let (all, registry, mut following) = ([(); 3].map(|()| SharedLimits::default()), MemoryRegistry::new(), JoinSet::new());
            let metrics = GatewayMetrics::new(Metrics::default());
            for (n, limits) in all.iter().enumerate() {
                following.spawn(limits.clone().follow(Arc::new(registry.clone()), format!("g{n}"), metrics.clone()));
            }
            let gateways = Gateways { all, registry, metrics, _following: following };
            gateways.are(true).await;
            gateways
        }

        async fn are(&self, shared: bool) {
            let entered = async || self.all.iter().all(|limits| limits.0.is_shared.load(Relaxed) == shared);
            eventually("gateways share their limits or do not", TIMEOUT, entered).await;
        }

        fn take(&self, at: usize, key: u64) -> bool {
            self.all[at].take(key, RATE).0.retry.is_none()
        }
        /// How many are left of a key, without taking one.
        fn left(&self, at: usize, key: u64) -> u64 {
            self.all[at].0.store.peek(key, RATE).remaining
        }
    }

    #[tokio::test]
    async fn what_one_gateway_lets_through_is_missing_at_the_others() {
        let gateways = Gateways::start().await;
        for (at, count) in [(0, 3), (1, 4)] {
            (0..count).for_each(|_| assert!(gateways.take(at, 1)));
        }
        for at in 0..3 {
            eventually("all know of seven", TIMEOUT, async || gateways.left(at, 1) == 3).await;
            assert_eq!(gateways.left(at, 2), 10, "another key has its own");
        }
        let passed = (0..20).filter(|_| gateways.take(2, 1)).count();
        assert_eq!(passed, 3);
        eventually("the first one has none left", TIMEOUT, async || !gateways.take(0, 1)).await;
    }

    #[tokio::test]
    async fn each_counts_for_itself_while_the_registry_is_unreachable() {
        let gateways = Gateways::start().await;
        assert!(gateways.take(0, 1));
        eventually("the second one knows", TIMEOUT, async || gateways.left(1, 1) == 9).await;
        gateways.registry.cut();
        gateways.are(false).await;
        assert!(gateways.metrics.all.text().contains("gateway_rate_limits_shared 0\n"));
        for at in [0, 1] {
            assert_eq!((0..20).filter(|_| gateways.take(at, 1)).count(), 9, "{at}");
            assert_eq!((0..20).filter(|_| gateways.take(at, 2)).count(), 10, "{at}");
        }
        gateways.registry.mend();
        gateways.are(true).await;
        assert!(gateways.take(0, 3));
        eventually("the third one learns again", TIMEOUT, async || gateways.left(2, 3) == 9).await;
        assert_eq!(gateways.left(2, 2), 10, "what was let through meanwhile is not told later");
    }

    #[tokio::test]
    async fn counts_begin_anew_with_a_gateway_and_nonsense_counts_nothing() {
        let gateways = Gateways::start().await;
        let put = async |value: &str| {
            let change = Change { key: format!("{PREFIX}other"), expect: Expect::Any, value: Some(value.into()) };
            gateways.registry.commit(vec![change]).await.unwrap();
        };
        let told = |count: u64| format!("[[1,{},10,{count}]]", RATE.interval);
        put(&told(4)).await;
        eventually("four are missing", TIMEOUT, async || gateways.left(0, 1) == 6).await;
        put("nonsense").await;
        put(&told(5)).await;
        eventually("one more is missing", TIMEOUT, async || gateways.left(0, 1) == 5).await;
        put(&told(2)).await;
        eventually("two of one that has begun anew", TIMEOUT, async || gateways.left(0, 1) == 3).await;
        put(&told(u64::MAX)).await;
        eventually("all are missing", TIMEOUT, async || gateways.left(0, 1) == 0).await;
    }

    #[tokio::test]
    async fn what_is_told_is_bounded_and_forgotten() {
        let (mut told, registry) = (Told::default(), MemoryRegistry::new());
        let passed = Passed { interval: RATE.interval, burst: RATE.burst, count: 1 };
        let size = |registry: &MemoryRegistry| registry.watch(PREFIX).borrow().entries[&format!("{PREFIX}a")].value.len();
        let key = format!("{PREFIX}a");
        for n in 0..3 {
            let new = (0..MAX_TOLD as u64).map(|key| (u64::MAX - n - key, passed)).collect();
            told.tell(new, &registry, &key).await;
        }
        let large = size(&registry);
        assert!(large < 64 * MAX_TOLD, "{large}");
        assert!(told.next > Instant::now() + Duration::from_millis(500), "so much is not told five times a second");
        for _ in 0..=TOLD_AGAIN {
            told.tell([(1, passed)].into(), &registry, &key).await;
        }
        assert!(size(&registry) < 100 && told.next < Instant::now() + Duration::from_millis(50), "{}", size(&registry));
        assert_eq!(told.counts[&1].0.count, TOLD_AGAIN + 1);
    }

    #[test]
    fn of_too_many_keys_the_busiest_are_told_first_and_the_others_next() {
        let limits = SharedLimits::default();
        limits.0.is_shared.store(true, Relaxed);
        let keys = 3 * MAX_TOLD as u64;
        for key in 0..keys {
            (0..=key % 3).for_each(|_| assert_eq!(limits.take(key, RATE).0.retry, None));
        }
        let told: Vec<Counts> = (0..4).map(|_| limits.next()).collect();
        assert_eq!(told.iter().map(BTreeMap::len).collect::<Vec<_>>(), [MAX_TOLD, MAX_TOLD, MAX_TOLD, 0]);
        assert!(told[0].values().all(|passed| passed.count == 3) && told[2].values().all(|passed| passed.count == 1));
        (0..2 * MAX_WAITING as u64).for_each(|key| assert_eq!(limits.take(key + keys, RATE).0.retry, None));
        assert_eq!(limits.waiting().len(), MAX_WAITING);
    }
}
