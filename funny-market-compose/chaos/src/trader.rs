//! Somebody who trades: makes cars, changes, sells and removes them, and insists on an answer.

use crate::{
    ledger::{Account, Car, Fate, Seller, Unsure},
    record::{Op, Record},
};
use market::{Answer, Caller, Request, picture, sign_in_request, sign_up_request};
use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use serde_json::json;
use std::{
    net::Ipv4Addr,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

/// Between two attempts.
const RETRY_DELAY: Duration = Duration::from_millis(250);
/// Cars that a seller has open at most.
const OPEN: usize = 12;

pub struct Trader {
    pub name: String,
    client: Caller,
    rng: StdRng,
    patience: Duration,
    record: Arc<Record>,
    token: Option<String>,
    made: u64,
    /// The last one is who trades now; the others have closed their accounts.
    sellers: Vec<Seller>,
}

/// How insisting ended.
enum Insisted {
    Answered(Answer, u32),
    GaveUp,
    /// The right password was refused: the account is gone.
    NoAccount,
}

impl Trader {
    pub fn new(name: String, seed: u64, client: Caller, patience: Duration, record: Arc<Record>) -> Self {
        let rng = StdRng::seed_from_u64(seed);
        Trader { name, client, rng, patience, record, token: None, made: 0, sellers: Vec::new() }
    }

    /// Trades at an even pace until the record says that it is over.
    pub fn trade(mut self, every: Duration) -> Vec<Seller> {
        let mut due = Instant::now() + every.mul_f64(self.rng.random());
        while !self.record.is_over() {
            thread::sleep(due.saturating_duration_since(Instant::now()).min(Duration::from_millis(200)));
            if Instant::now() < due {
                continue;
            }
            // An open loop: who had to wait catches up.
            due += every.mul_f64(self.rng.random_range(0.5..1.5));
            if self.sellers.last().is_none_or(|seller| seller.account != Account::Open) && !self.arrive() {
                continue;
            }
            self.act();
        }
        self.sellers
    }

    fn seller(&mut self) -> &mut Seller {
        if self.sellers.is_empty() {
            self.sellers.push(Seller::default());
        }
        let last = self.sellers.len() - 1;
        &mut self.sellers[last]
    }

    fn act(&mut self) {
        let open: Vec<usize> = (0..self.seller().cars.len()).filter(|&i| self.sellers[self.sellers.len() - 1].cars[i].is_open()).collect();
        let chance = self.rng.random_range(0..1000);
        let Some(&car) = open.choose(&mut self.rng) else { return self.create() };
        match chance {
            0..300 if open.len() < OPEN => self.create(),
            0..660 => self.reprice(car),
            660..780 => self.upload(car),
            780..860 => self.sell(car),
            860..992 => self.remove(car),
            _ => self.leave(),
        }
    }

    /// Signs up; whoever was not answered may be there already.
    fn arrive(&mut self) -> bool {
        let username = format!("{}n{}", self.name, self.sellers.len());
        let password = format!("Correct-horse-{username}");
        let answer = self.insist_as("sign-up", &sign_up_request(&username, &password), false);
        let answer = match answer {
            Insisted::Answered(answer, _) if answer.status == 409 => {
                self.client.insist(&sign_in_request(&username, &password), self.patience)
            }
            Insisted::Answered(answer, _) => Some(answer),
            _ => None,
        };
        let Some(answer) = answer.filter(|answer| matches!(answer.status, 200 | 201)) else { return false };
        self.token = Some(answer.field("access_token"));
        let id = answer.json()["user"]["id"].as_str().unwrap_or_default().to_owned();
        self.sellers.push(Seller { id, username, password, ..Seller::default() });
        true
    }

    fn create(&mut self) {
        self.made += 1;
        let key = format!("{}-{}", self.name, self.made);
        let price = self.rng.random_range(1_000..5_000);
        let body = json!({ "maker": "audi", "model": "a4", "price": price, "year": 2019, "description": key });
        let request = Request::new("POST", "/api/cars").with("idempotency-key", &key).json(&body);
        let mut car = Car { key: key.clone(), prices: vec![price], unsure: Some(Unsure::Creation), ..Car::default() };
        if let Insisted::Answered(answer, _) = self.insist_as("create", &request, true) {
            if answer.status == 201 {
                car = Car { id: Some(answer.field("id")), added: answer.field("added"), unsure: None, ..car };
            } else {
                self.refused("creating", &key, &answer);
            }
        }
        self.seller().cars.push(car);
    }

    fn reprice(&mut self, car: usize) {
        let Some((id, key, last)) = self.named(car) else { return };
        let price = last + self.rng.random_range(1..50);
        for _ in 0..5 {
            let Some((now, etag)) = self.read(&id, &key) else { return };
            if now == price {
                break;
            }
            let request = Request::new("PATCH", format!("/api/cars/{id}")).with("if-match", etag).json(&json!({ "price": price }));
            match self.insist_as("reprice", &request, true) {
                Insisted::Answered(answer, _) if answer.status == 200 => break,
                // Done by an attempt that was not answered, or somebody attached a picture in between: the next look tells.
                Insisted::Answered(answer, _) if answer.status == 412 => {}
                Insisted::Answered(answer, _) => return self.refused("repricing", &key, &answer),
                _ => return self.seller().cars[car].unsure = Some(Unsure::Price(price)),
            }
        }
        self.seller().cars[car].prices.push(price);
    }

    fn upload(&mut self, car: usize) {
        let Some((id, key, _)) = self.named(car) else { return };
        let Ok(picture) = picture::noise(self.rng.random()) else { return };
        let (kind, body) = picture::upload(&[&picture]);
        let request = Request::new("POST", format!("/api/cars/{id}/images")).body(&kind, body);
        match self.insist_as("upload", &request, true) {
            Insisted::Answered(answer, _) if answer.status == 201 => {
                let key = answer.json()["images"][0]["key"].as_str().unwrap_or_default().to_owned();
                self.seller().cars[car].pictures.push(key);
            }
            Insisted::Answered(answer, _) => {
                self.seller().cars[car].unsure = Some(Unsure::Picture);
                self.refused("uploading to", &key, &answer);
            }
            _ => self.seller().cars[car].unsure = Some(Unsure::Picture),
        }
    }

    fn sell(&mut self, car: usize) {
        let Some((id, key, _)) = self.named(car) else { return };
        match self.insist_as("sell", &Request::new("POST", format!("/api/cars/{id}/sold")), true) {
            Insisted::Answered(answer, _) if answer.status == 200 => self.seller().cars[car].fate = Fate::Sold,
            Insisted::Answered(answer, _) => self.refused("selling", &key, &answer),
            _ => self.seller().cars[car].unsure = Some(Unsure::Sale),
        }
    }

    fn remove(&mut self, car: usize) {
        let Some((id, key, _)) = self.named(car) else { return };
        match self.insist_as("remove", &Request::new("DELETE", format!("/api/cars/{id}")), true) {
            // Unknown at a later attempt: an earlier one was not answered, but did it.
            Insisted::Answered(answer, attempts) if answer.status == 204 || (answer.status == 404 && attempts > 1) => {
                self.seller().cars[car].fate = Fate::Removed;
            }
            Insisted::Answered(answer, _) => self.refused("removing", &key, &answer),
            _ => self.seller().cars[car].unsure = Some(Unsure::Removal),
        }
    }

    fn leave(&mut self) {
        let body = json!({ "password": self.seller().password });
        let answer = self.insist_as("leave", &Request::new("DELETE", "/api/me").json(&body), true);
        let name = self.seller().username.clone();
        self.seller().account = match answer {
            Insisted::Answered(answer, _) if answer.status == 202 => Account::Deleted(answer.field("status_url")),
            Insisted::Answered(answer, _) => {
                self.refused("deleting the account of", &name, &answer);
                Account::Unsure
            }
            // An attempt that was not answered may have done it.
            Insisted::NoAccount | Insisted::GaveUp => Account::Unsure,
        };
        self.token = None;
    }

    /// Id, key and last price of a car.
    fn named(&mut self, car: usize) -> Option<(String, String, i64)> {
        let car = &self.seller().cars[car];
        Some((car.id.clone()?, car.key.clone(), *car.prices.last()?))
    }

    /// A car's price and version.
    fn read(&mut self, id: &str, key: &str) -> Option<(i64, String)> {
        match self.insist_as("read", &Request::new("GET", format!("/api/cars/{id}")), false) {
            Insisted::Answered(answer, _) if answer.status == 200 => {
                Some((answer.json()["price"].as_i64()?, answer.header("etag")?.to_owned()))
            }
            Insisted::Answered(answer, _) => {
                self.refused("reading", key, &answer);
                None
            }
            _ => None,
        }
    }

    fn refused(&mut self, doing: &str, what: &str, answer: &Answer) {
        self.record.refused(format!("{doing} {what}: {} {}", answer.status, answer.text()));
    }

    /// Asks until there is an answer, and notes what it took.
    fn insist_as(&mut self, verb: &'static str, request: &Request, signed_in: bool) -> Insisted {
        let (began, mut attempts) = (Instant::now(), 0);
        let insisted = loop {
            if began.elapsed() > self.patience {
                break Insisted::GaveUp;
            }
            attempts += 1;
            if signed_in && self.token.is_none() {
                let seller = self.seller();
                let request = sign_in_request(&seller.username, &seller.password);
                match self.client.call(&request) {
                    Ok(answer) if answer.status == 200 => self.token = Some(answer.field("access_token")),
                    Ok(answer) if answer.status == 401 => break Insisted::NoAccount,
                    _ => {}
                }
            }
            if !signed_in || self.token.is_some() {
                let request = match &self.token {
                    Some(token) if signed_in => request.clone().bearing(token),
                    _ => request.clone(),
                };
                match self.client.call(&request) {
                    Ok(answer) if answer.status == 401 && signed_in => self.token = None,
                    Ok(answer) if answer.is_transient() || busy(&answer) => {}
                    Ok(answer) => break Insisted::Answered(answer, attempts),
                    Err(_) => {}
                }
            }
            thread::sleep(RETRY_DELAY);
        };
        let acknowledged = matches!(insisted, Insisted::Answered(..));
        self.record.op(Op { verb, began, took: began.elapsed(), attempts, acknowledged });
        if matches!(insisted, Insisted::NoAccount) && verb != "leave" {
            let name = self.seller().username.clone();
            self.record.refused(format!("{verb}: the right password of {name} is refused"));
        }
        insisted
    }
}

/// A conflict that says itself that it passes.
fn busy(answer: &Answer) -> bool {
    answer.status == 409 && answer.json()["code"] == "image-deleting"
}

/// Speaks from an address of this person's own: who makes many accounts or signs in wrongly from one is slowed down. The gateway takes
/// loopback for a proxy that says where requests come from.
pub fn from_address_of(number: usize, client: Caller) -> Caller {
    let number = u32::try_from(number).unwrap_or_default();
    client.with("x-forwarded-for", &Ipv4Addr::from(0x0a00_0000 | (number & 0x00ff_ffff)).to_string())
}
