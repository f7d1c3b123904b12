//! New tokens for old ones, once: fm-profile ends a session whose refresh token is used twice, and a browser may well send two requests
//! at the same time.

use super::{Caller, session::Tokens};
use crate::gateway::Gateway;
use fm_sdk::{Error, Kind, Result};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::{sync::watch, time::Instant};

/// Requests that were under way with the old cookies get the new tokens for this long.
const KEEP: Duration = Duration::from_secs(60);

#[derive(Clone)]
enum Outcome {
    Pending,
    Renewed(Box<Tokens>),
    Failed(Kind),
}

type Running = (Instant, watch::Receiver<Outcome>);

/// The renewals that are under way, or were until a moment ago; by the hash of the old token.
#[derive(Default)]
pub struct Renewals(Mutex<HashMap<[u8; 32], Running>>);

impl Renewals {
    /// Gives new tokens for a refresh token.
    ///
    /// # Errors
    /// `Unauthenticated` if the session is over; others if fm-profile cannot be asked now.
    pub async fn renew(&self, gateway: &Gateway, caller: &Caller, refresh: &str) -> Result<Tokens> {
        let mut outcome = self.running(gateway, caller, refresh);
        let seen = outcome.wait_for(|o| !matches!(o, Outcome::Pending)).await.map(|o| o.clone());
        match seen.unwrap_or(Outcome::Failed(Kind::Internal)) {
            Outcome::Renewed(tokens) => Ok(*tokens),
            Outcome::Failed(kind) => Err(Error::new(kind, "session-not-renewed", "the session could not be renewed")),
            Outcome::Pending => Err(Error::new(Kind::Internal, "internal", "a renewal is pending and done")),
        }
    }

    fn running(&self, gateway: &Gateway, caller: &Caller, refresh: &str) -> watch::Receiver<Outcome> {
        let key: [u8; 32] = Sha256::digest(refresh).into();
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, (since, outcome)| since.elapsed() < KEEP || matches!(*outcome.borrow(), Outcome::Pending));
        // What failed because something was away may be tried again; what was refused is refused.
        if let Some((_, outcome)) = all.get(&key)
            && !matches!(*outcome.borrow(), Outcome::Failed(kind) if kind != Kind::Unauthenticated)
        {
            return outcome.clone();
        }
        let (tell, outcome) = watch::channel(Outcome::Pending);
        let ask = gateway.post(caller, "/api/auth/refresh").json(&json!({"refresh_token": refresh}));
        // A task of its own: a reader who leaves must not lose tokens that exist already.
        actix_web::rt::spawn(async move {
            let answered = ask.send().await.and_then(|a| a.json::<Tokens>());
            tell.send_replace(answered.map_or_else(|e| Outcome::Failed(e.kind()), |t| Outcome::Renewed(Box::new(t))));
        });
        all.insert(key, (Instant::now(), outcome.clone()));
        outcome
    }
}
