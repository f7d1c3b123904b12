//! A service whose broker or registry is not there yet when it starts.

use market::{child::free_addresses, proxy::Proxy};
use market_tests::{Answer, Market, wait_until};
use std::{
    env, fs,
    net::SocketAddr,
    path::PathBuf,
    process::{Child, Command},
    time::Duration,
};

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

/// One more instance of a service that runs: the same program and settings, but for what is named here.
struct Newcomer {
    child: Child,
    log: PathBuf,
}

impl Newcomer {
    fn of(market: &Market, service: &str, name: &str, changed: &[(&str, &str)]) -> Self {
        let process = PathBuf::from(format!("/proc/{}", market.instance(service).pid()));
        let environment = fs::read_to_string(process.join("environ")).unwrap();
        let settings = environment.split('\0').filter_map(|pair| pair.split_once('=')).filter(|(key, _)| key.starts_with("FM_"));
        let log = env::temp_dir().join(format!("{name}.log"));
        let output = fs::File::create(&log).unwrap();
        // The very program that runs, also where another one lies in its place by now.
        let mut command = Command::new(process.join("exe"));
        command.envs(settings).env("FM_HTTP", "127.0.0.1:0").env("FM_INSTANCE", name).env("FM_LOG", "info").env_remove("FM_ADVERTISE");
        command.envs(changed.iter().copied()).stdout(output.try_clone().unwrap()).stderr(output);
        Newcomer { child: command.spawn().unwrap(), log }
    }
    fn said(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }
    /// Where it listens, by its own words.
    fn url(&self) -> String {
        let mut url = None;
        wait_until("it says where it listens", TIMEOUT, || {
            let said = self.said();
            url = said
                .split_once("listens on ")
                .and_then(|(_, rest)| Some(format!("http://{}", rest.split_whitespace().next()?.trim_start_matches("http://"))));
            url.is_some()
        });
        url.unwrap()
    }
}

impl Drop for Newcomer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_file(&self.log);
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
    assert!(late.child.try_wait().unwrap().is_none(), "it ended: {}", late.said());

    server.start();
    wait_until("it is ready by itself", TIMEOUT, || ask("/health/ready").status == 200);
    wait_until("it is registered", TIMEOUT, || market.registered(service).contains_key(&name));
    ask(an_api).expect(200);
    assert!(Command::new("kill").args(["-TERM", &late.child.id().to_string()]).status().unwrap().success());
    wait_until("it takes its leave", TIMEOUT, || late.child.try_wait().unwrap().is_some());
    assert!(late.child.wait().unwrap().success(), "{}", late.said());
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
