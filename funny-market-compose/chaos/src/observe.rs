//! Asks every service what it knows.

use crate::{
    Result, caller,
    ledger::{Account, Seller},
    seen::{Seen, SeenCar},
    trader::from_address_of,
};
use market::{Answer, Caller, LocalMarket, Request, sign_in_request};
use serde_json::Value;
use std::{collections::BTreeMap, time::Duration};

/// All is up and quiet: an answer takes no longer.
const TIMEOUT: Duration = Duration::from_secs(60);

pub struct Observer {
    gateway: Caller,
    /// Each copy of fm-cars has a search of its own.
    searches: Vec<(String, Caller)>,
}

impl Observer {
    /// Finds the services.
    ///
    /// # Errors
    /// They have no ports.
    pub fn new(market: &LocalMarket) -> Result<Self> {
        let cars = market.instances().into_iter().filter(|name| name.starts_with("fm-cars"));
        let searches = cars.map(|name| Ok((name.clone(), caller(market.port(&name)?))));
        Ok(Observer { gateway: caller(market.port("fm-gateway")?), searches: searches.collect::<Result<_>>()? })
    }

    /// Everything about one seller.
    ///
    /// # Errors
    /// A service does not answer, or with something else than it may.
    pub fn see(&self, number: usize, seller: &Seller) -> Result<Seen> {
        let person = from_address_of(number, self.gateway.clone());
        let signed_in = self.ask(&person, &sign_in_request(&seller.username, &seller.password))?;
        let mut seen = Seen { sign_in: signed_in.status, ..Seen::default() };
        if signed_in.status == 200 {
            let person = self.gateway.clone().bearing(&signed_in.field("access_token"));
            seen.own = self.pages(&person, "/api/me/cars?")?.iter().map(car).collect();
        }
        if let Account::Deleted(url) = &seller.account {
            let answer = self.ask(&self.gateway, &Request::new("GET", url))?;
            seen.deletion =
                (answer.status == 200).then(|| (answer.field("state"), answer.json()["cars_deleted"].as_u64().unwrap_or_default()));
        }
        for (name, client) in &self.searches {
            let found = self.pages(client, &format!("/api/cars?seller={}&", seller.id))?;
            let prices = found.iter().map(car).map(|car| (car.id, car.price));
            seen.found.push((name.clone(), prices.collect()));
        }
        let mut ids: Vec<String> = seller.cars.iter().filter_map(|car| car.id.clone()).collect();
        ids.extend(seen.own.iter().map(|car| car.id.clone()));
        ids.sort();
        ids.dedup();
        for id in ids {
            self.see_car(&id, &mut seen)?;
        }
        let uploaded = seller.cars.iter().flat_map(|car| car.pictures.clone());
        let shown = seen.by_id.values().flat_map(|car| car.pictures.clone());
        let mut keys: Vec<_> = uploaded.chain(shown).collect();
        keys.sort();
        keys.dedup();
        for key in keys {
            let sizes = ["thumb", "card", "full"].iter().map(|size| self.there(&format!("/images/{key}/{size}")).map(|a| a.is_some()));
            let sizes = sizes.collect::<Result<Vec<_>>>()?;
            if sizes.iter().any(|there| *there) != sizes.iter().all(|there| *there) {
                return Err(format!("of the picture {key} there are some sizes only: {sizes:?}").into());
            }
            if sizes[0] {
                seen.served.insert(key);
            }
        }
        Ok(seen)
    }

    fn see_car(&self, id: &str, seen: &mut Seen) -> Result<()> {
        if let Some(answer) = self.there(&format!("/api/cars/{id}"))? {
            seen.by_id.insert(id.into(), car(&answer.json()));
        }
        if let Some(answer) = self.there(&format!("/api/cars/{id}/price-history"))? {
            let prices = answer.json()["items"].as_array().into_iter().flatten().filter_map(|point| point["price"].as_i64()).collect();
            seen.histories.insert(id.into(), prices);
        }
        Ok(())
    }

    /// What fm-tracker says was listed last: id and price, the newest first.
    ///
    /// # Errors
    /// It does not answer.
    pub fn latest(&self) -> Result<Vec<(String, i64)>> {
        let answer = self.ask(&self.gateway, &Request::new("GET", "/api/tracks/latest?limit=100"))?;
        let items = answer.json()["items"].as_array().cloned().unwrap_or_default();
        let item = |item: &Value| Some((item["car_id"].as_str()?.to_owned(), item["price"].as_i64()?));
        Ok(items.iter().filter_map(item).collect())
    }

    /// Reads something that may not be there.
    fn there(&self, path: &str) -> Result<Option<Answer>> {
        let answer = self.ask(&self.gateway, &Request::new("GET", path))?;
        match answer.status {
            200 => Ok(Some(answer)),
            404 => Ok(None),
            status => Err(format!("GET {path} answered {status}").into()),
        }
    }

    /// Reads all pages of a list.
    fn pages(&self, client: &Caller, path: &str) -> Result<Vec<Value>> {
        let mut items = Vec::new();
        for page in 1.. {
            let path = format!("{path}per_page=100&page={page}");
            let list = self.ask(client, &Request::new("GET", &path))?.json();
            let new = list["items"].as_array().cloned().ok_or_else(|| format!("GET {path} gave no list: {list}"))?;
            if new.is_empty() {
                break;
            }
            items.extend(new);
        }
        Ok(items)
    }

    fn ask(&self, client: &Caller, request: &Request) -> Result<Answer> {
        let answer = client.insist(request, TIMEOUT);
        answer.ok_or_else(|| format!("{} {}: no answer, though all is well", request.method, request.path).into())
    }
}

fn car(shown: &Value) -> SeenCar {
    let text = |field: &str| shown[field].as_str().unwrap_or_default().to_owned();
    let pictures = shown["images"].as_array().into_iter().flatten();
    SeenCar {
        id: text("id"),
        key: text("description"),
        price: shown["price"].as_i64().unwrap_or_default(),
        status: text("status"),
        pictures: pictures.filter_map(|image| image["key"].as_str().map(str::to_owned)).collect(),
    }
}

/// Cars by id, over all sellers: what `latest` is held against.
pub fn all_cars(seen: &[Seen]) -> BTreeMap<&str, &SeenCar> {
    seen.iter().flat_map(|seen| seen.by_id.iter().map(|(id, car)| (id.as_str(), car))).collect()
}
