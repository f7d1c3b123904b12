//! Follows the trace of one request from the gateway to the subscribers of its events.

use market_tests::{
    Caller, Market,
    traced::{lists_a_car_that_somebody_waits_for, spans},
    wait_until,
};
use serde_json::{Value, json};
use std::time::Duration;

/// Messages wait for the broker and for their handlers.
const TIMEOUT: Duration = Duration::from_secs(5);

fn find<'s>(spans: &'s [Value], service: &str, name: &str) -> Option<&'s Value> {
    spans.iter().find(|span| span["service"] == service && span["name"] == name)
}

/// Service and name of a span and of all that caused it, up to the first one.
fn causes(spans: &[Value], span: &Value) -> Vec<(String, String)> {
    let mut causes = Vec::new();
    let mut at = Some(span);
    while let Some(span) = at.filter(|_| causes.len() < 20) {
        let text = |field: &str| span[field].as_str().unwrap_or_default().to_owned();
        causes.push((text("service"), text("name")));
        at = spans.iter().find(|other| other["span_id"] == span["parent_span_id"]);
    }
    causes
}

#[test]
fn a_listed_car_is_followed_by_its_trace_from_the_gateway_to_those_who_hear_of_it() {
    let market = Market::running();
    let seller = market.someone();
    let car =
        json!({ "maker": "audi", "model": "a4", "price": 12_500, "year": 2019, "status": "listed", "description": "not-to-be-traced" });
    let answer = seller.http.post("/api/cars", car).expect(201);
    let id = answer.header("x-trace-id").unwrap().to_owned();
    let heard = [("fm-tracker", "process car.listed"), ("fm-profile", "process car.listed")];
    wait_until("all parts of the trace are kept", TIMEOUT, || {
        let spans = spans(&market, &id);
        let request = spans.iter().any(|span| span["service"] == "fm-gateway" && span["kind"] == "server");
        request
            && heard.iter().all(|(service, name)| find(&spans, service, name).is_some())
            && find(&spans, "fm-cars", "send car.listed").is_some()
    });
    let spans = spans(&market, &id);
    for (service, name) in heard {
        let causes = causes(&spans, find(&spans, service, name).unwrap());
        let ends: Vec<_> = causes.iter().map(|(service, name)| (service.as_str(), name.as_str())).collect();
        let [(_, process), send, request, ("fm-gateway", "POST fm-cars"), ("fm-gateway", first)] = ends[..] else { panic!("{ends:?}") };
        assert_eq!((process, send, request), (name, ("fm-cars", "send car.listed"), ("fm-cars", "POST /api/cars")));
        assert!(first.starts_with("POST /api/cars"), "{first}");
    }
    let (request, insert) = (find(&spans, "fm-cars", "POST /api/cars").unwrap(), find(&spans, "fm-cars", "insert cars").unwrap());
    assert_eq!(insert["parent_span_id"], request["span_id"]);
    assert!(!json!(spans).to_string().contains("not-to-be-traced"), "{spans:?}");
}

#[test]
fn traces_are_for_operators_and_not_reached_through_the_gateway() {
    let market = Market::running();
    let id = market.anyone().get("/api/cars").expect(200).header("x-trace-id").unwrap().to_owned();
    for path in ["/traces".to_owned(), format!("/traces/{id}"), format!("/TRACES/{id}")] {
        market.anyone().get(&path).expect(404);
    }
}

#[test]
fn a_listed_car_with_two_pictures_is_followed_to_the_alert_of_another_user_in_terminal_and_dashboard() {
    let market = Market::running();
    let id = lists_a_car_that_somebody_waits_for(&market);
    let alerted = |spans: &[Value]| find(spans, "fm-profile", "insert alerts").is_some();
    wait_until("the alert is part of the trace", TIMEOUT, || alerted(&spans(&market, &id)));
    let spans = spans(&market, &id);
    let causes = causes(&spans, find(&spans, "fm-profile", "insert alerts").unwrap());
    let ends: Vec<_> = causes.iter().map(|(service, name)| (service.as_str(), name.as_str())).collect();
    let [_, handled, send, request, _, first] = ends[..] else { panic!("{ends:?}") };
    assert_eq!((handled, send), (("fm-profile", "process car.listed"), ("fm-cars", "send car.listed")));
    assert_eq!((request, first.0), (("fm-cars", "PATCH /api/cars/{id}"), "fm-gateway"));

    let terminal = market.script("trace", &[&id]);
    let token = market.script("service", &["fm-gateway", "token", "create", &market.unique("trace"), "--days", "1"]);
    let dashboard = Caller::new(market.address("gateway_admin")).bearing(token.trim());
    let dashboard = dashboard.get(&format!("/admin/api/traces/{id}")).expect(200).json();
    for span in &spans {
        let name = span["name"].as_str().unwrap();
        assert!(terminal.contains(name), "{name} is not in\n{terminal}");
        let shown = dashboard["spans"].as_array().unwrap().iter().find(|shown| shown["span_id"] == span["span_id"]);
        let shown = shown.unwrap_or_else(|| panic!("{name} is not in {dashboard}"));
        assert_eq!((&shown["name"], &shown["duration_us"]), (&span["name"], &span["duration_us"]));
    }
}
