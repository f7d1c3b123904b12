//! A message is handled by a process that dies at some point, for each point there is; it comes again, and all is as if nothing had happened.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use fm_sdk::{
    BoxFuture, Envelope, MessageKind,
    store::{Driver, Guard, Spec, Sqlite, Write, Written},
    testing::crash,
};
use serde_json::json;
use std::{
    cell::Cell,
    collections::BTreeSet,
    rc::Rc,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::sync::Notify;

const CARS: &str = "cars";

fn message(id: &str) -> Envelope {
    let message = Envelope::new(MessageKind::Event, "car.removed", &json!({}), "cars").unwrap();
    Envelope { id: id.into(), ..message }
}

/// Removes two cars for one message, says so for each, tells the count at the end, and relays.
async fn handle(store: &dyn Driver, broker: &Mutex<BTreeSet<String>>) {
    if store.finished("op").await.unwrap().is_none() {
        for id in ["1", "2"] {
            let car = store.peek(CARS, id, Some("op")).await.unwrap().unwrap();
            if car.seen {
                continue;
            }
            let messages = vec![message(&format!("removed-{id}"))];
            let guard = Guard::Version(car.version);
            let step =
                Write { collection: CARS, id: id.into(), guard, body: None, messages, op: Some("op".into()), version: car.version + 1 };
            assert_eq!(store.write(step).await.unwrap(), Written::Done);
        }
        let count = store.marked(CARS, "op").await.unwrap();
        assert!(store.finish("op", Some(count.to_string()), vec![message(&format!("{count}-removed"))]).await.unwrap());
    }
    for (place, message) in store.pending("", Duration::ZERO, 100).await.unwrap() {
        broker.lock().unwrap().insert(message.id.clone());
        store.relayed(vec![(place, message.id)]).await.unwrap();
    }
}

/// Gives `false` when there is no such point any more.
async fn dies_at(point: u32, store: &dyn Driver) -> bool {
    store.prepare(vec![Spec { collection: CARS, indexes: &[] }]).await.unwrap();
    for id in ["1", "2"] {
        let step =
            Write { collection: CARS, id: id.into(), guard: Guard::Absent, body: Some(json!({})), messages: vec![], op: None, version: 1 };
        assert_eq!(store.write(step).await.unwrap(), Written::Done);
    }
    let broker = Mutex::default();
    let (died, points) = (Rc::new(Notify::new()), Cell::new(0));
    let dead = died.clone();
    let hook = crash::set_hook(move || {
        points.set(points.get() + 1);
        let here = points.get() == point;
        if here {
            dead.notify_one();
        }
        here
    });
    let crashed = tokio::select! {
        () = handle(store, &broker) => false,
        () = died.notified() => true,
    };
    drop(hook);
    handle(store, &broker).await;

    let broker = broker.into_inner().unwrap();
    assert_eq!(broker.iter().map(String::as_str).collect::<Vec<_>>(), ["2-removed", "removed-1", "removed-2"], "after dying at {point}");
    assert_eq!(store.finished("op").await.unwrap().unwrap().reply.as_deref(), Some("2"));
    assert!(store.pending("", Duration::ZERO, 100).await.unwrap().is_empty());
    store.sweep(Duration::ZERO).await.unwrap();
    assert_eq!(store.marked(CARS, "op").await.unwrap(), 0);
    for id in ["1", "2"] {
        assert_eq!(store.peek(CARS, id, None).await.unwrap(), None, "nothing is left behind");
    }
    crashed
}

#[actix_rt::test]
async fn a_message_survives_a_crash_at_every_point_of_sqlite() {
    let mut point = 1;
    while dies_at(point, &Sqlite::in_memory().unwrap()).await {
        point += 1;
    }
    assert!(point > 8, "only {point} points");
}

#[cfg(feature = "mongodb")]
#[actix_rt::test]
async fn a_message_survives_a_crash_at_every_point_of_mongodb() {
    use fm_sdk::store::MongoDb;
    use fm_sdk_testing::servers::MongoServer;
    let mut point = 1;
    while dies_at(point, &MongoDb::connect(MongoServer::shared().url(), &MongoServer::fresh_database()).await.unwrap()).await {
        point += 1;
    }
    assert!(point > 16, "only {point} points");
}

/// One twin is held at a point of its peek; the other one handles the message from start to end meanwhile.
async fn twin_held_at(point: u32, store: &dyn Driver) -> bool {
    store.prepare(vec![Spec { collection: CARS, indexes: &[] }]).await.unwrap();
    let step = |guard, n: i64, op: Option<&str>| {
        let (body, op) = (Some(json!({ "n": n })), op.map(String::from));
        Write { collection: CARS, id: "1".into(), guard, body, messages: vec![], op, version: n + 1 }
    };
    assert_eq!(store.write(step(Guard::Absent, 0, None)).await.unwrap(), Written::Done);
    let (held, go, points) = (Arc::new(Notify::new()), Arc::new(Notify::new()), Cell::new(0));
    let pause = (held.clone(), go.clone());
    let hook = crash::set_pause(move || {
        points.set(points.get() + 1);
        let (held, go) = pause.clone();
        (points.get() == point).then(|| {
            held.notify_one();
            Box::pin(async move { go.notified().await }) as BoxFuture<'static, ()>
        })
    });
    let change = async || {
        let car = store.peek(CARS, "1", Some("op")).await.unwrap().unwrap();
        if !car.seen {
            store.write(step(Guard::Version(car.version), car.version, Some("op"))).await.unwrap();
        }
    };
    let twin = async {
        held.notified().await;
        change().await;
        assert!(store.finish("op", None, vec![]).await.unwrap());
        go.notify_one();
    };
    let slow = change();
    let was_held = {
        futures::pin_mut!(slow, twin);
        match futures::future::select(slow, twin).await {
            futures::future::Either::Left(_) => false,
            futures::future::Either::Right(((), slow)) => {
                slow.await;
                true
            }
        }
    };
    drop(hook);
    let car = store.peek(CARS, "1", None).await.unwrap().unwrap();
    assert_eq!((car.version, car.body), (2, Some(json!({ "n": 1 }))), "one effect, held at {point}");
    was_held
}

#[actix_rt::test]
async fn a_second_instance_held_at_any_point_has_no_second_effect_on_sqlite() {
    let mut point = 1;
    while twin_held_at(point, &Sqlite::in_memory().unwrap()).await {
        point += 1;
    }
    assert!(point > 2, "only {point} points");
}

#[cfg(feature = "mongodb")]
#[actix_rt::test]
async fn a_second_instance_held_at_any_point_has_no_second_effect_on_mongodb() {
    use fm_sdk::store::MongoDb;
    use fm_sdk_testing::servers::MongoServer;
    let mut point = 1;
    while twin_held_at(point, &MongoDb::connect(MongoServer::shared().url(), &MongoServer::fresh_database()).await.unwrap()).await {
        point += 1;
    }
    assert!(point > 3, "only {point} points");
}
