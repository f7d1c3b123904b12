//! The queue of commands of fm-cars: "delete all cars of this user", which fm-profile alone may send, and for this very user.

use crate::{
    broker,
    forge::Pair,
    letters::{Slot, Target, dead_lettered_at},
    people::people,
};
use market_tests::wait_until;
use serde_json::json;
use std::time::Duration;

const DELETE_ALL: Slot = Slot {
    service: "fm-cars",
    queue: "fm.fm-cars.commands",
    kind: "command",
    name: "fm-cars/delete-all",
    source: "fm-profile",
    target: owner,
    body: |user| json!({ "user": user }),
    stands: car_is_there,
};

/// A user of each row's own, with one car: nobody else's cars are at stake.
fn owner() -> Target {
    let people = people();
    let id = people.market.unique("owner");
    let token = people.with_claims(|c| (c["sub"], c["epoch"]) = (id.clone().into(), 0.into()));
    let facts = json!({ "maker": "audi", "model": "a4", "price": 12_500, "year": 2019 });
    let car = people.market.at("cars").bearing(&token).post("/api/cars", facts).expect(201).json();
    Target { user: id.clone(), id, sign: car["id"].as_str().unwrap().into() }
}

fn car_is_there(target: &Target) -> bool {
    people().market.at("cars").get(&format!("/api/cars/{}", target.sign)).status == 200
}

dead_lettered_at!(DELETE_ALL);

#[test]
fn the_genuine_command_is_executed() {
    let target = owner();
    assert!(car_is_there(&target));
    broker::send(DELETE_ALL.queue, &DELETE_ALL.draft(&target).good);
    wait_until("the cars are deleted", Duration::from_secs(20), || !car_is_there(&target));
}

#[test]
fn a_service_that_may_not_send_it() {
    for service in ["fm-tracker", "fm-image", "fm-cars"] {
        let other = Pair::of_service(&people().market, service);
        let send =
            |d: &crate::letters::Draft| vec![crate::message::Message { source: service.into(), ..d.good.clone() }.signed(&d.user, &other)];
        DELETE_ALL.is_dead_lettered(send, "sender-undeclared", "is not a declared sender of");
    }
}

#[test]
fn the_right_service_for_another_user() {
    for user in [people().attacker.id.as_str(), "fm-profile"] {
        DELETE_ALL.is_dead_lettered(|d| vec![d.good.clone().signed(user, &d.sender)], "other-user", "");
    }
}

#[test]
fn a_command_that_is_not_in_this_queue() {
    let renamed = |d: &crate::letters::Draft| {
        ["fm-image/delete-all", "fm-cars/drop-tables", "car.removed"].map(|name| {
            crate::message::Message { id: people().market.unique("forged"), name: name.into(), ..d.good.clone() }.signed(&d.user, &d.sender)
        })
    };
    DELETE_ALL.is_dead_lettered(|d| renamed(d).into(), "message-unknown", "");
}
