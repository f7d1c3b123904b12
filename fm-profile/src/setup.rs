use crate::{Cost, Limits, MailSettings, Secret};
use fm_sdk::{
    Clock,
    identity::{Keys, TokenPolicy},
};
use std::sync::Arc;

/// What the service is made of.
pub struct Setup {
    /// The keys that sign access tokens.
    pub keys: Arc<Keys>,
    /// What the issuer and those who check its tokens agree on.
    pub token_policy: TokenPolicy,
    /// Tells the time for sessions, limits and records.
    pub clock: Clock,
    /// What one password hash costs.
    pub cost: Cost,
    /// How many passwords are hashed at once.
    pub at_once: usize,
    /// How many attempts are let through.
    pub limits: Limits,
    /// How mails leave.
    pub mail: MailSettings,
    /// Who administers a market that has no administrator.
    pub admin: FirstAdmin,
}

/// Who administers a market that has no administrator.
#[derive(Clone)]
pub struct FirstAdmin {
    /// The address to sign in with.
    pub email: String,
    /// Without one a random one is made and announced.
    pub password: Option<Secret>,
    /// Is told the address and the random password, once.
    pub announce: Announce,
}

/// Takes an address and a password.
pub type Announce = Arc<dyn Fn(&str, &str) + Send + Sync>;
