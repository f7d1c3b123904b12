//! Everything that can be wrong with a request, on a route of each service, through the gateway and on the service's own port: a problem with
//! a stable code, never a 5xx, and nothing is half written.

mod accounts;
mod cars;
mod pictures;
mod requests;

use market_tests::{Answer, Caller, Market, Person};
use serde_json::{Value, json};

const JSON: &str = "application/json";

/// What is wrong, and what it is refused with.
type Row<T> = (T, u16, &'static str);

/// Somebody, at the gateway and at one service.
fn at_both(market: &Market, person: &Person, service: &str) -> [Caller; 2] {
    [market.anyone(), market.at(service)].map(|caller| caller.bearing(&person.access_token))
}

/// A car that is in order, with one thing changed.
fn car(change: impl FnOnce(&mut Value)) -> Value {
    let mut car = json!({ "maker": "audi", "model": "a4", "price": 12_500, "year": 2019 });
    change(&mut car);
    car
}

fn cars_of(person: &Person) -> i64 {
    person.http.get("/api/me/cars").expect(200).json()["total"].as_i64().unwrap()
}

#[track_caller]
fn assert_problem(answer: &Answer, status: u16, code: &str, what: &str) {
    let kind = answer.header("content-type").unwrap_or_default();
    let body = answer.json();
    let fits = answer.status == status && kind.starts_with("application/problem+json") && body["code"] == code && body["status"] == status;
    assert!(fits, "{what}: {} answered {} {kind} and not {status} {code}: {}", answer.question, answer.status, answer.text());
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    assert!(code.chars().all(plain) && body["title"].is_string() && body["trace_id"].is_string(), "{what}: {}", answer.text());
}
