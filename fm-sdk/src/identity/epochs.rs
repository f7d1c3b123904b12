use super::{
    issuer::checked_user,
    policy::{LEEWAY, MAX_ACCESS_LIFETIME},
};
use crate::{
    Error, Kind, Result,
    registry::{Registry, Snapshot},
};
use std::{collections::HashMap, sync::Arc, time::Duration};

pub(crate) const EPOCHS: &str = "/fm/identity/epochs/";

/// Revokes access tokens at once: sign-out, deletion, a change of roles.
///
/// A user's epoch is a counter that the issuer keeps in the user's document. After a revocation it also lies in the registry, at
/// `/fm/identity/epochs/<user>/<epoch>`, until the last token with a smaller one has expired. One key per epoch and not one per user:
/// two revocations at the same time cannot overwrite the larger one with the smaller.
#[derive(Clone)]
pub struct Epochs {
    registry: Arc<dyn Registry>,
}

impl Epochs {
    /// Writes revocations into this registry.
    pub fn new(registry: Arc<dyn Registry>) -> Self {
        Epochs { registry }
    }

    /// Refuses this user's access tokens with a smaller epoch, everywhere, within a second. Doing it again does no harm.
    ///
    /// # Errors
    /// `Unavailable`, code `revocation-not-written`, while the registry is unreachable: nothing is revoked yet, try again.
    pub async fn revoke(&self, user: &str, epoch: u64) -> Result<()> {
        let key = format!("{EPOCHS}{}/{epoch}", checked_user(user)?);
        let ttl = Duration::from_secs((MAX_ACCESS_LIFETIME + 12 * LEEWAY) as u64);
        self.registry.put_for(&key, epoch.to_string(), ttl).await.map_err(|e| {
            Error::new(Kind::Unavailable, "revocation-not-written", "the tokens could not be revoked, try again")
                .retry_after(1)
                .caused_by(e)
        })
    }
}

/// The largest revoked epoch of each user.
pub(crate) fn read(there: &Snapshot) -> HashMap<String, u64> {
    let mut all: HashMap<String, u64> = HashMap::new();
    for key in there.entries.keys() {
        let place = key.strip_prefix(EPOCHS).and_then(|rest| rest.rsplit_once('/'));
        if let Some((user, epoch)) = place.and_then(|(user, epoch)| Some((user, epoch.parse::<u64>().ok()?))) {
            let known = all.entry(user.into()).or_default();
            *known = epoch.max(*known);
        }
    }
    all
}
