//! A service whose broker or registry is not there yet when it starts.

use market::{child::free_addresses, proxy::Proxy};
use market_tests::{Answer, Market, Newcomer, wait_until};
use std::{net::SocketAddr, time::Duration};

const TIMEOUT: Duration = Duration::from_secs(30);

/// An address at which nobody listens until it leads to a server.
struct LateServer {
    address: SocketAddr,
    server: String,
}

impl LateServer {
    /// Of the server that this URL names.
    fn of(url: &str) -> Self {
        let server = url.rsplit(['@', '/']).find(|part| part.contains(':')).unwrap().to_owned();
        let [address] = free_addresses().unwrap();
        LateServer { address, server }
    }
    fn address(&self) -> String {
        self.address.to_string()
    }
    fn start(&self) {
        let port = self.server.rsplit_once(':').unwrap().1.parse().unwrap();
        Proxy::listen(self.address.port(), Box::new(move || Ok(port))).unwrap();
    }
}

#[track_caller]
fn waits_for(service: &str, part: &str, setting: &str, an_api: &str) {
    let market = Market::running();
    let url = market.address(part);
    let server = LateServer::of(&url);
    let (name, instead) = (market.unique("late"), url.replace(&server.server, &server.address()));
    let mut late = Newcomer::of(&market, service, &name, &[(setting, &instead)]);
    let own = late.url();
    let ask = |path: &str| -> Answer { market.at_url(&own).get(path) };

    wait_until("it says which address it tried", TIMEOUT, || late.said().contains(&server.address()));
    ask("/health/live").expect(200);
    let ready = ask("/health/ready").expect(503);
    assert_eq!(ready.json()["status"], "starting", "{}", ready.text());
    assert!(ready.text().contains(&server.address()), "it does not say what it waits for: {}", ready.text());
    let refused = ask(an_api).expect_problem(503, "starting");
    assert!(refused.header("retry-after").is_some(), "{refused:?}");
    assert!(!market.registered(service).contains_key(&name), "nobody is sent to it");
    assert!(late.lives(), "it ended: {}", late.said());

    server.start();
    wait_until("it is ready by itself", TIMEOUT, || ask("/health/ready").status == 200);
    wait_until("it is registered", TIMEOUT, || market.registered(service).contains_key(&name));
    ask(an_api).expect(200);
    assert!(late.ends(TIMEOUT).success(), "{}", late.said());
    assert!(!market.registered(service).contains_key(&name));
}

macro_rules! each_waits {
    ($($name:ident: $service:literal $part:literal $setting:literal $api:literal;)*) => {
        $(#[test] fn $name() { waits_for($service, $part, $setting, $api); })*
    };
}

each_waits! {
    fm_cars_waits_for_the_broker: "fm-cars" "bus" "FM_BUS" "/api/cars";
    fm_cars_waits_for_the_registry: "fm-cars" "registry" "FM_REGISTRY" "/api/cars";
    fm_tracker_waits_for_the_broker: "fm-tracker" "bus" "FM_BUS" "/api/tracks/latest";
    fm_tracker_waits_for_the_registry: "fm-tracker" "registry" "FM_REGISTRY" "/api/tracks/latest";
    fm_image_waits_for_the_broker: "fm-image" "bus" "FM_BUS" "/openapi.json";
    fm_image_waits_for_the_registry: "fm-image" "registry" "FM_REGISTRY" "/openapi.json";
    fm_profile_waits_for_the_broker: "fm-profile" "bus" "FM_BUS" "/.well-known/jwks.json";
    fm_profile_waits_for_the_registry: "fm-profile" "registry" "FM_REGISTRY" "/.well-known/jwks.json";
}
