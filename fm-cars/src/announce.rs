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
/// Gives the form of a car in messages.
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

/// Gives the event of a listed car for the snapshot of late subscribers.
pub fn snapshot(car: &Doc<Car>) -> Option<CarListed> {
    (car.status == Status::Listed).then(|| CarListed { car: at_version(car, car.version()) })
}

/// Publishes a new car.
pub fn created(car: &Car, out: &mut Out) -> Result<()> {
    if car.status == Status::Listed {
        return out.publish(CarListed { car: now(car, out) });
    }
    out.publish(CarDrafted { id: car.id.clone(), owner: car.owner.clone() })
}
/// Publishes what has changed of a listed car; changes of drafts are not published.
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
/// Publishes that the pictures or their order have changed.
pub fn pictured(car: &Car, out: &mut Out) -> Result<()> {
    changed(car, Changed { facts: true, ..Changed::default() }, out)
}
/// Publishes that a car is sold.
pub fn sold(car: &Car, out: &mut Out) -> Result<()> {
    out.publish(CarSold { car: now(car, out) })
}
/// Publishes that a car is for sale again, or longer, not as a new one: saved searches have reported it before.
pub fn relisted(car: &Car, out: &mut Out) -> Result<()> {
    out.publish(CarChanged { car: now(car, out) })
}
/// Publishes that an ad is about to expire.
pub fn expiring(car: &Car, out: &mut Out) -> Result<()> {
    out.publish(CarExpiring { car: now(car, out) })
}
/// Publishes that a car is not for sale any more, because its ad has expired.
pub fn expired(car: &Car, out: &mut Out) -> Result<()> {
    out.publish(CarChanged { car: now(car, out) })
}
/// Publishes that a car is removed.
pub fn removed(car: &Car, out: &mut Out) -> Result<()> {
    out.publish(CarRemoved { id: car.id.clone(), owner: car.owner.clone(), version: out.version() })
}
