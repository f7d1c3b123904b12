//! A backup of a running market becomes another market, in which trade goes on.
#![expect(clippy::unwrap_used, reason = "a test stops where the market answers something else")]

use market::{Caller, LocalMarket, picture};
use market_tests::{Market, Person, wait_until};
use serde_json::json;
use std::{env, fs, os::unix::fs::PermissionsExt, path::PathBuf, time::Duration};

const TIMEOUT: Duration = Duration::from_secs(10);

/// A folder that is gone at the end, with the market in it.
struct Place(LocalMarket);

impl Place {
    fn beside(market: &Market) -> Self {
        let settings = vec![("FM_DEV_PORTS".into(), "random".into())];
        Self(LocalMarket { folder: env::temp_dir().join(market.unique("restored")), settings, ..market.local() })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = self.0.script("down", &["--wipe"]);
    }
}

fn archive(market: &Market) -> PathBuf {
    env::temp_dir().join(market.unique("backup") + ".tar.gz")
}

/// The revision of the routing table that a gateway follows.
fn revision(operators: &Caller) -> String {
    let metrics = operators.get("/metrics").expect(200).text();
    metrics.lines().find(|line| line.starts_with("gateway_table_revision")).unwrap().to_owned()
}

#[test]
fn a_backup_becomes_a_market_in_which_trade_goes_on() {
    let market = Market::running();
    let seller = market.someone();
    let car = seller.lists_a_car(json!({ "price": 7_777 }));
    let id = car["id"].as_str().unwrap();
    let url = seller.adds_pictures(id, &[&picture::noise(7).unwrap()])[0]["url"].as_str().unwrap().to_owned();
    let picture = market.anyone().get(&url).expect(200).body;
    let instances = market.local().instances();
    let file = archive(&market);
    let name = file.to_str().unwrap();

    market.script("backup", &[name]);
    assert_eq!(market.local().instances(), instances, "it runs as before");
    market.anyone().get(&format!("/api/cars/{id}")).expect(200);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(market.local().script("backup", &[name]).unwrap_err().to_string().contains("is there already"));

    let place = Place::beside(&market);
    place.0.script("restore", &[name]).unwrap();
    assert!(place.0.script("restore", &[name]).unwrap_err().to_string().contains("there is a market"));
    place.0.script("up", &["--no-build", "--no-demo"]).unwrap();
    fs::remove_file(&file).unwrap();

    let gateway = Caller::new(format!("http://127.0.0.1:{}", place.0.port("fm-gateway").unwrap()));
    let operators = Caller::new(format!("http://127.0.0.1:{}", place.0.port("fm-gateway-admin").unwrap()));
    assert_eq!(revision(&operators), revision(&market.at("gateway_admin")));
    assert_eq!(gateway.get(&url).expect(200).body, picture);
    let seller = Person::log_in(&gateway, &seller.username, &seller.password).unwrap();
    seller.http.patch(&format!("/api/cars/{id}"), json!({ "price": 6_666 })).expect(200);
    wait_until("fm-tracker knows both prices", TIMEOUT, || {
        let history = gateway.get(&format!("/api/cars/{id}/price-history")).json();
        let prices = history["items"].as_array().map(|items| items.iter().map(|p| p["price"].clone()).collect::<Vec<_>>());
        prices == Some(vec![json!(7_777), json!(6_666)])
    });
    assert_eq!(market.anyone().get(&format!("/api/cars/{id}")).json()["price"], 7_777, "the other market is another one");
}
