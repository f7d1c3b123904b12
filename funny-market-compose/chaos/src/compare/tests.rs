use super::*;

/// A seller with one car of two prices and a picture, and services that agree.
pub(super) fn agreed() -> (Seller, Seen) {
    let car = Car { key: "k1".into(), id: Some("c1".into()), prices: vec![100, 101], pictures: vec!["p1".into()], ..Car::default() };
    let seen_car = SeenCar { id: "c1".into(), key: "k1".into(), price: 101, status: "listed".into(), pictures: vec!["p1".into()] };
    let found = ["fm-cars", "fm-cars-2"].map(|name| (name.to_owned(), BTreeMap::from([("c1".to_owned(), 101)])));
    let seen = Seen {
        sign_in: 200,
        own: vec![seen_car.clone()],
        by_id: [("c1".to_owned(), seen_car)].into(),
        found: found.into(),
        histories: [("c1".to_owned(), vec![100, 101])].into(),
        served: ["p1".to_owned()].into(),
        deletion: None,
    };
    (Seller { username: "ann".into(), cars: vec![car], ..Seller::default() }, seen)
}

fn kinds(seller: &Seller, seen: &Seen) -> Vec<Kind> {
    compare(seller, seen).into_iter().map(|finding| finding.kind).collect()
}

#[test]
fn nothing_is_found_where_all_agree() {
    let (seller, seen) = agreed();
    assert_eq!(compare(&seller, &seen), []);
}

#[test]
fn a_car_that_is_missing_is_lost() {
    let (seller, mut seen) = agreed();
    seen.by_id.clear();
    assert_eq!(kinds(&seller, &seen), [Kind::Lost]);
}

#[test]
fn a_price_that_the_owner_of_cars_has_forgotten_is_lost() {
    let (seller, mut seen) = agreed();
    seen.by_id.get_mut("c1").unwrap().price = 100;
    assert!(kinds(&seller, &seen).contains(&Kind::Lost));
}

#[test]
fn a_price_that_fm_tracker_missed_is_lost() {
    let (seller, mut seen) = agreed();
    seen.histories.insert("c1".into(), vec![101]);
    assert_eq!(kinds(&seller, &seen), [Kind::Lost]);
}

#[test]
fn prices_in_another_order_are_found() {
    let (seller, mut seen) = agreed();
    seen.histories.insert("c1".into(), vec![101, 100]);
    assert_eq!(kinds(&seller, &seen), [Kind::Lost]);
}

#[test]
fn a_price_noted_twice_is_doubled() {
    let (seller, mut seen) = agreed();
    seen.histories.insert("c1".into(), vec![100, 101, 101]);
    assert_eq!(kinds(&seller, &seen), [Kind::Doubled]);
}

#[test]
fn a_search_that_lags_in_one_instance_is_lost() {
    let (seller, mut seen) = agreed();
    seen.found[1].1.insert("c1".into(), 100);
    let findings = compare(&seller, &seen);
    assert!(findings.len() == 1 && findings[0].what.contains("fm-cars-2"), "{findings:?}");
}

#[test]
fn a_removed_car_that_is_back_is_found_on_every_side() {
    let (mut seller, seen) = agreed();
    seller.cars[0].fate = Fate::Removed;
    // fm-cars, fm-tracker, fm-image, two searches
    assert_eq!(kinds(&seller, &seen), [Kind::Lost; 5]);
}

#[test]
fn a_sale_that_is_forgotten_is_lost() {
    let (mut seller, seen) = agreed();
    seller.cars[0].fate = Fate::Sold;
    assert_eq!(kinds(&seller, &seen), [Kind::Lost]);
}

#[test]
fn a_picture_that_is_not_served_or_not_attached_is_lost() {
    let (seller, mut seen) = agreed();
    seen.served.clear();
    assert_eq!(kinds(&seller, &seen), [Kind::Lost]);
    let (seller, mut seen) = agreed();
    seen.by_id.get_mut("c1").unwrap().pictures.clear();
    assert_eq!(kinds(&seller, &seen), [Kind::Lost]);
}

#[test]
fn a_picture_attached_twice_is_doubled() {
    let (seller, mut seen) = agreed();
    seen.by_id.get_mut("c1").unwrap().pictures.push("p1".into());
    assert_eq!(kinds(&seller, &seen), [Kind::Doubled]);
}

#[test]
fn two_cars_of_one_key_are_doubled() {
    let (seller, mut seen) = agreed();
    seen.own.push(SeenCar { id: "c2".into(), ..seen.own[0].clone() });
    assert_eq!(kinds(&seller, &seen), [Kind::Doubled]);
}

#[test]
fn an_unanswered_price_may_be_there_or_not_but_not_half() {
    let (mut seller, mut seen) = agreed();
    seller.cars[0].unsure = Some(Unsure::Price(102));
    assert_eq!(kinds(&seller, &seen), []);
    seen.by_id.get_mut("c1").unwrap().price = 102;
    for (_, found) in &mut seen.found {
        found.insert("c1".into(), 102);
    }
    assert_eq!(kinds(&seller, &seen), [Kind::Lost], "fm-tracker has not heard of it");
    seen.histories.insert("c1".into(), vec![100, 101, 102]);
    assert_eq!(kinds(&seller, &seen), []);
}

#[test]
fn an_unanswered_creation_is_whole_or_not_there() {
    let (mut seller, mut seen) = agreed();
    seller.cars[0] = Car { key: "k1".into(), prices: vec![101], unsure: Some(Unsure::Creation), ..Car::default() };
    seen.own[0].pictures.clear();
    seen.by_id.get_mut("c1").unwrap().pictures.clear();
    assert_eq!(kinds(&seller, &seen), [Kind::Half], "fm-tracker has another history");
    seen.histories.insert("c1".into(), vec![101]);
    assert_eq!(kinds(&seller, &seen), []);
    seen.own.clear();
    assert_eq!(kinds(&seller, &seen), []);
}

#[test]
fn of_a_deleted_account_nothing_stays() {
    let (mut seller, mut seen) = agreed();
    seller.account = Account::Deleted("/status".into());
    seen.sign_in = 401;
    seen.deletion = Some(("done".into(), 1));
    assert_eq!(kinds(&seller, &seen), [Kind::Lost; 5]);
    let nothing = Seen { sign_in: 401, deletion: seen.deletion, ..Seen::default() };
    assert_eq!(kinds(&seller, &nothing), []);
}

#[test]
fn a_deletion_is_counted_exactly() {
    let (mut seller, _) = agreed();
    seller.account = Account::Deleted("/status".into());
    let counted = |state: &str, n| Seen { sign_in: 401, deletion: Some((state.into(), n)), ..Seen::default() };
    assert_eq!(kinds(&seller, &counted("done", 2)), [Kind::Doubled]);
    assert_eq!(kinds(&seller, &counted("done", 0)), [Kind::Lost]);
    assert_eq!(kinds(&seller, &counted("pending", 0)), [Kind::Lost]);
}

#[test]
fn a_deleted_account_that_can_sign_in_is_found() {
    let (mut seller, mut seen) = agreed();
    seller.account = Account::Deleted("/status".into());
    seen = Seen { sign_in: 200, deletion: Some(("done".into(), 1)), ..Seen { by_id: BTreeMap::new(), ..seen } };
    assert!(kinds(&seller, &seen).contains(&Kind::Lost));
}
