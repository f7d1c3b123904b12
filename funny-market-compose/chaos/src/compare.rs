//! Holds what was acknowledged against what the services know.

mod falsified;
mod latest;

pub use falsified::falsified;
pub use latest::latest;

use crate::{
    ledger::{Account, Car, Fate, Seller, Unsure},
    seen::{Seen, SeenCar},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// Something that must not be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub kind: Kind,
    pub what: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// An acknowledged change is missing somewhere.
    Lost,
    /// One key gave two cars, or one event two effects.
    Doubled,
    /// Services disagree about a change that nobody acknowledged.
    Half,
    /// An answer that should not have been given: a car unknown that is there, a right password refused.
    Refused,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Lost => "LOST",
            Kind::Doubled => "DOUBLED",
            Kind::Half => "HALF",
            Kind::Refused => "REFUSED",
        })
    }
}

/// Compares one seller's side of things.
pub fn compare(seller: &Seller, seen: &Seen) -> Vec<Finding> {
    let mut about = About { findings: Vec::new(), seen };
    let gone = match (&seller.account, seen.sign_in) {
        (Account::Open, 200) | (Account::Unsure, 200) => false,
        (Account::Deleted(_), 401) | (Account::Unsure, 401) => true,
        (account, status) => {
            about.note(Kind::Lost, format!("{}: account {account:?}, but signing in answers {status}", seller.username));
            matches!(account, Account::Deleted(_))
        }
    };
    if gone {
        about.everything_is_gone(seller);
    } else {
        about.nothing_is_there_twice(seller);
        for car in &seller.cars {
            about.car(car);
        }
    }
    about.findings
}

struct About<'a> {
    findings: Vec<Finding>,
    seen: &'a Seen,
}

impl About<'_> {
    fn note(&mut self, kind: Kind, what: String) {
        self.findings.push(Finding { kind, what });
    }

    fn everything_is_gone(&mut self, seller: &Seller) {
        for car in &seller.cars {
            if let Some(id) = &car.id {
                self.removed(car, id, Kind::Lost);
            }
        }
        for (instance, found) in &self.seen.found {
            for id in found.keys().filter(|id| seller.cars.iter().all(|car| car.id.as_ref() != Some(id))) {
                self.findings.push(Finding { kind: Kind::Lost, what: format!("{id} of a deleted account is found by {instance}") });
            }
        }
        let Account::Deleted(_) = seller.account else { return };
        let there = |car: &&Car| car.fate != Fate::Removed;
        let most = seller.cars.iter().filter(there).count() as u64;
        let unsure = |car: &&Car| matches!(car.unsure, Some(Unsure::Creation | Unsure::Removal));
        let least = most - seller.cars.iter().filter(unsure).count() as u64;
        match &self.seen.deletion {
            Some((state, _)) if state != "done" => self.note(Kind::Lost, format!("{}: the deletion is {state}", seller.username)),
            Some((_, count)) if *count > most => {
                self.note(Kind::Doubled, format!("{}: {count} cars deleted, there were {most}", seller.username));
            }
            Some((_, count)) if *count < least => {
                self.note(Kind::Lost, format!("{}: {count} cars deleted, there were at least {least}", seller.username));
            }
            Some(_) => {}
            None => self.note(Kind::Lost, format!("{}: nothing is known of the deletion", seller.username)),
        }
    }

    fn nothing_is_there_twice(&mut self, seller: &Seller) {
        let mut copies = BTreeMap::<&str, usize>::new();
        for car in &self.seen.own {
            *copies.entry(&car.key).or_default() += 1;
        }
        for (key, n) in copies {
            if n > 1 {
                self.note(Kind::Doubled, format!("the key {key} gave {n} cars"));
            }
            if seller.cars.iter().all(|car| car.key != key) {
                self.note(Kind::Doubled, format!("a car {key:?} that nobody asked {} for", seller.username));
            }
        }
    }

    fn car(&mut self, car: &Car) {
        let Some(id) = &car.id else {
            // Nobody answered: whole or not at all.
            let own = self.seen.own.iter().find(|own| own.key == car.key).map(|own| own.id.clone());
            if let Some(id) = own {
                self.alive(car, &id, Kind::Half);
            }
            return;
        };
        match (car.fate, car.unsure) {
            (Fate::Removed, _) => self.removed(car, id, Kind::Lost),
            (_, Some(Unsure::Removal)) if !self.seen.by_id.contains_key(id) => self.removed(car, id, Kind::Half),
            (_, Some(Unsure::Removal)) => self.alive(car, id, Kind::Half),
            _ => self.alive(car, id, Kind::Lost),
        }
    }

    /// No service has anything of it.
    fn removed(&mut self, car: &Car, id: &str, kind: Kind) {
        let name = name(car, id);
        if self.seen.by_id.contains_key(id) {
            self.note(kind, format!("{name} was removed, and is there"));
        }
        if let Some(prices) = self.seen.histories.get(id) {
            self.note(kind, format!("{name} was removed, and fm-tracker has its prices {prices:?}"));
        }
        for key in car.pictures.iter().filter(|key| self.seen.served.contains(*key)) {
            self.findings.push(Finding { kind, what: format!("{name} was removed, and its picture {key} is served") });
        }
        for (instance, found) in &self.seen.found {
            if found.contains_key(id) {
                self.findings.push(Finding { kind, what: format!("{name} was removed, and {instance} finds it") });
            }
        }
    }

    /// Every service has all of it, once.
    fn alive(&mut self, car: &Car, id: &str, kind: Kind) {
        let name = name(car, id);
        let Some(now) = self.seen.by_id.get(id) else {
            return self.note(kind, format!("{name} is not there"));
        };
        let mut prices = car.prices.clone();
        match car.unsure {
            Some(Unsure::Price(price)) if now.price == price => prices.push(price),
            _ if Some(&now.price) != prices.last() => {
                self.note(kind, format!("{name} costs {}, acknowledged was {:?}", now.price, prices.last()));
            }
            _ => {}
        }
        self.history(&name, id, &prices, kind);
        self.status(&name, car, now, kind);
        self.pictures(&name, car, now, kind);
        for (instance, found) in &self.seen.found {
            let (wanted, got) = ((now.status == "listed").then_some(now.price), found.get(id).copied());
            if wanted != got {
                self.findings.push(Finding { kind, what: format!("{name}: the search of {instance} has {got:?} instead of {wanted:?}") });
            }
        }
    }

    fn history(&mut self, name: &str, id: &str, wanted: &[i64], kind: Kind) {
        let got = self.seen.histories.get(id).map(Vec::as_slice).unwrap_or_default();
        if got == wanted {
            return;
        }
        let mut once = BTreeSet::new();
        // Prices of a car are all different, so one that is there twice was noted twice.
        let kind = if got.iter().all(|price| once.insert(price)) { kind } else { Kind::Doubled };
        self.note(kind, format!("{name}: fm-tracker has the prices {got:?} instead of {wanted:?}"));
    }

    fn status(&mut self, name: &str, car: &Car, now: &SeenCar, kind: Kind) {
        let sold = car.fate == Fate::Sold;
        let wanted = if sold { "sold" } else { "listed" };
        if now.status != wanted && !(car.unsure == Some(Unsure::Sale) && now.status == "sold") {
            self.note(kind, format!("{name} is {}, not {wanted}", now.status));
        }
    }

    fn pictures(&mut self, name: &str, car: &Car, now: &SeenCar, kind: Kind) {
        for key in &car.pictures {
            if !now.pictures.contains(key) {
                self.note(kind, format!("{name} has lost its picture {key}"));
            }
        }
        let distinct: BTreeSet<_> = now.pictures.iter().collect();
        let most = car.pictures.len() + usize::from(car.unsure == Some(Unsure::Picture));
        if distinct.len() < now.pictures.len() || distinct.len() > most {
            self.note(Kind::Doubled, format!("{name} has the pictures {:?}, uploaded were {:?}", now.pictures, car.pictures));
        }
        for key in now.pictures.iter().filter(|key| !self.seen.served.contains(*key)) {
            self.findings.push(Finding { kind, what: format!("{name}: its picture {key} is not served") });
        }
    }
}

fn name(car: &Car, id: &str) -> String {
    format!("car {id} ({})", car.key)
}

#[cfg(test)]
mod tests;
