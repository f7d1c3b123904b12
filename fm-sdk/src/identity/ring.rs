//! The public keys and revocations that the registry holds, in a form that is cheap to ask.

use super::{
    epochs::{self, EPOCHS},
    keys::{ACCESS, Jwk, Published, SERVICES},
    rejection::TokenRejection,
};
use crate::registry::{Registry, Snapshot};
use ed25519_dalek::VerifyingKey;
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, PoisonError, RwLock},
};
use tokio::sync::watch;

/// A public key and until when it is believed.
pub(crate) struct Trusted {
    pub(crate) key: VerifyingKey,
    jwk: Jwk,
    until_ms: i64,
}

type Set = BTreeMap<String, Trusted>;

/// A prefix of the registry, read into `T` whenever it has changed. It never asks the registry: away, the last known set counts.
struct Watched<T> {
    source: watch::Receiver<Arc<Snapshot>>,
    read: RwLock<(Arc<Snapshot>, Arc<T>)>,
    parse: fn(&Snapshot) -> T,
}

impl<T> Watched<T> {
    fn new(registry: &dyn Registry, prefix: &str, parse: fn(&Snapshot) -> T) -> Self {
        let source = registry.watch(prefix);
        let now = source.borrow().clone();
        let read = RwLock::new((now.clone(), Arc::new(parse(&now))));
        Watched { source, read, parse }
    }

    fn get(&self) -> Result<Arc<T>, TokenRejection> {
        let now = self.source.borrow().clone();
        if !now.known {
            return Err(TokenRejection::KeysUnknown);
        }
        {
            let read = self.read.read().unwrap_or_else(PoisonError::into_inner);
            if Arc::ptr_eq(&read.0, &now) {
                return Ok(read.1.clone());
            }
        }
        let parsed = Arc::new((self.parse)(&now));
        *self.read.write().unwrap_or_else(PoisonError::into_inner) = (now, parsed.clone());
        Ok(parsed)
    }
}

pub(crate) struct KeyRing {
    access: Watched<Set>,
    services: Watched<BTreeMap<String, Set>>,
    epochs: Watched<HashMap<String, u64>>,
}

impl KeyRing {
    pub(crate) fn new(registry: &dyn Registry) -> Self {
        KeyRing {
            access: Watched::new(registry, ACCESS, access_keys),
            services: Watched::new(registry, SERVICES, service_keys),
            epochs: Watched::new(registry, EPOCHS, epochs::read),
        }
    }

    /// The key that may have signed an access token.
    pub(crate) fn access(&self, kid: &str, now_ms: i64) -> Result<VerifyingKey, TokenRejection> {
        believed(&*self.access.get()?, kid, now_ms)
    }

    /// The key that may have signed a delegation token of this service.
    pub(crate) fn service(&self, name: &str, kid: &str, now_ms: i64) -> Result<VerifyingKey, TokenRejection> {
        believed(self.services.get()?.get(name).ok_or(TokenRejection::KeyUnknown)?, kid, now_ms)
    }

    /// The smallest epoch of this user whose tokens are still good.
    pub(crate) fn epoch(&self, user: &str) -> Result<u64, TokenRejection> {
        Ok(self.epochs.get()?.get(user).copied().unwrap_or(0))
    }

    /// All access keys that are believed now.
    pub(crate) fn access_jwks(&self, now_ms: i64) -> Result<Vec<Jwk>, TokenRejection> {
        Ok(self.access.get()?.values().filter(|k| k.until_ms > now_ms).map(|k| k.jwk.clone()).collect())
    }

    /// Whether the registry has answered for all that is needed.
    pub(crate) fn is_known(&self) -> bool {
        self.sources().iter().all(|s| s.borrow().known)
    }

    /// Resolves when it has.
    pub(crate) async fn known(&self) {
        for mut source in self.sources() {
            // The registry is gone for good when its sender is; there is nothing left to wait for.
            let _ = source.wait_for(|s| s.known).await;
        }
    }

    fn sources(&self) -> [watch::Receiver<Arc<Snapshot>>; 3] {
        [self.access.source.clone(), self.services.source.clone(), self.epochs.source.clone()]
    }
}

fn believed(set: &Set, kid: &str, now_ms: i64) -> Result<VerifyingKey, TokenRejection> {
    set.get(kid).filter(|k| k.until_ms > now_ms).map(|k| k.key).ok_or(TokenRejection::KeyUnknown)
}

fn access_keys(there: &Snapshot) -> Set {
    there.entries.iter().filter_map(|(key, e)| trusted(key, key.strip_prefix(ACCESS)?, &e.value)).collect()
}

fn service_keys(there: &Snapshot) -> BTreeMap<String, Set> {
    let mut all: BTreeMap<String, Set> = BTreeMap::new();
    for (key, e) in &there.entries {
        let place = key.strip_prefix(SERVICES).and_then(|rest| rest.split_once('/'));
        if let Some((service, kid)) = place
            && let Some((kid, key)) = trusted(key, kid, &e.value)
        {
            all.entry(service.into()).or_default().insert(kid, key);
        }
    }
    all
}

/// Reads one key. What is odd is left out, and never harms the others.
fn trusted(place: &str, kid: &str, value: &str) -> Option<(String, Trusted)> {
    let read = serde_json::from_str::<Published>(value).ok().filter(|p| p.jwk.kid == kid);
    let found = read.and_then(|p| Some((kid.to_string(), Trusted { key: p.jwk.key()?, until_ms: p.until_ms, jwk: p.jwk })));
    if found.is_none() {
        log::warn!(key = place; "identity: a public key in the registry cannot be trusted, ignoring it");
    }
    found
}
