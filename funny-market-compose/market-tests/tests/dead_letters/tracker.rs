//! fm-tracker, seen by its operator and by its users.

use market_tests::{Market, Person, wait_until};
use serde_json::{Value, json};
use std::{
    process::{Command, Output},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// One test at a time: each counts dead letters.
pub struct Tracker {
    pub market: Market,
    _turn: MutexGuard<'static, ()>,
}

impl Tracker {
    /// Without dead letters.
    pub fn of_the_market() -> Self {
        static TURN: Mutex<()> = Mutex::new(());
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let tracker = Tracker { market: Market::running(), _turn: turn };
        for id in tracker.dead_letter_ids() {
            tracker.succeeds(&["drop", &id]);
        }
        tracker
    }

    /// `fm-tracker dead-letters ..`
    pub fn dead_letters(&self, words: &[&str]) -> Output {
        let program = format!("{}/service", self.market.address("scripts"));
        let words = [&["fm-tracker", "dead-letters"], words].concat();
        Command::new(program).args(words).env("FM_DEV_DIR", self.market.address("dir")).output().unwrap()
    }

    #[track_caller]
    pub fn succeeds(&self, words: &[&str]) -> String {
        let output = self.dead_letters(words);
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// What it says where it does not do what is asked.
    #[track_caller]
    pub fn refuses(&self, words: &[&str]) -> String {
        let output = self.dead_letters(words);
        assert!(!output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stdout));
        String::from_utf8(output.stderr).unwrap()
    }

    pub fn dead_letter_ids(&self) -> Vec<String> {
        self.succeeds(&["list"]).lines().map(|line| line.split("  ").next().unwrap().to_owned()).collect()
    }

    /// Waits until a message is a dead letter, and shows it.
    pub fn shown(&self, id: &str) -> Value {
        wait_until(&format!("{id} is a dead letter"), Duration::from_secs(20), || self.dead_letter_ids().iter().any(|letter| letter == id));
        serde_json::from_str(&self.succeeds(&["show", id])).unwrap()
    }

    /// Lists a car that its latest list then shows: it goes on handling messages.
    pub fn goes_on(&self, seller: &Person) {
        let car = seller.lists_a_car(json!({}));
        self.shows(car["id"].as_str().unwrap());
    }

    /// Waits until a car is among the last added.
    pub fn shows(&self, car: &str) {
        wait_until("the car is among the last added", Duration::from_secs(20), || self.price(car).is_some());
    }

    /// What it says a car costs, if it shows it.
    pub fn price(&self, car: &str) -> Option<i64> {
        let latest = self.market.anyone().get("/api/tracks/latest?limit=100").expect(200).json();
        latest["items"].as_array()?.iter().find(|item| item["car_id"] == car)?["price"].as_i64()
    }
}
