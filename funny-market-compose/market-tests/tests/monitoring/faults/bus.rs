//! The broker and its messages.

use super::{Broken, Scene, instances::kill};
use amiquip::{AmqpProperties, AmqpValue, Connection, FieldTable, Publish, QueueDeclareOptions, QueueDeleteOptions};
use market_tests::wait_until;
use serde_json::json;
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(20);

pub fn broker_is_killed(scene: &Scene) -> Broken {
    kill(&scene.market, "rabbitmq")
}

/// The broker is told that it may use a thousandth of the machine's memory.
pub fn broker_is_short_of_memory(scene: &Scene) -> Broken {
    let market = scene.market.clone();
    let watermark = move |share: &str| drop(market.script("rabbitmqctl", &["set_vm_memory_high_watermark", share]));
    let before = scene.market.script("rabbitmqctl", &["eval", "vm_memory_monitor:get_vm_memory_high_watermark()."]);
    watermark("0.001");
    Broken::until(move || watermark(before.trim()))
}

/// A queue that was left behind takes no event any more, and a car is listed: the broker refuses the event for all.
pub fn a_queue_is_full(scene: &Scene) -> Broken {
    let mut connection = Connection::insecure_open(&scene.market.address("bus")).unwrap();
    let channel = connection.open_channel(None).unwrap();
    let name = scene.market.unique("full");
    let mut arguments = FieldTable::new();
    arguments.insert("x-max-length".into(), AmqpValue::LongInt(0));
    arguments.insert("x-overflow".into(), AmqpValue::LongString("reject-publish".into()));
    channel.queue_declare(&name, QueueDeclareOptions { arguments, ..QueueDeclareOptions::default() }).unwrap();
    channel.queue_bind(&name, "fm.events", "car.listed", FieldTable::new()).unwrap();
    scene.market.someone().lists_a_car(json!({}));
    Broken::until(move || {
        channel.queue_delete(&name, QueueDeleteOptions::default()).unwrap();
        drop(channel);
        connection.close().unwrap();
    })
}

/// A queue that was left behind, or one whose consumer is too slow.
pub fn nobody_reads_a_queue(scene: &Scene) -> Broken {
    let mut connection = Connection::insecure_open(&scene.market.address("bus")).unwrap();
    let channel = connection.open_channel(None).unwrap();
    let name = scene.market.unique("unread");
    channel.queue_declare(&name, QueueDeclareOptions::default()).unwrap();
    for _ in 0..10_100 {
        channel.basic_publish("", Publish::new(b"{}", &name)).unwrap();
    }
    Broken::until(move || {
        channel.queue_delete(&name, QueueDeleteOptions::default()).unwrap();
        drop(channel);
        connection.close().unwrap();
    })
}

/// A car is listed, and fm-tracker gets its event once more.
pub fn an_event_comes_twice(scene: &Scene) {
    let mut connection = Connection::insecure_open(&scene.market.address("bus")).unwrap();
    let channel = connection.open_channel(None).unwrap();
    let copies = channel.queue_declare("", QueueDeclareOptions { exclusive: true, ..QueueDeclareOptions::default() }).unwrap();
    channel.queue_bind(copies.name(), "fm.events", "car.listed", FieldTable::new()).unwrap();
    scene.market.someone().lists_a_car(json!({}));
    let mut event = None;
    wait_until("the event", TIMEOUT, || {
        event = channel.basic_get(copies.name(), true).unwrap();
        event.is_some()
    });
    let event = event.unwrap().delivery;
    channel.basic_publish("", Publish::with_properties(&event.body, "fm.fm-tracker.events", event.properties)).unwrap();
    drop(channel);
    connection.close().unwrap();
}

pub fn a_message_is_unreadable(scene: &Scene) -> Broken {
    let mut connection = Connection::insecure_open(&scene.market.address("bus")).unwrap();
    let channel = connection.open_channel(None).unwrap();
    let id = scene.market.unique("unreadable");
    let properties = AmqpProperties::default().with_message_id(id.clone());
    channel.basic_publish("", Publish::with_properties(b"\xff", "fm.fm-tracker.events", properties)).unwrap();
    drop(channel);
    connection.close().unwrap();
    let market = scene.market.clone();
    let letters = move |words: &[&str]| market.script("service", &[&["fm-tracker", "dead-letters"], words].concat());
    wait_until("it is a dead letter", TIMEOUT, || letters(&["list"]).contains(&id));
    Broken::until(move || drop(letters(&["drop", &id])))
}
