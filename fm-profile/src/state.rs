use crate::{Limits, MailSettings, Setup, passwords::Passwords, throttle::Throttle};
use fm_sdk::{
    Clock, Error, Kind, Result, Work,
    identity::{Issuer, Keys, Roles, TokenPolicy},
};
use std::sync::{Arc, OnceLock};

/// What an instance keeps in memory.
pub struct Profile {
    keys: Arc<Keys>,
    token_policy: TokenPolicy,
    issuer: OnceLock<Issuer>,
    pub(crate) clock: Clock,
    pub(crate) passwords: Passwords,
    pub(crate) throttle: Throttle,
    pub(crate) mail: MailSettings,
}

impl Profile {
    pub(crate) fn new(setup: Setup) -> Self {
        let Setup { keys, token_policy, clock, cost, at_once, limits, mail, admin: _ } = setup;
        let limits: Limits = limits;
        Profile {
            keys,
            token_policy,
            issuer: OnceLock::new(),
            clock,
            passwords: Passwords::new(cost, at_once),
            throttle: Throttle::new(limits),
            mail,
        }
    }
    /// Signs access tokens.
    pub(crate) fn issuer(&self) -> Result<&Issuer> {
        self.issuer.get().ok_or_else(|| Error::new(Kind::Unavailable, "starting", "this instance is starting").retry_after(1))
    }
    pub(crate) fn now_ms(&self) -> i64 {
        self.clock.now_ms()
    }
}

/// Makes this instance's access keys known, before it signs with them, and keeps them so.
pub async fn publish_keys(profile: Arc<Profile>, work: Work) -> Result<()> {
    let registry = work.runtime().registry().clone();
    profile.keys.publish(&*registry).await?;
    let issuer = Issuer::new(profile.keys.clone(), Roles::default(), profile.token_policy.clone(), &*registry)?;
    if profile.issuer.set(issuer).is_ok() {
        fm_sdk::actix_rt::spawn(profile.keys.clone().keep(registry));
    }
    Ok(())
}
