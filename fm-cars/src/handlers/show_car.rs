use crate::{
    Cars, announce,
    car::{Car, Status, or_unknown, unknown},
    messages::{CarNow, CarText, ShowCar},
};
use fm_sdk::{Cx, Reply};

/// Shows a car to another service; a draft only if it asks for the owner.
pub async fn show_car(m: ShowCar, cx: Cx<Cars>) -> Reply<CarNow> {
    let car = cx.doc::<Car>(&m.car).need().await.map_err(or_unknown)?;
    if car.status == Status::Draft && !cx.identity().is_ok_and(|who| who.sub() == car.owner) {
        return Err(unknown());
    }
    Ok(announce::at_version(&car, car.version()))
}

/// Tells what is found by words of a listed car.
pub async fn car_text(m: CarText, cx: Cx<Cars>) -> Reply<String> {
    let car = cx.doc::<Car>(&m.car).need().await.map_err(or_unknown)?;
    if car.status == Status::Listed { Ok(car.facts.text()) } else { Err(unknown()) }
}
