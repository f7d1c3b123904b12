//! Revoking access tokens. The user's document counts first, in the same step as what led to it; then the registry is told, which all
//! services watch. While the registry is unreachable the epoch is kept and tried again until it is written.

use crate::{Profile, User};
use fm_sdk::{ConnectionState, Error, Kind, Result, Work, identity::Epochs};
use std::{sync::Arc, time::Duration};

/// How long a request waits for the registry.
const REGISTRY_TIMEOUT: Duration = Duration::from_secs(2);

/// Goes on only if tokens can be revoked now, as far as is known; for what can as well be done later.
///
/// # Errors
/// `Unavailable`, code `revocation-not-written`.
pub fn possible(work: &Work) -> Result<()> {
    match &*work.runtime().registry().connection().borrow() {
        ConnectionState::Up => Ok(()),
        ConnectionState::Down(_) => Err(not_written()),
    }
}

/// Tells the registry of a revocation that it may not know, if there is one.
///
/// # Errors
/// `Unavailable`, code `revocation-not-written`: services may still believe the tokens, until [`catch_up`] has succeeded.
pub async fn write(work: &Work, user: &User) -> Result<()> {
    let Some(epoch) = user.unwritten else { return Ok(()) };
    let epochs = Epochs::new(work.runtime().registry().clone());
    tokio::time::timeout(REGISTRY_TIMEOUT, epochs.revoke(&user.id, epoch)).await.unwrap_or_else(|_| Err(not_written()))?;
    let noted = work
        .doc::<User>(&user.id)
        .change(|user, _| {
            if user.unwritten == Some(epoch) {
                user.unwritten = None;
            }
            Ok(())
        })
        .await;
    if let Err(e) = noted {
        // It is written all the same; the job writes it once more.
        log::warn!("sessions: revocation not marked as written, writing it again later: {}", e.chain());
    }
    Ok(())
}

/// Writes what could not be written before.
pub async fn catch_up(_: Arc<Profile>, work: Work) -> Result<()> {
    for user in work.docs::<User>().filter(User::unwritten.exists(true)).limit(1000).list().await? {
        write(&work, &user).await?;
    }
    Ok(())
}

fn not_written() -> Error {
    Error::new(Kind::Unavailable, "revocation-not-written", "the tokens could not be revoked, try again").retry_after(1)
}
