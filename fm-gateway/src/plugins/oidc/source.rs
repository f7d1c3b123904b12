//! The keys of an issuer as they are known here: fetched before they are needed, again from time to time, and when a token names one that is not known.
//!
//! One fetch at a time, and none sooner than `cooldown` after the one before, whatever tokens are sent. While the issuer is unreachable the keys of the
//! last fetch count, for a while.

use super::keys::{Key, KeySet};
use futures::future::LocalBoxFuture;
use hashlink::LruCache;
use jsonwebtoken::Algorithm;
use std::{
    collections::hash_map::RandomState,
    hash::BuildHasher,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use tokio::{sync::watch, time::timeout};

/// Ids of keys that are remembered as unknown.
const MAX_UNKNOWN: usize = 1024;

/// How often an issuer is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Times {
    /// Keys that are older are fetched anew, while they still count.
    pub refresh: Duration,
    /// The least time from the end of one fetch to the next one.
    pub cooldown: Duration,
    /// How long keys count that cannot be fetched anew.
    pub max_stale: Duration,
    /// For a fetch, and for requests that wait for it.
    pub timeout: Duration,
}

/// Gets the keys from their issuer.
pub type Fetch = Box<dyn Fn() -> LocalBoxFuture<'static, Result<KeySet, String>> + Send + Sync>;

/// What is told of each fetch: its outcome.
pub type Told = Box<dyn Fn(&Result<(), String>) + Send + Sync>;

/// The time since some moment.
type Clock = Box<dyn Fn() -> Duration + Send + Sync>;

pub struct Source {
    times: Times,
    clock: Clock,
    fetch: Fetch,
    told: Told,
    state: Mutex<State>,
    hasher: RandomState,
    /// Changes at the end of each fetch.
    fetches: watch::Sender<u64>,
}

struct State {
    keys: KeySet,
    /// When these were fetched.
    fetched: Option<Duration>,
    /// When the last fetch ended, and whether it brought keys.
    last: Option<(Duration, bool)>,
    is_fetching: bool,
    /// Ids that the issuer did not have, by their hashes, and when it was asked.
    unknown: LruCache<u64, Duration>,
}

/// What is known of a key.
pub enum Found {
    Key(Arc<Key>),
    /// The issuer has no such key.
    Unknown,
    /// It cannot be asked.
    Unreachable,
    /// It should be asked, or is being asked.
    Ask,
}

/// What the keys at hand say.
enum Known {
    /// It is among them; how old they are.
    Key(Arc<Key>, Duration),
    Missing,
    /// There are none that still count.
    Nothing,
}

impl Source {
    pub fn new(times: Times, fetch: Fetch, told: Told) -> Source {
        let started = Instant::now();
        Source::at(Box::new(move || started.elapsed()), times, fetch, told)
    }

    fn at(clock: Clock, times: Times, fetch: Fetch, told: Told) -> Source {
        let state = State { keys: KeySet::default(), fetched: None, last: None, is_fetching: false, unknown: LruCache::new(MAX_UNKNOWN) };
        Source { times, clock, fetch, told, state: Mutex::new(state), hasher: RandomState::new(), fetches: watch::channel(0).0 }
    }

    /// Resolves when keys are known, or could not be fetched.
    pub async fn ready(self: &Arc<Self>) {
        if self.state().fetched.is_none()
            && let Some(fetching) = self.begin()
        {
            fetching.run().await;
        }
    }

    /// Looks for a key without waiting. Keys that are old are fetched meanwhile.
    pub fn find(self: &Arc<Self>, id: Option<&str>, algorithm: Algorithm) -> Found {
        let now = self.now();
        let state = self.state();
        let may_ask = state.is_fetching || self.may_fetch(&state, now);
        match self.known(&state, id, algorithm, now) {
            Known::Key(key, age) => {
                drop(state);
                if age > self.times.refresh
                    && let Some(fetching) = self.begin()
                {
                    tokio::task::spawn_local(fetching.run());
                }
                Found::Key(key)
            }
            Known::Missing if id.is_none_or(|id| state.keys.names(id) || self.is_unknown(&state, id, now)) => Found::Unknown,
            Known::Missing | Known::Nothing if may_ask => Found::Ask,
            Known::Missing if state.last.is_some_and(|(_, brought_keys)| brought_keys) => Found::Unknown,
            Known::Missing | Known::Nothing => Found::Unreachable,
        }
    }

    /// Looks for a key, and waits for the fetch that may bring it.
    pub async fn ask(self: &Arc<Self>, id: Option<&str>, algorithm: Algorithm) -> Found {
        let mut fetches = self.fetches.subscribe();
        if let Some(fetching) = self.begin() {
            tokio::task::spawn_local(fetching.run());
        }
        let is_over = !self.state().is_fetching || timeout(self.times.timeout, fetches.changed()).await.is_ok();
        let now = self.now();
        let mut state = self.state();
        match self.known(&state, id, algorithm, now) {
            Known::Key(key, _) => Found::Key(key),
            Known::Missing if is_over && state.last.is_some_and(|(_, brought_keys)| brought_keys) => {
                if let Some(id) = id {
                    state.unknown.insert(self.hasher.hash_one(id), now);
                }
                Found::Unknown
            }
            Known::Missing | Known::Nothing => Found::Unreachable,
        }
    }

    fn known(&self, state: &State, id: Option<&str>, algorithm: Algorithm, now: Duration) -> Known {
        let age = state.fetched.map(|at| now.saturating_sub(at));
        match age.filter(|age| *age <= self.times.max_stale) {
            None => Known::Nothing,
            Some(age) => state.keys.find(id, algorithm).map_or(Known::Missing, |key| Known::Key(key.clone(), age)),
        }
    }

    fn is_unknown(&self, state: &State, id: &str, now: Duration) -> bool {
        let asked = state.unknown.peek(&self.hasher.hash_one(id));
        asked.is_some_and(|at| now.saturating_sub(*at) < self.times.refresh)
    }

    fn may_fetch(&self, state: &State, now: Duration) -> bool {
        state.last.is_none_or(|(at, _)| now.saturating_sub(at) >= self.times.cooldown)
    }

    fn begin(self: &Arc<Self>) -> Option<Fetching> {
        let mut state = self.state();
        if state.is_fetching || !self.may_fetch(&state, self.now()) {
            return None;
        }
        state.is_fetching = true;
        Some(Fetching(self.clone()))
    }

    fn now(&self) -> Duration {
        (self.clock)()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A fetch under way; there is one at a time.
struct Fetching(Arc<Source>);

impl Fetching {
    async fn run(self) {
        let Source { times, fetch, told, .. } = &*self.0;
        let result = timeout(times.timeout, fetch()).await.unwrap_or_else(|_| Err(format!("no answer within {:?}", times.timeout)));
        let outcome = match result {
            Ok(keys) => {
                let mut state = self.0.state();
                (state.keys, state.fetched) = (keys, Some(self.0.now()));
                Ok(())
            }
            Err(why) => Err(why),
        };
        self.0.state().last = Some((self.0.now(), outcome.is_ok()));
        told(&outcome);
    }
}

impl Drop for Fetching {
    fn drop(&mut self) {
        self.0.state().is_fetching = false;
        self.0.fetches.send_modify(|count| *count += 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;
    use serde_json::json;
    use std::{
        future::pending,
        sync::atomic::{AtomicUsize, Ordering::Relaxed},
    };
    use tokio::task::{LocalSet, yield_now};

    const SECOND: Duration = Duration::from_secs(1);
    const TIMES: Times = Times {
        refresh: Duration::from_secs(600),
        cooldown: Duration::from_secs(10),
        max_stale: Duration::from_secs(3600),
        timeout: Duration::from_millis(100),
    };

    /// What the issuer does from now on.
    #[derive(Clone)]
    enum Answer {
        Keys(&'static [&'static str]),
        Failure,
        Silence,
    }

    struct Issuer {
        source: Arc<Source>,
        answer: Arc<Mutex<Answer>>,
        fetches: Arc<AtomicUsize>,
        now: Arc<Mutex<Duration>>,
    }

    fn keys(ids: &[&str]) -> KeySet {
        let key = |id: &&str| json!({"kty": "OKP", "crv": "Ed25519", "kid": id, "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"});
        KeySet::parse(json!({"keys": ids.iter().map(key).collect::<Vec<_>>()}).to_string().as_bytes()).unwrap()
    }

    impl Issuer {
        fn new(answer: Answer) -> Issuer {
            let (answer, fetches) = (Arc::new(Mutex::new(answer)), Arc::<AtomicUsize>::default());
            let (answers, counted) = (answer.clone(), fetches.clone());
            let fetch = move || {
                counted.fetch_add(1, Relaxed);
                let answer = answers.lock().unwrap().clone();
                async move {
                    // A network takes its time, in which others ask.
                    for _ in 0..10 {
                        yield_now().await;
                    }
                    match answer {
                        Answer::Keys(ids) => Ok(keys(ids)),
                        Answer::Failure => Err("refused".into()),
                        Answer::Silence => pending().await,
                    }
                }
                .boxed_local()
            };
            let now = Arc::new(Mutex::new(SECOND));
            let clock = now.clone();
            let source = Source::at(Box::new(move || *clock.lock().unwrap()), TIMES, Box::new(fetch), Box::new(|_| ()));
            Issuer { source: Arc::new(source), answer, fetches, now }
        }

        fn advance(&self, time: Duration) {
            *self.now.lock().unwrap() += time;
        }

        async fn fetched(&self) {
            while self.source.state().is_fetching {
                yield_now().await;
            }
        }

        fn answers(&self, answer: Answer) {
            *self.answer.lock().unwrap() = answer;
        }

        /// As a request does.
        async fn look(&self, id: &str) -> &'static str {
            let found = match self.source.find(Some(id), Algorithm::EdDSA) {
                Found::Ask => self.source.ask(Some(id), Algorithm::EdDSA).await,
                found => found,
            };
            match found {
                Found::Key(_) => "key",
                Found::Unknown => "unknown",
                Found::Unreachable => "unreachable",
                Found::Ask => "ask",
            }
        }

        fn fetches(&self) -> usize {
            self.fetches.load(Relaxed)
        }
    }

    #[tokio::test]
    async fn many_who_need_keys_at_once_wait_for_one_fetch() {
        let issuer = Issuer::new(Answer::Keys(&["a"]));
        LocalSet::new()
            .run_until(async {
                let found = futures::future::join_all((0..100).map(|_| issuer.look("a"))).await;
                assert_eq!((found, issuer.fetches()), (vec!["key"; 100], 1));
            })
            .await;
    }

    #[tokio::test]
    async fn a_new_key_is_fetched_when_a_token_names_it_and_never_sooner_than_the_cooldown_allows() {
        let issuer = Issuer::new(Answer::Keys(&["a"]));
        LocalSet::new()
            .run_until(async {
                issuer.source.ready().await;
                issuer.answers(Answer::Keys(&["b"]));
                assert_eq!((issuer.look("b").await, issuer.fetches()), ("unknown", 1), "asked just before");
                issuer.advance(10 * SECOND);
                assert_eq!((issuer.look("b").await, issuer.fetches()), ("key", 2));
                assert_eq!((issuer.look("a").await, issuer.fetches()), ("unknown", 2), "the issuer has taken it back");
            })
            .await;
    }

    #[tokio::test]
    async fn ten_thousand_unknown_keys_cost_a_fetch_in_each_cooldown() {
        let issuer = Issuer::new(Answer::Keys(&["a"]));
        LocalSet::new()
            .run_until(async {
                issuer.source.ready().await;
                for n in 0..10_000 {
                    assert_eq!(issuer.look(&format!("made-up-{n}")).await, "unknown");
                    // 10,000 in 100 s.
                    issuer.advance(Duration::from_millis(10));
                }
                assert!((5..=11).contains(&issuer.fetches()), "{}", issuer.fetches());
                assert_eq!(issuer.look("a").await, "key");
            })
            .await;
    }

    #[tokio::test]
    async fn a_key_that_the_issuer_did_not_have_is_not_asked_for_again() {
        let issuer = Issuer::new(Answer::Keys(&["a"]));
        LocalSet::new()
            .run_until(async {
                issuer.source.ready().await;
                for _ in 0..50 {
                    issuer.advance(10 * SECOND);
                    assert_eq!(issuer.look("b").await, "unknown");
                }
                assert_eq!(issuer.fetches(), 2);
            })
            .await;
    }

    #[tokio::test]
    async fn known_keys_count_while_the_issuer_is_unreachable_and_not_for_ever() {
        let issuer = Issuer::new(Answer::Keys(&["a"]));
        LocalSet::new()
            .run_until(async {
                issuer.source.ready().await;
                issuer.answers(Answer::Failure);
                issuer.advance(3600 * SECOND);
                assert_eq!(issuer.look("a").await, "key");
                issuer.advance(SECOND);
                assert_eq!(issuer.look("a").await, "unreachable");
                issuer.answers(Answer::Keys(&["a"]));
                issuer.advance(10 * SECOND);
                assert_eq!(issuer.look("a").await, "key");
            })
            .await;
    }

    #[tokio::test]
    async fn keys_that_are_old_are_fetched_while_they_are_used() {
        let issuer = Issuer::new(Answer::Keys(&["a"]));
        LocalSet::new()
            .run_until(async {
                issuer.source.ready().await;
                issuer.answers(Answer::Keys(&["b"]));
                issuer.advance(601 * SECOND);
                assert_eq!(issuer.look("a").await, "key");
                issuer.fetched().await;
                assert_eq!((issuer.look("a").await, issuer.look("b").await, issuer.fetches()), ("unknown", "key", 2));
            })
            .await;
    }

    #[tokio::test]
    async fn an_issuer_that_was_never_reached_lets_nobody_in_and_is_asked_once_in_a_cooldown() {
        let issuer = Issuer::new(Answer::Failure);
        LocalSet::new()
            .run_until(async {
                issuer.source.ready().await;
                for _ in 0..100 {
                    assert_eq!(issuer.look("a").await, "unreachable");
                }
                assert_eq!(issuer.fetches(), 1);
                issuer.advance(10 * SECOND);
                assert_eq!((issuer.look("a").await, issuer.fetches()), ("unreachable", 2));
            })
            .await;
    }

    #[tokio::test]
    async fn who_waits_for_a_silent_issuer_waits_no_longer_than_the_timeout() {
        let issuer = Issuer::new(Answer::Keys(&["a"]));
        LocalSet::new()
            .run_until(async {
                issuer.source.ready().await;
                issuer.answers(Answer::Silence);
                issuer.advance(10 * SECOND);
                let started = Instant::now();
                let (new, old) = futures::join!(issuer.look("b"), issuer.look("a"));
                assert_eq!((new, old, started.elapsed() < 20 * TIMES.timeout), ("unreachable", "key", true));
                assert_eq!(issuer.look("b").await, "unreachable");
                assert_eq!(issuer.fetches(), 2);
            })
            .await;
    }
}
