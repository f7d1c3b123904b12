use crate::{
    Cars,
    messages::{CarDrafted, CarListed},
    owner::{DeletedOwner, remove_orphan},
};
use fm_sdk::{Cx, Handled};

/// A car that was created while its owner was being deleted does not stay, even if the instance that made it died before it could look
/// again: its own event tells of it. While the owner's cars are still being removed and counted, it may be one of them; what the count did
/// not meet is removed at its end, see [`all_deleted`](super::all_deleted).
async fn check(cx: &Cx<Cars>, car: &str, owner: &str) -> Handled {
    match cx.doc::<DeletedOwner>(owner).get().await? {
        Some(owner) if owner.counted => remove_orphan(&cx.state, cx, car).await,
        _ => Ok(()),
    }
}

/// Looks after a listed car's owner.
pub async fn listed_by_whom(m: CarListed, cx: Cx<Cars>) -> Handled {
    check(&cx, &m.car.id, &m.car.owner).await
}
/// Looks after a draft's owner.
pub async fn drafted_by_whom(m: CarDrafted, cx: Cx<Cars>) -> Handled {
    check(&cx, &m.id, &m.owner).await
}
