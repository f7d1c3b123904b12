//! Proves that a comparison was not empty: what the services said is falsified, one fact at a time, and each time it must be noticed.

use super::compare;
use crate::{
    ledger::{Account, Car, Fate, Seller},
    seen::{Seen, SeenCar},
};

/// Falsifies what is known of a car with this id; `false` where there is nothing of the kind.
type Falsify = fn(&Car, &str, &mut Seen) -> bool;

const WAYS: [(&str, Falsify); 7] = [
    ("a car that fm-cars has lost", |car, id, seen| car.is_open() && seen.by_id.remove(id).is_some()),
    ("a price that fm-tracker has missed", |car, id, seen| {
        car.is_open() && seen.histories.get_mut(id).is_some_and(|prices| prices.pop().is_some())
    }),
    ("a price that fm-tracker has noted twice", |car, id, seen| {
        let last = seen.histories.get(id).and_then(|prices| prices.last().copied());
        seen.histories.entry(id.into()).or_default().extend(last);
        car.is_open() && last.is_some()
    }),
    ("a car that one search does not find", |car, id, seen| {
        car.is_open() && seen.found.last_mut().is_some_and(|(_, found)| found.remove(id).is_some())
    }),
    ("a picture that is not served", |car, _, seen| car.is_open() && car.pictures.first().is_some_and(|key| seen.served.remove(key))),
    ("a removed car that is back", |car, id, seen| {
        car.fate == Fate::Removed && seen.by_id.insert(id.into(), SeenCar { id: id.into(), ..SeenCar::default() }).is_none()
    }),
    ("a key that has given two cars", |car, id, seen| {
        let twin = seen.own.iter().find(|own| own.id == id).cloned();
        seen.own.extend(twin.clone());
        car.is_open() && twin.is_some()
    }),
];

/// Falsifies once in each way and returns, by way, whether that was noticed; `false` also where there was nothing to falsify.
pub fn falsified(sellers: &[Seller], seen: &[Seen]) -> Vec<(&'static str, bool)> {
    WAYS.iter().map(|(name, falsify)| (*name, noticed(sellers, seen, *falsify))).collect()
}

fn noticed(sellers: &[Seller], seen: &[Seen], falsify: Falsify) -> bool {
    for (seller, seen) in sellers.iter().zip(seen).filter(|(seller, _)| seller.account == Account::Open) {
        for car in &seller.cars {
            let mut other = seen.clone();
            if car.id.as_ref().is_some_and(|id| falsify(car, id, &mut other)) {
                return compare(seller, &other).len() > compare(seller, seen).len();
            }
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_there_is_nothing_nothing_is_noticed() {
        assert!(falsified(&[], &[]).iter().all(|(_, noticed)| !noticed));
    }

    #[test]
    fn every_way_is_noticed() {
        let (mut seller, seen) = crate::compare::tests::agreed();
        seller.cars.push(Car { key: "k2".into(), id: Some("c2".into()), fate: Fate::Removed, ..Car::default() });
        assert_eq!(compare(&seller, &seen), []);
        for (way, noticed) in falsified(&[seller], &[seen]) {
            assert!(noticed, "{way}");
        }
    }
}
