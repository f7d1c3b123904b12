//! One session as it goes on: what the visitor has seen, and what they ask for next.

use crate::{Action, Session, Step, people::People, record::Record};
use market::{Answer, Caller, Request, picture};
use serde_json::{Value, json};
use std::time::Instant;

/// What people look for. A saved search is one of these, so that nobody saves more of them.
const SEARCHES: [&[(&str, &str)]; 10] = [
    &[("maker", "audi")],
    &[("maker", "volkswagen"), ("model", "golf")],
    &[("body", "estate"), ("price_to", "25000")],
    &[("engine", "electric")],
    &[("year_from", "2020"), ("mileage_to", "60000")],
    &[("q", "diesel")],
    &[("gearbox", "automatic"), ("body", "suv")],
    &[("color", "blue"), ("price_from", "5000"), ("price_to", "20000")],
    &[("maker", "bmw"), ("q", "sedan")],
    &[("price_to", "12000")],
];
const ORDERS: [&str; 3] = ["-added", "price", "-year"];
const TEXTS: [&str; 3] = ["Is the car still for sale?", "When was it serviced last?", "Could I see it on Saturday?"];
/// Favourites that a buyer keeps.
const FAVOURITES: usize = 20;
/// Cars for sale, and sold ones, that a seller keeps: a load that runs for weeks leaves no more than these.
const OWN_LISTED: usize = 3;
const OWN_SOLD: usize = 3;

/// A visitor in the market.
pub struct Visitor {
    session: Session,
    memory: Memory,
}

/// What they have seen so far.
#[derive(Default)]
struct Memory {
    found: Vec<String>,
    /// The car that is open, and its first picture.
    car: Option<String>,
    picture: Option<String>,
    favourites: Vec<String>,
    /// Own cars, the newest first: id and price.
    listed: Vec<(String, i64)>,
    sold: Vec<String>,
}

/// What all visitors share.
pub struct Context<'a> {
    pub gateway: &'a Caller,
    pub people: &'a People,
    pub record: &'a Record,
    pub cars: &'a [Value],
}

impl Visitor {
    pub fn new(session: Session) -> Self {
        Self { session, memory: Memory::default() }
    }

    /// The next step.
    pub fn next(&self) -> Option<Step> {
        self.session.steps.front().copied()
    }

    /// Takes the next step, which was due then.
    pub fn go_on(&mut self, due: Instant, context: &Context<'_>) {
        let Some(step) = self.session.steps.pop_front() else { return };
        let Some(request) = self.request(step, context) else { return context.record.skipped(step.action) };
        let answer = if step.action.needs_account() {
            // Who cannot sign in was counted as such.
            let Some(answer) = context.people.call(self.session.who, &request, context.record) else { return };
            answer
        } else {
            context.gateway.call(&request).map_err(Into::into)
        };
        match &answer {
            Ok(answer) if (200..300).contains(&answer.status) => {
                context.record.done(step.action, due);
                self.memory.learn(step.action, answer);
            }
            Ok(answer) if is_overtaken(step.action, answer.status) => context.record.skipped(step.action),
            _ => context.record.failed(step.action, &answer),
        }
    }

    /// What is asked for; `None` where there is nothing to ask about.
    fn request(&self, step: Step, context: &Context<'_>) -> Option<Request> {
        let Step { action, pick, .. } = step;
        let memory = &self.memory;
        let get = |path: String| Some(Request::new("GET", path));
        let key = || format!("load-{}-{pick:x}", self.session.number);
        match action {
            Action::SignIn => None,
            Action::Browse => get(format!("/api/cars?sort=-added&page={}", 1 + pick % 3)),
            Action::Search => get(format!("/api/cars?{}&sort={}", query(pick), chosen(&ORDERS, pick / 16)?)),
            Action::Facets => get(format!("/api/cars/facets?{}", query(pick))),
            Action::OpenCar => get(format!("/api/cars/{}", chosen(&memory.found, pick)?)),
            Action::ShowPicture => get(format!("/images/{}/card", memory.picture.as_ref()?)),
            Action::PriceHistory => get(format!("/api/cars/{}/price-history", memory.car.as_ref()?)),
            Action::CountView => Some(Request::new("POST", "/api/tracks/views").json(&json!({ "car_id": memory.car.as_ref()? }))),
            Action::Favourites => get("/api/me/favourites?per_page=100".into()),
            Action::SaveFavourite => Some(Request::new("PUT", format!("/api/me/favourites/{}", memory.car.as_ref()?))),
            Action::ForgetFavourite => {
                let oldest = memory.favourites.get(FAVOURITES..)?.last()?;
                Some(Request::new("DELETE", format!("/api/me/favourites/{oldest}")))
            }
            Action::SaveSearch => {
                let body = json!({ "name": "Of the load generator", "filters": filters(pick) });
                Some(Request::new("POST", "/api/me/searches").json(&body))
            }
            Action::Alerts => get("/api/me/alerts".into()),
            Action::Enquire => {
                let body = json!({ "car_id": memory.car.as_ref()?, "text": chosen(&TEXTS, pick)? });
                Some(Request::new("POST", "/api/me/conversations").with("idempotency-key", key()).json(&body))
            }
            Action::OwnCars => get("/api/me/cars?per_page=100".into()),
            Action::ListCar => Some(Request::new("POST", "/api/cars").with("idempotency-key", key()).json(chosen(context.cars, pick)?)),
            Action::UploadPicture => {
                let (id, _) = memory.listed.first()?;
                let (kind, body) = picture::upload(&[&picture::noise(pick).ok()?]);
                Some(Request::new("POST", format!("/api/cars/{id}/images")).body(&kind, body))
            }
            Action::ChangePrice => {
                let (id, price) = chosen(&memory.listed, pick)?;
                let percent = 90 + i64::try_from(pick % 15).ok()?;
                Some(Request::new("PATCH", format!("/api/cars/{id}")).json(&json!({ "price": (price * percent / 100).max(100) })))
            }
            Action::Inbox => get("/api/me/conversations".into()),
            Action::SellCar => {
                let (oldest, _) = memory.listed.get(OWN_LISTED..)?.last()?;
                Some(Request::new("POST", format!("/api/cars/{oldest}/sold")))
            }
            Action::RemoveCar => Some(Request::new("DELETE", format!("/api/cars/{}", memory.sold.get(OWN_SOLD..)?.last()?))),
        }
    }
}

impl Memory {
    fn learn(&mut self, action: Action, answer: &Answer) {
        let body = answer.json();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let items = || body["items"].as_array().into_iter().flatten();
        match action {
            Action::Browse | Action::Search => {
                let found: Vec<_> = items().map(|car| text(&car["id"])).collect();
                // Who finds nothing goes back to what was there before.
                if !found.is_empty() {
                    self.found = found;
                }
            }
            Action::OpenCar => {
                self.car = Some(text(&body["id"]));
                self.picture = body["images"][0]["key"].as_str().map(str::to_owned);
            }
            Action::Favourites => self.favourites = items().map(|favourite| text(&favourite["car_id"])).collect(),
            Action::OwnCars => {
                let of = |status: &'static str| items().filter(move |car| car["status"] == status);
                self.listed = of("listed").map(|car| (text(&car["id"]), car["price"].as_i64().unwrap_or(1000))).collect();
                self.sold = of("sold").map(|car| text(&car["id"])).collect();
            }
            Action::ListCar => self.listed.insert(0, (text(&body["id"]), body["price"].as_i64().unwrap_or(1000))),
            _ => {}
        }
    }
}

/// The car was sold or removed since it was found, or is not known to fm-tracker yet.
fn is_overtaken(action: Action, status: u16) -> bool {
    action.is_about_a_car() && matches!(status, 404 | 409)
}

fn chosen<T>(all: &[T], pick: u64) -> Option<&T> {
    all.get(usize::try_from(pick % (all.len() as u64).max(1)).ok()?)
}

fn criteria(pick: u64) -> &'static [(&'static str, &'static str)] {
    chosen(&SEARCHES, pick).copied().unwrap_or_default()
}

/// As `/api/cars` takes it.
fn query(pick: u64) -> String {
    criteria(pick).iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

/// As a saved search holds it: numbers are numbers, and of other filters but the text there may be several values.
fn filters(pick: u64) -> Value {
    let filter = |(name, value): &(&str, &str)| {
        let value = match value.parse::<i64>() {
            Ok(number) => json!(number),
            Err(_) if *name == "q" => json!(value),
            Err(_) => json!([value]),
        };
        ((*name).to_owned(), value)
    };
    Value::Object(criteria(pick).iter().map(filter).collect())
}
