use crate::{
    Cars, DeletedOwner, announce,
    car::Car,
    import::Import,
    messages::{DeleteAll, UserDeleted},
};
use fm_sdk::{Cx, Handled, Kind, Result};

/// Removes all cars of a user and says how many there were; goes on where it stopped when it comes again.
pub async fn delete_all(m: DeleteAll, cx: Cx<Cars>) -> Handled {
    cx.identity()?.acts_for(&m.user)?;
    let owner = DeletedOwner { id: m.user.clone(), at: cx.state.clock.now_ms(), counted: false };
    match cx.insert(owner, |_, _| Ok(())).await {
        Err(e) if e.kind() != Kind::Conflict => return Err(e),
        _ => {}
    }
    let count = remove_cars(&cx, &m.user).await?;
    cx.remove_each(Import::owner.eq(&m.user), |_, _| Ok(())).await?;
    cx.publish(UserDeleted { user: m.user, count })
}

/// Writes down that all are removed and counted, then removes what was created meanwhile. A car whose event was handled before that was
/// written down exists by then, so it is found here; one whose event comes later is removed by [`listed_by_whom`](super::listed_by_whom).
pub async fn all_deleted(m: UserDeleted, cx: Cx<Cars>) -> Handled {
    let owner = cx.doc::<DeletedOwner>(&m.user);
    let counted = owner.change(|owner, _| {
        owner.counted = true;
        Ok(())
    });
    match counted.await {
        Err(e) if e.kind() == Kind::NotFound => return Ok(()),
        counted => counted.map(drop)?,
    }
    remove_cars(&cx, &m.user).await.map(drop)
}

/// Removes all cars of a user, one by one, each together with its event; gives how many this message has removed, over all its deliveries.
async fn remove_cars(cx: &Cx<Cars>, user: &str) -> Result<u64> {
    let removed = cx.remove_each(Car::owner.eq(user), |car, out| {
        cx.state.forget(&car.id, out.version());
        announce::removed(car, out)
    });
    removed.await
}
