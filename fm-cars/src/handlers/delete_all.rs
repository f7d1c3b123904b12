use crate::{
    Cars, DeletedOwner, announce,
    car::Car,
    import::Import,
    messages::{DeleteAll, UserDeleted},
};
use fm_sdk::{Cx, Handled, Kind};

/// Removes all cars of a user, one by one, each together with its event; goes on where it stopped when it comes again.
pub async fn delete_all(m: DeleteAll, cx: Cx<Cars>) -> Handled {
    cx.identity()?.acts_for(&m.user)?;
    let owner = DeletedOwner { id: m.user.clone(), at: cx.state.clock.now_ms(), counted: false };
    match cx.insert(owner, |_, _| Ok(())).await {
        Err(e) if e.kind() != Kind::Conflict => return Err(e),
        _ => {}
    }
    let count = cx.remove_each(Car::owner.eq(&m.user), |car, out| {
        cx.state.forget(&car.id, out.version());
        announce::removed(car, out)
    });
    let count = count.await?;
    cx.remove_each(Import::owner.eq(&m.user), |_, _| Ok(())).await?;
    cx.publish(UserDeleted { user: m.user, count })
}

/// Writes down that all are removed and counted.
pub async fn all_deleted(m: UserDeleted, cx: Cx<Cars>) -> Handled {
    let owner = cx.doc::<DeletedOwner>(&m.user);
    let counted = owner.change(|owner, _| {
        owner.counted = true;
        Ok(())
    });
    match counted.await {
        Err(e) if e.kind() != Kind::NotFound => Err(e),
        _ => Ok(()),
    }
}
