//! The documents of all services in one place.

use crate::support::{TestApp, Upstream, ok, soon, until};
use serde_json::{Value, json};
use std::time::Duration;

async fn described(document: Value) -> Upstream {
    Upstream::answering_once(ok(&document.to_string())).await
}

#[actix_rt::test]
async fn the_documents_of_all_services_are_merged_and_shown() {
    let app = TestApp::with_routes(json!([{"path": "/x", "plugins": [{"plugin": "respond"}]}])).await;
    assert_eq!(app.get("/api/openapi.json").await.json()["paths"], json!({}));
    let cars = described(json!({"openapi": "3.1.0", "paths": {"/api/cars": {"get": {"summary": "Search <cars>", "responses": {}}}}})).await;
    let _cars = app.register("fm-cars", "a", &cars);
    assert_eq!(app.get("/api/openapi.json").await.json()["paths"]["/api/cars"]["get"]["tags"], json!(["fm-cars"]));

    let web = Upstream::answering_once("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n").await;
    let tracker = described(json!({"paths": {"/api/tracks/latest": {"get": {}}}})).await;
    let (_web, _tracker) = (app.register("fm-web", "a", &web), app.register("fm-tracker", "a", &tracker));
    let merged = app.get("/api/openapi.json").await;
    assert_eq!(merged.header("content-type"), Some("application/json"));
    assert_eq!(merged.json()["paths"].as_object().unwrap().len(), 2);
    let asked = cars.requests();
    let page = app.get("/api/docs").await;
    assert!(page.text().contains("Search &lt;cars&gt;") && page.text().contains("/api/tracks/latest"));
    assert!(page.header("content-security-policy").unwrap().contains("default-src 'none'"));
    assert_eq!(cars.requests(), asked, "services are asked again only when instances come and go");
    assert_eq!(app.send("POST /api/openapi.json HTTP/1.1\r\nHost: h\r\n\r\n").await.status, 405);
}

#[actix_rt::test]
async fn the_messages_of_all_services_are_merged_and_shown() {
    let app = TestApp::with_routes(json!([{"path": "/x", "plugins": [{"plugin": "respond"}]}])).await;
    assert_eq!(app.get("/api/asyncapi.json").await.json()["operations"], json!({}));
    let cars = described(json!({
        "asyncapi": "3.0.0",
        "channels": {"car.listed": {"address": "car.listed", "messages": {"car.listed": {"$ref": "#/components/messages/car.listed"}}}},
        "operations": {"publish.car.listed": {
            "action": "send", "channel": {"$ref": "#/channels/car.listed"}, "messages": [{"$ref": "#/channels/car.listed/messages/car.listed"}],
        }},
        "components": {"messages": {"car.listed": {"name": "car.listed", "payload": {"type": "object", "properties": {"price": {"type": "integer"}}}}}},
    }))
    .await;
    let place = app.register("fm-cars", "a", &cars);
    let merged = app.get("/api/asyncapi.json").await;
    assert_eq!(merged.header("content-type"), Some("application/json"));
    assert_eq!(merged.json()["operations"]["fm-cars/publish.car.listed"]["x-service"], "fm-cars");
    let page = app.get("/api/docs").await.text();
    assert!(page.contains("<code>car.listed</code>") && page.contains("<code>price</code><td>integer"), "{page}");
    place.release().await;
    let services = app.services();
    until("it has left", || services.instances("fm-cars").is_empty()).await;
    assert_eq!(app.get("/api/asyncapi.json").await.json()["operations"]["fm-cars/publish.car.listed"]["x-unavailable"], true);
}

#[actix_rt::test]
async fn a_service_that_left_is_marked_and_forgotten_after_a_while() {
    let routes = json!([{"path": "/x", "plugins": [{"plugin": "respond"}]}]);
    let app = TestApp::with(routes, |_, own| own.documents_unavailable = Duration::from_millis(400)).await;
    let cars = described(json!({"paths": {"/api/cars": {"parameters": [], "get": {"responses": {}}}}})).await;
    let web = described(json!({"paths": {"/api/pages": {"get": {"responses": {}}}}})).await;
    let (place, _web) = (app.register("fm-cars", "a", &cars), app.register("fm-web", "a", &web));
    assert_eq!(app.get("/api/openapi.json").await.json()["paths"]["/api/cars"]["get"].get("x-unavailable"), None);
    place.release().await;
    let services = app.services();
    until("it has left", || services.instances("fm-web").len() == 1 && services.instances("fm-cars").is_empty()).await;
    let left = app.get("/api/openapi.json").await.json();
    assert_eq!(left["paths"]["/api/cars"]["get"]["x-unavailable"], true);
    assert_eq!(left["paths"]["/api/pages"]["get"].get("x-unavailable"), None);
    assert!(app.get("/api/docs").await.text().contains("No instance of this service is up"));
    let forgotten = async || app.get("/api/openapi.json").await.json()["paths"].get("/api/cars").is_none();
    soon(async {
        while !forgotten().await {
            tokio::time::sleep(Duration::from_millis(20)).await
        }
    })
    .await;
    let _again = app.register("fm-cars", "b", &cars);
    until("it is back", || services.instances("fm-cars").len() == 1).await;
    assert_eq!(app.get("/api/openapi.json").await.json()["paths"]["/api/cars"]["get"].get("x-unavailable"), None);
}

#[actix_rt::test]
async fn an_instance_that_starts_again_under_its_name_is_asked_anew() {
    let app = TestApp::with_routes(json!([{"path": "/x", "plugins": [{"plugin": "respond"}]}])).await;
    for path in ["/api/cars", "/api/cars/new"] {
        let cars = described(json!({"paths": {path: {"get": {}}}})).await;
        let place = app.register("fm-cars", "fm-cars-1", &cars);
        assert!(app.get("/api/openapi.json").await.json()["paths"][path].is_object(), "{path}");
        place.release().await;
    }
}

#[actix_rt::test]
async fn operators_find_health_and_metrics_on_their_own_port() {
    let app = TestApp::with_routes(json!([{"id": "r", "path": "/x", "plugins": [{"plugin": "respond"}]}])).await;
    assert_eq!(app.get("/x").await.status, 200);
    assert_eq!(app.get("/metrics").await.code(), "not-found", "metrics are not for clients");
    let ask = async |path: &str| {
        let mut client = crate::support::Client::connect(app.admin).await;
        client.ask(&format!("GET {path} HTTP/1.1\r\nHost: h\r\n\r\n")).await
    };
    let metrics = ask("/metrics").await.text();
    assert!(metrics.contains("gateway_requests_total{route=\"r\",status=\"2xx\"} 1\n"), "{metrics}");
    assert!(metrics.contains("gateway_refused_total{code=\"not-found\"} 1\n"), "{metrics}");
    assert_eq!(ask("/health/ready").await.status, 200);
}
