use crate::{
    Cars,
    messages::{CarDrafted, CarListed},
    owner::{DeletedOwner, remove_orphan},
};
use fm_sdk::{Cx, Error, Handled, Kind};

/// A car that was created while its owner was being deleted does not stay, even if the instance that made it died before it could look
/// again: its own event tells of it. While the owner's cars are still being removed and counted, it may be one of them.
async fn check(cx: &Cx<Cars>, car: &str, owner: &str) -> Handled {
    match cx.doc::<DeletedOwner>(owner).get().await? {
        Some(owner) if owner.counted => remove_orphan(&cx.state, cx, car).await,
        Some(_) => Err(Error::new(Kind::Unavailable, "owner-leaves", "the cars of its owner are being removed")),
        None => Ok(()),
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
