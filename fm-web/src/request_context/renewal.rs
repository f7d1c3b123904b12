//! New tokens for old ones. Requests of one browser that renew at the same time are asked for once; those that reach another instance get
//! the same refresh token there, which fm-profile sees to.

use super::{Caller, session::Tokens};
use crate::gateway::Gateway;
use fm_sdk::{Error, Kind, Result};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::watch;

/// SHA-256 of a refresh token.
type Key = [u8; 32];

#[derive(Clone)]
enum Outcome {
    Pending,
    Renewed(Box<Tokens>),
    Failed(Kind),
}

/// The renewals that are under way.
#[derive(Clone, Default)]
pub struct Renewals(Arc<Mutex<HashMap<Key, watch::Receiver<Outcome>>>>);

impl Renewals {
    /// Gives new tokens for a refresh token.
    ///
    /// # Errors
    /// `Unauthenticated` if the session is over; others if fm-profile cannot be asked now.
    pub async fn renew(&self, gateway: &Gateway, caller: &Caller, refresh: &str) -> Result<Tokens> {
        let mut outcome = self.join(gateway, caller, refresh);
        let seen = outcome.wait_for(|o| !matches!(o, Outcome::Pending)).await.map(|o| o.clone());
        match seen.unwrap_or(Outcome::Failed(Kind::Internal)) {
            Outcome::Renewed(tokens) => Ok(*tokens),
            Outcome::Failed(kind) => Err(Error::new(kind, "session-not-renewed", "the session could not be renewed")),
            Outcome::Pending => Err(Error::new(Kind::Internal, "internal", "a renewal is pending and done")),
        }
    }

    /// Joins the renewal of this token, or begins one. A later one asks fm-profile again: whether a replaced token is still honoured is
    /// decided in one place.
    fn join(&self, gateway: &Gateway, caller: &Caller, refresh: &str) -> watch::Receiver<Outcome> {
        let key: Key = Sha256::digest(refresh).into();
        let mut all = self.pending();
        // One whose task is gone without an answer never gets one.
        if let Some(outcome) = all.get(&key).filter(|o| o.has_changed().is_ok()) {
            return outcome.clone();
        }
        let (tell, outcome) = watch::channel(Outcome::Pending);
        all.insert(key, outcome.clone());
        let ask = gateway.post(caller, "/api/auth/refresh").json(&json!({"refresh_token": refresh}));
        let renewals = self.clone();
        // A task of its own: a reader who leaves must not lose tokens that exist already.
        actix_web::rt::spawn(async move {
            let answered = ask.send().await.and_then(|a| a.json::<Tokens>());
            renewals.pending().remove(&key);
            tell.send_replace(answered.map_or_else(|e| Outcome::Failed(e.kind()), |t| Outcome::Renewed(Box::new(t))));
        });
        outcome
    }

    fn pending(&self) -> MutexGuard<'_, HashMap<Key, watch::Receiver<Outcome>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
