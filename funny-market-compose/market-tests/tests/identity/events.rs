//! The queues of events: what is said in the name of fm-cars is believed of fm-cars alone.

use crate::{
    broker,
    forge::Pair,
    letters::{Slot, Target, dead_lettered_at},
    message::Message,
    people::people,
};
use market_tests::wait_until;
use serde_json::json;
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(20);

/// Sent by a service whose events nobody asked for, in its own name and with a signature that is right.
fn not_from_another_service(slot: &Slot) {
    for service in ["fm-tracker", "fm-profile", "fm-image"] {
        let other = Pair::of_service(&people().market, service);
        slot.is_dead_lettered(
            |d| vec![Message { source: service.into(), ..d.good.clone() }.signed(&d.user, &other)],
            "sender-undeclared",
            "is not a declared sender of",
        );
    }
}

/// The genuine message destroys what the forged ones did not: that is all that was wrong with them.
fn is_believed(slot: &Slot) {
    let target = (slot.target)();
    assert!((slot.stands)(&target));
    broker::send(slot.queue, &slot.draft(&target).good);
    wait_until("the genuine message had its effect", TIMEOUT, || !(slot.stands)(&target));
}

mod tracker {
    use super::*;

    const REMOVED: Slot = Slot {
        service: "fm-tracker",
        queue: "fm.fm-tracker.events",
        kind: "event",
        name: "car.removed",
        source: "fm-cars",
        target: tracked_car,
        body: |car| json!({ "id": car, "owner": "somebody", "version": i64::MAX }),
        stands: is_tracked,
    };

    fn tracked_car() -> Target {
        let target = Target { id: people().car(), user: people().victim.id.clone(), sign: String::new() };
        wait_until("fm-tracker knows the car", TIMEOUT, || is_tracked(&target));
        target
    }
    fn is_tracked(target: &Target) -> bool {
        people().market.at("tracker").get(&format!("/api/cars/{}/price-history", target.id)).status == 200
    }

    dead_lettered_at!(REMOVED);

    #[test]
    fn another_service_in_its_own_name() {
        not_from_another_service(&REMOVED);
    }
    #[test]
    fn the_genuine_event_is_accepted() {
        is_believed(&REMOVED);
    }
}

mod image {
    use super::*;
    use crate::entry_point;

    const REMOVED: Slot = Slot {
        service: "fm-image",
        queue: "fm.fm-image.events",
        kind: "event",
        name: "car.removed",
        source: "fm-cars",
        target: pictured_car,
        body: |car| json!({ "id": car, "owner": "somebody", "version": i64::MAX }),
        stands: is_shown,
    };

    fn pictured_car() -> Target {
        let id = people().car();
        let (kind, upload) = entry_point::upload();
        let uploaded = people().owner().send("POST", &format!("/api/cars/{id}/images"), Some((&kind, &upload))).expect(201).json();
        let sign = uploaded["images"][0]["thumb_url"].as_str().unwrap().to_owned();
        Target { id, user: people().victim.id.clone(), sign }
    }
    fn is_shown(target: &Target) -> bool {
        people().market.at("image").get(&target.sign).status == 200
    }

    dead_lettered_at!(REMOVED);

    #[test]
    fn another_service_in_its_own_name() {
        not_from_another_service(&REMOVED);
    }
    #[test]
    fn the_genuine_event_is_accepted() {
        is_believed(&REMOVED);
    }
}

mod profile {
    use super::*;

    /// Somebody who asked for the deletion of an account, and waits for fm-cars.
    const USER_DELETED: Slot = Slot {
        service: "fm-profile",
        queue: "fm.fm-profile.events",
        kind: "event",
        name: "cars.user-deleted",
        source: "fm-cars",
        target: || Target { id: people().victim.id.clone(), user: people().victim.id.clone(), sign: String::new() },
        body: |user| json!({ "user": user, "count": 1_000 }),
        stands: |_| people().owner().get("/api/me").status == 200,
    };

    dead_lettered_at!(USER_DELETED);

    #[test]
    fn another_service_in_its_own_name() {
        not_from_another_service(&USER_DELETED);
    }
}
