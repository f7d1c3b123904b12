use crate::{Cars, car::Car};
use fm_sdk::{Error, Kind, Result, Work};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long a deleted user is remembered: longer than any token and any message lives.
pub const REMEMBERED: Duration = Duration::from_secs(31 * 24 * 3600);

/// A user whose account is gone. Written before the first car of theirs is removed and looked at around every insert, so that a car that
/// is being created at that moment cannot stay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeletedOwner {
    /// The user.
    pub id: String,
    /// When, in milliseconds since the Unix epoch.
    pub at: i64,
    /// Whether all cars that there were are removed and counted; what turns up later is nobody's.
    #[serde(default = "counted")]
    pub counted: bool,
}

/// Of those that were deleted before this was written down.
fn counted() -> bool {
    true
}
fm_sdk::document!(DeletedOwner = "deleted_owners" { at: i64 [index] });

/// Whether the account of this user is gone.
pub async fn is_deleted(work: &Work, user: &str) -> Result<bool> {
    Ok(work.doc::<DeletedOwner>(user).get().await?.is_some())
}

/// Lets only users pass whose account is there.
///
/// # Errors
/// `account-deleted` (403).
pub async fn need_account(work: &Work, user: &str) -> Result<()> {
    if is_deleted(work, user).await? {
        return Err(Error::new(Kind::Forbidden, "account-deleted", "this account is deleted"));
    }
    Ok(())
}

/// Removes a car whose owner was deleted while it was being made.
pub async fn remove_orphan(state: &Cars, work: &Work, car: &str) -> Result<()> {
    let car = work.doc::<Car>(car);
    let removed = car.remove(|car, out| {
        state.forget(&car.id, out.version());
        crate::announce::removed(car, out)
    });
    removed.await.map(drop)
}
