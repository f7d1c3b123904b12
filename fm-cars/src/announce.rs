//! Which events say what happened to a car.

use crate::{
    car::{Car, Changed, Location, Status},
    catalogue::Choice,
    messages::{CarChanged, CarDrafted, CarExpiring, CarListed, CarNow, CarPriceChanged, CarRemoved, CarSold},
};
use fm_sdk::{Doc, Out, Result};

fn now(car: &Car, out: &Out) -> CarNow {
    at_version(car, out.version())
}
/// A car as messages tell of it.
pub fn at_version(car: &Car, version: i64) -> CarNow {
    let (lat, lon) = car.facts.location.as_ref().and_then(Location::coordinates).unzip();
    CarNow {
        id: car.id.clone(),
        version,
        owner: car.owner.clone(),
        title: car.facts.title(),
        maker: car.facts.maker.value().into(),
        model: car.facts.model.as_ref().map(|m| m.value().into()),
        year: car.facts.year,
        price: car.facts.price,
        body: car.facts.body.map(|v| v.value().into()),
        engine: car.facts.engine.map(|v| v.value().into()),
        gearbox: car.facts.gearbox.map(|v| v.value().into()),
        color: car.facts.color.map(|v| v.value().into()),
        options: car.facts.options.values().map(str::to_owned).collect(),
        mileage: car.facts.mileage,
        power_ps: car.facts.power_ps,
        lat,
        lon,
        image: car.main_image().map(|key| format!("/images/{key}/thumb")),
        status: car.status,
        added: fm_sdk::time::rfc3339(car.added),
        expires: car.expires.map(fm_sdk::time::rfc3339),
    }
}

/// What services that subscribe late are told of a car.
pub fn snapshot(car: &Doc<Car>) -> Option<CarListed> {
    (car.status == Status::Listed).then(|| CarListed { car: at_version(car, car.version()) })
}

/// A new car.
pub fn created(car: &Car, out: &mut Out) -> Result<()> {
    if car.status == Status::Listed {
        return out.publish(CarListed { car: now(car, out) });
    }
    out.publish(CarDrafted { id: car.id.clone(), owner: car.owner.clone() })
}
/// A changed one. What happens to a draft is its owner's business alone.
pub fn changed(car: &Car, changed: Changed, out: &mut Out) -> Result<()> {
    if changed.listed {
        return out.publish(CarListed { car: now(car, out) });
    }
    if changed.unlisted {
        return out.publish(CarChanged { car: now(car, out) });
    }
    if car.status != Status::Listed {
        return Ok(());
    }
    if let Some(from) = changed.price_was {
        out.publish(CarPriceChanged { car: now(car, out), from })?;
    }
    if changed.facts {
        out.publish(CarChanged { car: now(car, out) })?;
    }
    Ok(())
}
/// Its pictures are others, or in another order.
pub fn pictured(car: &Car, out: &mut Out) -> Result<()> {
    changed(car, Changed { facts: true, ..Changed::default() }, out)
}
/// A sold one.
pub fn sold(car: &Car, out: &mut Out) -> Result<()> {
    out.publish(CarSold { car: now(car, out) })
}
/// One that is for sale again, or longer. It is not announced as new: who searched for such a car was told already.
pub fn relisted(car: &Car, out: &mut Out) -> Result<()> {
    out.publish(CarChanged { car: now(car, out) })
}
/// One that is about to expire.
pub fn expiring(car: &Car, out: &mut Out) -> Result<()> {
    out.publish(CarExpiring { car: now(car, out) })
}
/// One that is not for sale any more, because its time is over.
pub fn expired(car: &Car, out: &mut Out) -> Result<()> {
    out.publish(CarChanged { car: now(car, out) })
}
/// One that is gone.
pub fn removed(car: &Car, out: &mut Out) -> Result<()> {
    out.publish(CarRemoved { id: car.id.clone(), owner: car.owner.clone(), version: out.version() })
}
