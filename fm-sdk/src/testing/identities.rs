//! Users, services and their tokens, without a network.

use crate::{
    Identity, Service,
    identity::{AccessClaims, Delegate, Epochs, Issuer, Keys, Purpose, Roles, TokenPolicy, Verifier, publish_scopes},
    registry::{MemoryRegistry, Registry},
};
use actix_web::web::Data;
use futures::{FutureExt, executor::block_on};
use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering::Relaxed},
    },
};

/// An issuer, its keys and a registry of its own, with the defaults of production. Panics where a test is wired wrongly.
pub struct TestIdentities {
    registry: MemoryRegistry,
    issuer: Issuer,
    policy: TokenPolicy,
    verifier: Data<Verifier>,
    epochs: Mutex<BTreeMap<String, u64>>,
    ahead: Arc<AtomicI64>,
}

impl Default for TestIdentities {
    fn default() -> Self {
        Self::new()
    }
}

#[expect(clippy::expect_used, reason = "a test that is wired wrongly must stop")]
impl TestIdentities {
    /// Starts with a registry of its own.
    pub fn new() -> Self {
        Self::in_registry(MemoryRegistry::new())
    }

    /// Puts its keys into this registry, so that services under test believe its tokens.
    pub fn in_registry(registry: MemoryRegistry) -> Self {
        let ahead = Arc::new(AtomicI64::new(0));
        let clock = ahead.clone();
        let policy = TokenPolicy::default().with_clock(move || crate::time::now_ms() + clock.load(Relaxed));
        let keys = Arc::new(Keys::in_memory(Purpose::Access).expect("the system has randomness"));
        block_on(keys.publish(&registry)).expect("the registry is not cut off");
        let issuer = Issuer::new(keys, Roles::default(), policy.clone(), &registry).expect("the keys are for access tokens");
        let verifier = Data::new(Verifier::new(&registry, policy.clone()));
        TestIdentities { registry, issuer, policy, verifier, epochs: Mutex::default(), ahead }
    }

    /// A user's access token with exactly these scopes.
    pub fn user(&self, user: &str, scopes: &[&str]) -> String {
        self.signed(user, scopes, |_| {})
    }

    /// Lets roles have the scopes that a service defines, as [`MockBus`](super::MockBus) does with its own.
    pub(super) fn defines<S>(&self, service: &Service<S>) {
        let scopes = &service.defined_scopes;
        if !scopes.is_empty() {
            block_on(publish_scopes(&self.registry, service.name, scopes)).expect("the registry is not cut off");
        }
    }

    /// A user's access token with the scopes of a role: `user`, `dealer` or `admin`, and those that services under test define for it.
    pub fn with_role(&self, user: &str, role: &str) -> String {
        assert!(self.issuer.roles().knows(role), "there is no role {role}");
        self.issuer.issue(user, &[role], self.epoch(user)).expect("the user's id is fit for a token").token
    }

    /// A user's access token that has expired a minute ago.
    pub fn expired(&self, user: &str, scopes: &[&str]) -> String {
        self.signed(user, scopes, |claims| {
            claims.iat -= 660;
            claims.exp -= 660;
        })
    }

    /// A token with these claims changed before it was signed, by the true issuer's key.
    pub fn signed(&self, user: &str, scopes: &[&str], change: impl FnOnce(&mut AccessClaims)) -> String {
        let now = self.policy.now_ms() / 1000;
        let mut claims = AccessClaims {
            sub: user.into(),
            scope: scopes.join(" "),
            roles: vec!["user".into()],
            epoch: self.epoch(user),
            iss: self.policy.issuer.clone(),
            aud: self.policy.audience.clone(),
            jti: uuid::Uuid::now_v7().to_string(),
            iat: now,
            exp: now + self.policy.access_lifetime.as_secs() as i64,
        };
        change(&mut claims);
        self.issuer.sign(&claims).expect("there is a key")
    }

    /// A verified user, as a handler gets it.
    pub fn identity(&self, user: &str, scopes: &[&str]) -> Identity {
        self.verifier.verify_access(&self.user(user, scopes)).expect("the token is good")
    }

    /// Signs the user out everywhere: tokens made before are refused from now on.
    pub fn revoke(&self, user: &str) {
        let epoch = self.epoch(user) + 1;
        self.epochs.lock().expect("no test panicked in here").insert(user.into(), epoch);
        // The memory registry is never waited for; only its lease needs a runtime, and tests that revoke have one.
        let revoked = Epochs::new(Arc::new(self.registry.clone())).revoke(user, epoch).now_or_never();
        revoked.expect("the memory registry answers at once").expect("the registry is not cut off");
    }

    /// Lets this much time pass for the issuer, the verifier and the delegates.
    pub fn advance(&self, time: std::time::Duration) {
        self.ahead.fetch_add(time.as_millis() as i64, Relaxed);
    }

    /// What the app's data must hold for the extractors.
    pub fn verifier(&self) -> Data<Verifier> {
        self.verifier.clone()
    }

    /// A service's signing half, with keys of its own that are published.
    pub fn delegate(&self, service: &str) -> Arc<Delegate> {
        let keys = Arc::new(Keys::in_memory(Purpose::Service(service.into())).expect("the system has randomness"));
        block_on(keys.publish(&self.registry)).expect("the registry is not cut off");
        Arc::new(Delegate::new(keys, self.policy.clone()).expect("the keys are a service's"))
    }

    /// The issuer.
    pub fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    /// What issuer and verifier agree on.
    pub fn policy(&self) -> &TokenPolicy {
        &self.policy
    }

    /// The registry that holds the public keys.
    pub fn registry(&self) -> Arc<dyn Registry> {
        Arc::new(self.registry.clone())
    }

    fn epoch(&self, user: &str) -> u64 {
        self.epochs.lock().expect("no test panicked in here").get(user).copied().unwrap_or(0)
    }
}
