//! What other instances changed enters this one's search. The event says that something is new; the store says what.

use crate::{
    Cars,
    car::{Car, CarId},
    messages::{CarChanged, CarListed, CarPriceChanged, CarRemoved, CarSold},
};
use fm_sdk::{Cx, Handled};

async fn look(cx: &Cx<Cars>, id: &str, version: i64) -> Handled {
    let Some(known) = CarId::parse(id).map(|id| cx.state.search.version(id)) else { return Ok(()) };
    // What this instance wrote itself is there already.
    if known.is_some_and(|known| known >= version) {
        return Ok(());
    }
    match cx.doc::<Car>(id).get().await? {
        Some(car) => cx.state.refresh(&car),
        None => cx.state.forget(id, version),
    }
    Ok(())
}

/// A car is new in the search.
pub async fn listed(m: CarListed, cx: Cx<Cars>) -> Handled {
    look(&cx, &m.car.id, m.car.version).await
}
/// A car reads otherwise.
pub async fn changed(m: CarChanged, cx: Cx<Cars>) -> Handled {
    look(&cx, &m.car.id, m.car.version).await
}
/// A car costs more or less.
pub async fn price_changed(m: CarPriceChanged, cx: Cx<Cars>) -> Handled {
    look(&cx, &m.car.id, m.car.version).await
}
/// A car leaves the search.
pub async fn sold(m: CarSold, cx: Cx<Cars>) -> Handled {
    look(&cx, &m.car.id, m.car.version).await
}
/// A car leaves the search for good.
pub async fn removed(m: CarRemoved, cx: Cx<Cars>) -> Handled {
    look(&cx, &m.id, m.version).await
}
