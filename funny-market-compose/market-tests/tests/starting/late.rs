//! A service whose broker or registry is not there yet when it starts.

use market_tests::{Answer, Market, wait_until};
use std::{
    env, fs, io,
    net::{TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, Command},
    thread,
    time::Duration,
};

const SOON: Duration = Duration::from_secs(30);

/// A server's address at which nobody listens until it is opened.
struct Door {
    port: u16,
    behind: String,
}

impl Door {
    /// Of the server that this URL names.
    fn to(url: &str) -> Self {
        let behind = url.rsplit(['@', '/']).find(|part| part.contains(':')).unwrap().to_owned();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        Door { port, behind }
    }
    fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }
    fn open(&self) {
        let listener = TcpListener::bind(self.address()).unwrap();
        let behind = self.behind.clone();
        thread::spawn(move || {
            for near in listener.incoming().flatten() {
                let Ok(far) = TcpStream::connect(&behind) else { continue };
                pass(near.try_clone().unwrap(), far.try_clone().unwrap());
                pass(far, near);
            }
        });
    }
}

/// Passes on all bytes, then the end.
fn pass(mut from: TcpStream, mut to: TcpStream) {
    thread::spawn(move || {
        let _ = io::copy(&mut from, &mut to);
        let _ = to.shutdown(std::net::Shutdown::Write);
    });
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
        wait_until("it says where it listens", SOON, || {
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
    let door = Door::to(&url);
    let (name, instead) = (market.unique("late"), url.replace(&door.behind, &door.address()));
    let mut late = Newcomer::of(&market, service, &name, &[(setting, &instead)]);
    let own = late.url();
    let ask = |path: &str| -> Answer { market.at_url(&own).get(path) };

    wait_until("it says which address it tried", SOON, || late.said().contains(&door.address()));
    ask("/health/live").expect(200);
    let ready = ask("/health/ready").expect(503);
    assert_eq!(ready.json()["status"], "starting", "{}", ready.text());
    assert!(ready.text().contains(&door.address()), "it does not say what it waits for: {}", ready.text());
    let refused = ask(an_api).expect_problem(503, "starting");
    assert!(refused.header("retry-after").is_some(), "{refused:?}");
    assert!(!market.registered(service).contains_key(&name), "nobody is sent to it");
    assert!(late.child.try_wait().unwrap().is_none(), "it ended: {}", late.said());

    door.open();
    wait_until("it is ready by itself", SOON, || ask("/health/ready").status == 200);
    wait_until("it is registered", SOON, || market.registered(service).contains_key(&name));
    ask(an_api).expect(200);
    assert!(Command::new("kill").args(["-TERM", &late.child.id().to_string()]).status().unwrap().success());
    wait_until("it takes its leave", SOON, || late.child.try_wait().unwrap().is_some());
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
