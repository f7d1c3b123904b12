//! A new version of everything, while people go on as if nothing was.

use market_tests::{Answer, Caller, Market, Person};
use serde_json::json;
use std::{
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};

/// Requests a second.
const RATE: u32 = 50;
/// Those who send them: enough that a slow answer keeps nobody else waiting.
const CLIENTS: usize = 16;

/// What people do, in turn; every fourth request is a write. Nothing is sent twice, whatever comes back.
fn act(n: usize, seller: &Caller, anyone: &Caller, car: &str, key: &str) -> Result<Answer, String> {
    let send = |who: &Caller, method: &str, path: &str, body: Option<String>| {
        let body = body.as_ref().map(|b| ("application/json", b.as_bytes()));
        who.try_send(method, path, body).map_err(|e| format!("{method} {path}: {e}"))
    };
    match n % 8 {
        0 => send(anyone, "GET", "/api/cars?per_page=1", None),
        1 => send(anyone, "GET", &format!("/api/cars/{car}"), None),
        2 => send(anyone, "GET", "/api/tracks/latest?limit=5", None),
        3 => {
            let listed = json!({ "maker": "audi", "model": "a4", "price": 9_000 + n, "year": 2018, "status": "listed" });
            send(&seller.clone().with("idempotency-key", &format!("{key}-{n}")), "POST", "/api/cars", Some(listed.to_string()))
        }
        4 => send(anyone, "GET", "/", None),
        5 => send(seller, "GET", "/api/me", None),
        6 => send(anyone, "GET", &format!("/cars/{car}"), None),
        _ => send(seller, "PATCH", &format!("/api/cars/{car}"), Some(json!({ "price": 10_000 + n }).to_string())),
    }
}

/// Tells the clients to stop, also when the test fails.
struct Stop<'a>(&'a AtomicBool);
impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Relaxed);
    }
}

#[test]
fn all_services_are_restarted_one_after_another_and_no_request_fails() {
    let _mine = crate::instances_are_mine();
    let market = Market::running();
    let seller: Person = market.someone();
    let car = seller.lists_a_car(json!({}))["id"].as_str().unwrap_or_default().to_owned();
    let (anyone, key) = (market.anyone(), market.unique("rolling"));
    let (stop, next, faults) = (AtomicBool::new(false), AtomicUsize::new(0), Mutex::new(Vec::new()));
    let begun = Instant::now();
    let client = || {
        while !stop.load(Relaxed) {
            let n = next.fetch_add(1, Relaxed);
            thread::sleep((Duration::from_secs(1) * n as u32 / RATE).saturating_sub(begun.elapsed()));
            let fault = match act(n, &seller.http, &anyone, &car, &key) {
                Ok(answer) if (200..300).contains(&answer.status) => continue,
                Ok(answer) => format!("{}: {} {}", answer.question, answer.status, answer.text()),
                Err(fault) => fault,
            };
            if let Ok(mut faults) = faults.lock() {
                faults.push(format!("after {:?}: {fault}", begun.elapsed()));
            }
        }
    };
    let (said, before) = thread::scope(|scope| {
        let _stop = Stop(&stop);
        for _ in 0..CLIENTS {
            scope.spawn(client);
        }
        market_tests::wait_until("the load runs", Duration::from_secs(20), || next.load(Relaxed) > 100);
        let before = faults.lock().map(|f| f.len()).unwrap_or_default();
        let said = market.script("restart", &[]);
        let had = next.load(Relaxed);
        market_tests::wait_until("the load goes on", Duration::from_secs(20), || next.load(Relaxed) > had + 100);
        (said, before)
    });
    let (sent, took) = (next.load(Relaxed), begun.elapsed());
    println!("{said}{sent} requests in {took:?}");
    let faults = faults.into_inner().unwrap_or_default();
    assert_eq!(before, 0, "before anything was restarted: {faults:#?}");
    assert!(faults.is_empty(), "{} of {sent} requests failed: {faults:#?}", faults.len());
    for service in ["fm-profile", "fm-cars", "fm-image", "fm-tracker", "fm-gateway", "fm-web"] {
        assert!(said.contains(&format!("{service} restarted")), "{service} was not restarted:\n{said}");
    }
    let listed = seller.http.get("/api/me/cars?per_page=1").expect(200).json();
    let wrote = (0..sent).filter(|n| n % 8 == 3).count() as u64;
    assert_eq!(listed["total"].as_u64(), Some(wrote + 1), "each car that was acknowledged is there, once");
}
