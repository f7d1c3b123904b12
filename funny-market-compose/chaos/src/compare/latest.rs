//! The list of what was listed last.

use super::{Finding, Kind};
use crate::seen::SeenCar;
use std::collections::BTreeMap;

/// Holds fm-tracker's list (id and price, the newest first) against the cars that are there, and when they were added.
pub fn latest(list: &[(String, i64)], cars: &BTreeMap<&str, &SeenCar>, added: &BTreeMap<&str, &str>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut note = |kind, what| findings.push(Finding { kind, what });
    let mut oldest = None;
    for (id, price) in list {
        if list.iter().filter(|(other, _)| other == id).count() > 1 {
            note(Kind::Doubled, format!("{id} is among the latest twice"));
        }
        match cars.get(id.as_str()) {
            Some(car) if car.status == "listed" && car.price == *price => {}
            Some(car) => note(Kind::Lost, format!("among the latest {id} costs {price}, but it is {} for {}", car.status, car.price)),
            None => note(Kind::Lost, format!("{id} is among the latest, but is not there")),
        }
        let when = added.get(id.as_str());
        if when.is_some() && (oldest.is_none() || when < oldest) {
            oldest = when;
        }
    }
    for (id, car) in cars.iter().filter(|(_, car)| car.status == "listed") {
        let newer = added.get(id).is_some_and(|when| oldest.is_none_or(|oldest| when > oldest));
        if newer && list.iter().all(|(other, _)| other != id) {
            note(Kind::Lost, format!("{id} ({}) is not among the latest, though it was listed late enough", car.key));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cars() -> [SeenCar; 3] {
        ["a", "b", "c"].map(|id| SeenCar { id: id.into(), price: 5, status: "listed".into(), ..SeenCar::default() })
    }
    fn held(list: &[(&str, i64)]) -> Vec<Kind> {
        let cars = cars();
        let cars = cars.iter().map(|car| (car.id.as_str(), car)).collect();
        let added = [("a", "2026-01-01"), ("b", "2026-01-02"), ("c", "2026-01-03")].into();
        let list: Vec<_> = list.iter().map(|(id, price)| ((*id).to_owned(), *price)).collect();
        latest(&list, &cars, &added).into_iter().map(|finding| finding.kind).collect()
    }

    #[test]
    fn a_list_that_stops_early_is_fine_and_one_with_a_hole_is_not() {
        assert_eq!(held(&[("c", 5), ("b", 5)]), []);
        assert_eq!(held(&[("c", 5), ("a", 5)]), [Kind::Lost]);
        assert_eq!(held(&[]), [Kind::Lost; 3]);
    }

    #[test]
    fn stale_prices_unknown_cars_and_duplicates_are_found() {
        assert_eq!(held(&[("c", 4)]), [Kind::Lost]);
        assert_eq!(held(&[("c", 5), ("x", 5)]), [Kind::Lost]);
        assert_eq!(held(&[("c", 5), ("c", 5)]), [Kind::Doubled; 2]);
    }
}
