//! One more instance of a service, with other settings.

use super::Scene;
use market::child::free_addresses;
use market_tests::{Newcomer, wait_until};
use std::{env, time::Duration};

const START: Duration = Duration::from_secs(30);
/// How long a program may take to end.
const END: Duration = Duration::from_secs(20);

/// It takes its leave when this is dropped.
pub struct Joined(Newcomer);

impl Joined {
    pub fn url(&self) -> String {
        self.0.url()
    }
}

impl Drop for Joined {
    fn drop(&mut self) {
        self.0.ends(END);
    }
}

/// A gateway, and where it listens for clients.
pub struct Gateway {
    pub url: String,
    _process: Joined,
}

/// Starts one, and waits until it is registered.
pub fn join(scene: &Scene, service: &str, changed: &[(&str, &str)]) -> Joined {
    let name = scene.market.unique("newcomer");
    let newcomer = Joined(Newcomer::of(&scene.market, service, &name, changed));
    wait_until("it is registered", START, || scene.market.registered(service).contains_key(&name));
    newcomer
}

/// Starts a gateway at addresses of its own.
pub fn gateway(scene: &Scene, changed: &[(&str, &str)]) -> Gateway {
    let [own, admin] = free_addresses::<2>().unwrap().map(|address| address.to_string());
    let handover = env::temp_dir().join(scene.market.unique("handover"));
    let addresses = [("FM_HTTP", own.as_str()), ("FM_ADMIN_HTTP", admin.as_str()), ("FM_GATEWAY_HANDOVER", handover.to_str().unwrap())];
    let process = join(scene, "fm-gateway", &[&addresses, changed].concat());
    Gateway { url: format!("http://{own}"), _process: process }
}
