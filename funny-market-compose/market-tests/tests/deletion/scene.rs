use crate::witness::{Removals, Witness};
use market_tests::{Document, Market, Person, wait_until};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

/// What comes by itself after something was killed comes within this time: a busy machine starts five services in it.
pub const TIMEOUT: Duration = Duration::from_secs(40);

/// Somebody with cars, pictures, tracks and views; one at a time, for what is killed is everybody's.
pub struct Scene {
    pub market: Market,
    pub seller: Person,
    pub cars: Vec<String>,
    /// Addresses of files.
    pub pictures: Vec<String>,
    witness: Witness,
    _turn: Turn,
}

/// Leaves the market whole, also after a test that failed.
struct Turn {
    market: Market,
    _lock: MutexGuard<'static, ()>,
}

impl Drop for Turn {
    fn drop(&mut self) {
        if thread::panicking() {
            // A second panic that left here would end the other tests, too.
            let _ = catch_unwind(AssertUnwindSafe(|| revive(&self.market)));
        }
    }
}

impl Scene {
    /// The first and the last car have a picture, and somebody has looked at the last.
    pub fn with_cars(number: usize) -> Self {
        static TURN: Mutex<()> = Mutex::new(());
        let lock = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let market = Market::running();
        let seller = market.someone();
        let turn = Turn { market: market.clone(), _lock: lock };
        let mut scene = Scene { witness: Witness::new(&market), cars: Vec::new(), pictures: Vec::new(), _turn: turn, seller, market };
        scene.lists_cars(number);
        scene
    }

    fn lists_cars(&mut self, number: usize) {
        let seller = &self.seller;
        let lists = |count: usize| (0..count).map(|_| id(&seller.lists_a_car(json!({})))).collect::<Vec<_>>();
        self.cars = lists(1);
        thread::scope(|scope| {
            let sellers = [0, 1, 2, 3].map(|n| scope.spawn(move || lists((number.saturating_sub(2) + n) / 4)));
            sellers.into_iter().for_each(|made| self.cars.extend(made.join().unwrap()));
        });
        self.cars.extend(lists(number.min(2) - 1));
        assert_eq!(self.cars.len(), number);
        let photo = self.photo();
        let (first, last) = (self.cars[0].clone(), self.cars[number - 1].clone());
        for car in [&first, &last] {
            let images = self.seller.adds_pictures(car, &[&photo]);
            let key = images[0]["key"].as_str().unwrap().to_owned();
            self.pictures.extend(["thumb", "card", "full"].map(|size| format!("/images/{key}/{size}")));
        }
        for car in &self.cars {
            wait_until("each car is tracked", TIMEOUT, || self.get(&format!("/api/cars/{car}/price-history")) == 200);
        }
        self.market.anyone().post("/api/tracks/views", json!({ "car_id": last })).expect(204);
        wait_until("the view is counted", TIMEOUT, || {
            let latest = self.market.anyone().get("/api/tracks/latest?limit=100").json();
            latest["items"].as_array().is_some_and(|items| items.iter().any(|i| i["car_id"] == last.as_str() && i["views"] == 1))
        });
    }

    pub fn photo(&self) -> Vec<u8> {
        let file = Document::read(&self.market, "README.md").root.join("fm-image/tests/fixtures/progressive.jpg");
        fs::read(file).unwrap()
    }

    pub fn get(&self, path: &str) -> u16 {
        self.market.anyone().get(path).status
    }

    /// Asks for the deletion; returns where its state is.
    pub fn delete(&self) -> String {
        let accepted = self.seller.http.send_json("DELETE", "/api/me", &json!({ "password": self.seller.password })).expect(202);
        accepted.json()["status_url"].as_str().unwrap().to_owned()
    }

    pub fn state(&self, deletion: &str) -> Value {
        self.market.anyone().get(deletion).expect(200).json()
    }

    pub fn refuses_to_sign_in(&self) {
        let body = json!({ "login": self.seller.username, "password": self.seller.password });
        self.market.anyone().post("/api/auth/sign-in", body).expect_problem(401, "wrong-credentials");
    }

    /// How many of the cars fm-cars still has for everybody.
    pub fn cars_left(&self) -> u64 {
        let count = self.market.at("cars").get(&format!("/api/cars/count?seller={}", self.seller.id));
        count.expect(200).json()["count"].as_u64().unwrap()
    }

    pub fn freeze(&self, service: &str) {
        self.market.instance(service).signal("STOP");
    }

    pub fn thaw(&self, service: &str) {
        self.market.instance(service).signal("CONT");
    }

    /// Kills one of the market's processes: a service or the broker.
    pub fn kill(&self, name: &str) {
        self.market.instance(name).kill_dash_9();
    }

    /// Starts what was killed.
    pub fn revive(&self) {
        revive(&self.market);
    }

    pub fn is_done(&self, deletion: &str) {
        wait_until("the deletion is done", TIMEOUT, || self.state(deletion)["state"] == "done");
        assert_eq!(self.state(deletion), json!({ "state": "done", "cars_deleted": self.cars.len() }));
    }

    /// Nobody finds anything of the account any more, at the latest after this time.
    pub fn nothing_is_left(&self, within: Duration) {
        self.refuses_to_sign_in();
        let mut paths = self.pictures.clone();
        for car in &self.cars {
            paths.extend(["/api/cars/*", "/api/cars/*/price-history"].map(|path| path.replace('*', car)));
        }
        paths.extend([&self.cars[0], &self.cars[self.cars.len() - 1]].map(|car| format!("/cars/{car}")));
        paths.push(format!("/api/profiles/{}", self.seller.id));
        for path in &paths {
            wait_until(&format!("{path} is gone"), within, || self.get(path) == 404);
        }
        for list in ["/api/tracks/latest?limit=100", "/api/tracks/popular?limit=100", &format!("/api/cars?seller={}", self.seller.id)] {
            let list = self.market.anyone().get(list).expect(200).text();
            assert!(!self.cars.iter().any(|car| list.contains(car.as_str())), "{list}");
        }
    }

    /// That each car is gone was said, and said once; and once that the account's are, with their number.
    pub fn was_said_once(self, count: u64) {
        let removals = self.witness.removals(&self.seller.id, self.cars.len());
        let cars: BTreeMap<_, _> = self.cars.iter().map(|car| (car.clone(), 1)).collect();
        assert_eq!(removals, Removals { cars, accounts: vec![count] });
    }

    /// The same where cars were being created: one whose creator was refused may have been there for a moment, and is taken away with
    /// an event of its own.
    pub fn was_said_once_of_refused_ones_too(self, count: u64) {
        let removals = self.witness.removals(&self.seller.id, self.cars.len());
        assert!(self.cars.iter().all(|car| removals.cars.contains_key(car)), "{removals:?}");
        assert!(removals.cars.values().all(|times| *times == 1), "{removals:?}");
        assert_eq!(removals.accounts, [count]);
    }
}

/// Lets go on what is frozen, starts what is dead, and returns when all of it is well: one that lost the broker serves what needs none.
fn revive(market: &Market) {
    let services = ["profile", "cars", "image", "tracker"];
    for service in services {
        let instance = market.instance(&format!("fm-{service}"));
        if instance.lives() {
            instance.signal("CONT");
        }
    }
    market.script("up", &["--no-build", "--no-demo"]);
    for service in services {
        let is_well = || market.at(service).get("/health/ready").json()["status"] == "ok";
        wait_until(&format!("fm-{service} is well"), TIMEOUT, is_well);
    }
}

pub fn id(car: &Value) -> String {
    car["id"].as_str().unwrap().to_owned()
}
