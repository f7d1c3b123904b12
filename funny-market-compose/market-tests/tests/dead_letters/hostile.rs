use crate::{
    broker::{Broker, Raw},
    tracker::Tracker,
};
use amiquip::AmqpProperties;
use serde_json::json;

#[test]
fn no_hostile_message_is_accepted_or_delays_another() {
    let tracker = Tracker::of_the_market();
    let (broker, seller) = (Broker::of(&tracker.market), tracker.market.someone());
    let ear = broker.overhear("car.listed");
    let car = seller.lists_a_car(json!({ "price": 20_000 }));
    let car = car["id"].as_str().unwrap();
    let genuine = ear.hear(car);
    tracker.shows(car);

    let genuine_body = String::from_utf8(genuine.body.clone()).unwrap();
    let cheaper = genuine_body.replace("20000", "1");
    assert_ne!(genuine_body, cheaper);
    let removal = Raw { properties: genuine.properties.clone().with_type_("car.removed".into()), body: genuine.body.clone() };
    let other = Raw { properties: genuine.properties.clone().with_app_id("fm-image".into()), body: genuine.body.clone() };
    let bare = Raw { properties: AmqpProperties::default().with_message_id("hostile-bare".into()), body: b"\xff\x00 not ours".to_vec() };
    let loud = "hostile-\u{1b}[2J\u{7}";
    let hostile = [
        ("hostile-bare", "undecodable", bare),
        ("hostile-edited", "delegation-message", genuine.clone().with_id("hostile-edited")),
        ("hostile-token", "delegation-invalid", genuine.clone().with_id("hostile-token").with_header("fm-token", "a.b.c")),
        ("hostile-none", "delegation-missing", genuine.clone().with_id("hostile-none").with_header("fm-token", "")),
        (loud, "delegation-message", genuine.clone().with_id(loud)),
    ];
    for (id, code, message) in hostile {
        broker.publish("car.listed", &message);
        if id == loud {
            continue;
        }
        let shown = tracker.shown(id);
        assert_eq!((shown["code"].as_str(), shown["audience"].as_str()), (Some(code), Some("Service")), "{shown:#}");
        let refused = tracker.refuses(&["replay", id]);
        assert!(refused.contains(id) && refused.contains("not replayed"), "{refused}");
        assert_eq!(tracker.shown(id)["message"]["body"], shown["message"]["body"]);
        tracker.goes_on(&seller);
    }
    // These bear the id of the genuine one, which was handled.
    let id = genuine.properties.message_id().clone().unwrap();
    for (code, event, message) in [
        ("delegation-body", "car.listed", genuine.clone().with_body(&cheaper)),
        ("delegation-audience", "car.removed", removal),
        ("delegation-actor", "car.listed", other),
    ] {
        broker.publish(event, &message);
        let shown = tracker.shown(&id);
        assert_eq!(shown["code"], code, "{shown:#}");
        tracker.refuses(&["replay", &id]);
        let dropped = tracker.succeeds(&["drop", &id]);
        assert!(dropped.contains(code), "{dropped}");
    }

    // What strangers wrote does not speak to the operator's terminal.
    let list = tracker.succeeds(&["list"]);
    assert!(!list.contains(|c: char| c.is_control() && c != '\n'), "{list:?}");
    assert_eq!(list.lines().count(), 5, "{list}");

    // One refused message does not keep another from being refused by its own name, and none is lost.
    let refused = tracker.refuses(&["replay", "--all"]);
    assert!(["hostile-bare", "hostile-edited", "hostile-token"].iter().all(|id| refused.contains(id)), "{refused}");
    for id in ["hostile-bare", "hostile-edited", "hostile-token", "hostile-none", loud] {
        tracker.succeeds(&["drop", id]);
        tracker.refuses(&["show", id]);
    }
    assert_eq!(tracker.dead_letter_ids(), [""; 0]);
    assert_eq!(tracker.price(car), Some(20_000));
}
