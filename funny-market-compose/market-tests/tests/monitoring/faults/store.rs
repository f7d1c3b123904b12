//! The database of fm-tracker, in the hands of somebody else.

use super::{Broken, Scene, visitors::Visitors};
use market_tests::wait_until;
use rusqlite::Connection;
use serde_json::json;
use std::{
    sync::atomic::{AtomicI64, Ordering::Relaxed},
    thread,
    time::Duration,
};

const TIMEOUT: Duration = Duration::from_secs(20);

fn database(scene: &Scene) -> Connection {
    let database = Connection::open(scene.market.local().folder.join("data/fm-tracker/fm-tracker.sqlite")).unwrap();
    database.busy_timeout(Duration::from_secs(10)).unwrap();
    database
}

/// What a restore leaves behind that did not reach its end.
pub fn a_table_is_missing(scene: &Scene) -> Broken {
    let database = database(scene);
    database.execute_batch("alter table fm_leads rename to fm_leads_elsewhere").unwrap();
    Broken::until(move || database.execute_batch("alter table fm_leads_elsewhere rename to fm_leads").unwrap())
}

/// It answers with 5xx while it cannot read its database.
pub fn it_is_not_ready(scene: &Scene) {
    let missing = a_table_is_missing(scene);
    let tracker = scene.market.at("tracker");
    wait_until("fm-tracker says that it is not ready", TIMEOUT, || tracker.get("/health/ready").status == 503);
    drop(missing);
    wait_until("fm-tracker is ready again", TIMEOUT, || tracker.get("/health/ready").status == 200);
}

/// A tool of somebody's holds the lock for writers, and a seller changes prices.
pub fn nobody_else_may_write(scene: &Scene) -> Broken {
    static PRICE: AtomicI64 = AtomicI64::new(10_000);
    let seller = scene.market.someone();
    let car = seller.lists_a_car(json!({}))["id"].as_str().unwrap().to_owned();
    let database = database(scene);
    database.execute_batch("begin immediate").unwrap();
    let sellers = Visitors::who(1, move || {
        let price = json!({ "price": PRICE.fetch_add(1, Relaxed) }).to_string();
        drop(seller.http.try_send("PATCH", &format!("/api/cars/{car}"), Some(("application/json", price.as_bytes()))));
        thread::sleep(Duration::from_millis(500)); // the rate
    });
    Broken::until(move || {
        drop(sellers);
        database.execute_batch("rollback").unwrap();
    })
}
