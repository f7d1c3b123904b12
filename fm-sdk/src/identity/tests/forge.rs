//! A workshop for forged tokens: everything can be put into a header and under a signature.

use crate::{
    identity::{
        Keys, Purpose, TokenPolicy, Verifier,
        keys::{KeyPair, Published},
    },
    registry::{Change, Expect, MemoryRegistry, Registry},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::Signer;
use serde_json::{Value, json};
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering::Relaxed},
};

pub(super) const NOW: i64 = 1_800_000_000;

pub(super) struct Forge {
    pub(super) registry: MemoryRegistry,
    pub(super) verifier: Verifier,
    pub(super) policy: TokenPolicy,
    now_ms: Arc<AtomicI64>,
    /// Published as an access key.
    pub(super) access: KeyPair,
    /// Published as a key of fm-profile.
    pub(super) service: KeyPair,
    /// Published nowhere.
    pub(super) stranger: KeyPair,
}

impl Forge {
    pub(super) fn new() -> Self {
        let registry = MemoryRegistry::new();
        let now_ms = Arc::new(AtomicI64::new(NOW * 1000));
        let clock = now_ms.clone();
        let policy = TokenPolicy::default().with_clock(move || clock.load(Relaxed));
        let verifier = Verifier::new(&registry, policy.clone()).for_service("fm-cars");
        let forge = Forge { registry, verifier, policy, now_ms, access: pair(1), service: pair(2), stranger: pair(3) };
        forge.publish("/fm/identity/access", &forge.access, NOW + 86_400);
        forge.publish("/fm/identity/services/fm-profile", &forge.service, NOW + 86_400);
        forge
    }
    pub(super) fn publish(&self, place: &str, pair: &KeyPair, until: i64) {
        let public = Published { jwk: pair.jwk().clone(), until_ms: until * 1000 };
        self.set(&format!("{place}/{}", pair.kid()), Some(serde_json::to_string(&public).unwrap()));
    }
    pub(super) fn set(&self, key: &str, value: Option<String>) {
        let change = Change { key: key.into(), expect: Expect::Any, value };
        futures::executor::block_on(self.registry.commit(vec![change])).unwrap();
    }
    /// Sets the clock, in seconds after the start.
    pub(super) fn at(&self, seconds: i64) {
        self.now_ms.store((NOW + seconds) * 1000, Relaxed);
    }
    pub(super) fn header(&self) -> Value {
        json!({"alg": "EdDSA", "typ": "at+jwt", "kid": self.access.kid()})
    }
    pub(super) fn claims(&self) -> Value {
        json!({"sub": "u1", "scope": "cars:read cars:write", "roles": ["user"], "epoch": 3, "iss": self.policy.issuer,
            "aud": self.policy.audience, "jti": "t1", "iat": NOW, "exp": NOW + 600})
    }
    /// A token that is in order.
    pub(super) fn good(&self) -> String {
        self.token(|_| {}, |_| {}, &self.access)
    }
    /// A token with a changed header and changed claims, signed afterwards with this key.
    pub(super) fn token(&self, header: impl FnOnce(&mut Value), claims: impl FnOnce(&mut Value), pair: &KeyPair) -> String {
        let (mut h, mut c) = (self.header(), self.claims());
        header(&mut h);
        claims(&mut c);
        raw(&h.to_string(), &c.to_string(), pair)
    }
    pub(super) fn with_header(&self, change: impl FnOnce(&mut Value)) -> String {
        self.token(change, |_| {}, &self.access)
    }
    pub(super) fn with_claims(&self, change: impl FnOnce(&mut Value)) -> String {
        self.token(|_| {}, change, &self.access)
    }
    pub(super) fn service_keys(&self) -> Arc<Keys> {
        Arc::new(Keys::of(Purpose::Service("fm-profile".into()), None, vec![pair(2)]))
    }
}

pub(super) fn pair(seed: u8) -> KeyPair {
    KeyPair::from_seed(&[seed; 32], 0)
}

/// Signs exactly this text.
pub(super) fn raw(header: &str, claims: &str, pair: &KeyPair) -> String {
    let signed = format!("{}.{}", encode(header), encode(claims));
    let signature = pair.signing().sign(signed.as_bytes());
    format!("{signed}.{}", encode(signature.to_bytes()))
}

pub(super) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Replaces one of the three parts.
pub(super) fn replace(token: &str, part: usize, with: &str) -> String {
    let mut parts: Vec<&str> = token.split('.').collect();
    parts[part] = with;
    parts.join(".")
}
