//! What Prometheus is told to scrape.

use super::app;
use crate::support::{Operator, TestApp};
use fm_sdk::registry::{
    Change, Expect, Registry,
    services::{Instance, PREFIX},
};
use serde_json::{Value, json};

async fn prometheus(app: &TestApp) -> Operator {
    let admin = Operator::admin(app).await;
    Operator::program(app, &admin, "viewer").await
}

/// The targets of one service.
async fn targets(prometheus: &Operator, service: &str) -> Vec<Value> {
    let reply = prometheus.get("/targets").await;
    assert_eq!((reply.status, reply.header("content-type")), (200, Some("application/json")), "{}", reply.text());
    reply.json().as_array().unwrap().iter().filter(|group| group["labels"]["service"] == service).cloned().collect()
}

#[actix_rt::test]
async fn every_instance_is_a_target_with_its_service_name_and_version() {
    let app = app().await;
    let prometheus = prometheus(&app).await;
    let cars = |id| Instance { version: "1.2.3".into(), ..Instance::new("fm-cars", id, format!("http://10.0.0.{id}:8102")) };
    let _one = app.services().register(cars("1")).unwrap();
    let two = app.services().register(cars("2")).unwrap();
    let group = |id: &str| {
        let labels = json!({"__scheme__": "http", "service": "fm-cars", "instance": id, "version": "1.2.3"});
        json!({"targets": [format!("10.0.0.{id}:8102")], "labels": labels})
    };
    assert_eq!(targets(&prometheus, "fm-cars").await, [group("1"), group("2")]);
    two.release().await;
    assert_eq!(targets(&prometheus, "fm-cars").await, [group("1")]);
}

#[actix_rt::test]
async fn a_gateway_is_scraped_at_its_port_for_operators() {
    let app = app().await;
    let gateways = targets(&prometheus(&app).await, "fm-gateway").await;
    assert_eq!(gateways.len(), 1);
    assert_eq!(gateways[0]["targets"], json!([app.admin.to_string()]));
    assert_eq!(gateways[0]["labels"]["version"], env!("CARGO_PKG_VERSION"));
}

#[actix_rt::test]
async fn an_instance_without_a_usable_address_hides_no_other() {
    let app = app().await;
    let prometheus = prometheus(&app).await;
    let _good = app.services().register(Instance::new("fm-cars", "good", "http://10.0.0.1:8102")).unwrap();
    let junk = |id: &str, value: &str| Change { key: format!("{PREFIX}fm-cars/{id}"), expect: Expect::Any, value: Some(value.into()) };
    app.registry.commit(vec![junk("bad", r#"{"url":"no url"}"#), junk("worse", "{")]).await.unwrap();
    let seen = targets(&prometheus, "fm-cars").await;
    assert_eq!(seen.iter().map(|group| group["labels"]["instance"].clone()).collect::<Vec<_>>(), ["good"]);
}

#[actix_rt::test]
async fn without_the_registry_the_answer_is_an_error_and_no_empty_list() {
    let app = app().await;
    let prometheus = prometheus(&app).await;
    app.registry.cut();
    let reply = prometheus.get("/targets").await;
    assert_eq!(reply.status, 503, "{}", reply.text());
    app.registry.mend();
    assert_eq!(targets(&prometheus, "fm-gateway").await.len(), 1);
}

#[actix_rt::test]
async fn a_service_that_routes_lead_to_is_counted_also_without_an_instance() {
    let to = |service: &str| json!([{"plugin": "discovery", "settings": {"service": service}}, {"plugin": "proxy"}]);
    let app = TestApp::with_routes(
        json!([{"path": "/cars", "plugins": to("fm-cars")}, {"path": "/off", "active": false, "plugins": to("fm-off")}]),
    )
    .await;
    app.counts(r#"gateway_instances{service="fm-cars"} 0"#).await;
    let cars = app.services().register(Instance::new("fm-cars", "1", "http://10.0.0.1:8102")).unwrap();
    app.counts(r#"gateway_instances{service="fm-cars"} 1"#).await;
    cars.release().await;
    app.counts(r#"gateway_instances{service="fm-cars"} 0"#).await;
    assert!(!app.metrics().await.contains("fm-off"), "a route that is not active needs no instance");
}

#[actix_rt::test]
async fn counters_that_alerts_watch_are_there_before_their_first_event() {
    let app = app().await;
    for line in [r#"gateway_refused_total{code="overloaded"} 0"#, r#"gateway_tls_reloads_total{code="refused"} 0"#] {
        app.counts(line).await;
    }
}
