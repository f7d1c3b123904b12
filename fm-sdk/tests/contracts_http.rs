//! What a consumer's tests ask over HTTP and read of the answers is recorded, and the provider's test fails for what it answers no longer.
#![expect(clippy::unwrap_used, reason = "a test that is set up wrongly must stop")]

mod pacts;

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Data, Json, Path, get, post},
};
use fm_sdk::{
    Error, Identity, Result, Service,
    http::Client,
    testing::{Contracts, MockBus},
};
use pacts::{argument, assert_says, edit, read, run_alone};
use serde::Deserialize;
use serde_json::{Value, json};
use std::{fs, path};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{method, path as at},
};

/// The consumer, and what it reads.
mod web {
    use super::*;

    #[derive(Deserialize)]
    struct Car {
        id: String,
        price: i64,
        image: Option<String>,
    }

    async fn show(client: Data<Client>, id: Path<String>) -> Result<String> {
        let car: Car = client.get("fm-cars", format!("/api/cars/{id}")).query_string("lang=en").send().await?.json()?;
        client.post("fm-cars", "/api/views").bearer("secret").json(&json!({"car": car.id})).send().await?.success()?;
        Ok(format!("{}: {} {:?}", car.id, car.price, car.image))
    }
    fn pages(fm_cars: &MockServer) -> MockBus<()> {
        let client = Client::at(&fm_cars.uri().parse().unwrap());
        MockBus::for_service(Service::new("fm-web", ()).http(move |cfg| {
            cfg.app_data(Data::new(client.clone())).route("/cars/{id}", get().to(show));
        }))
    }
    async fn fm_cars() -> MockServer {
        let server = MockServer::start().await;
        let car = |id: &str, image: Value| json!({"id": id, "price": 7, "image": image, "unread": 1});
        let problem = json!({"status": 404, "code": "car-unknown"});
        for (path, status, body) in [
            ("c1", 200, car("c1", Value::Null)),
            ("c2", 200, car("c2", json!("/images/1"))),
            ("gone", 404, problem),
            ("busy", 503, json!({"status": 503, "code": "no-instance"})),
            ("odd", 404, json!("nothing here")),
        ] {
            let answer = ResponseTemplate::new(status).set_body_json(body);
            Mock::given(method("GET")).and(at(format!("/api/cars/{path}"))).respond_with(answer).mount(&server).await;
        }
        Mock::given(method("POST")).and(at("/api/views")).respond_with(ResponseTemplate::new(204)).mount(&server).await;
        server
    }
    async fn test(bus: MockBus<()>) {
        for (id, status) in [("c1", 200), ("gone", 404), ("busy", 503), ("odd", 404)] {
            assert_eq!(bus.get(&format!("/cars/{id}")).await.status, status);
        }
    }
    pub async fn record(folder: &path::Path) {
        test(pages(&fm_cars().await).record_contracts(folder)).await;
    }
    pub async fn record_as_the_environment_says() {
        test(pages(&fm_cars().await)).await;
    }
    /// Another car, whose picture is known.
    pub async fn record_more(folder: &path::Path) {
        assert_eq!(pages(&fm_cars().await).record_contracts(folder).get("/cars/c2").await.status, 200);
    }
}

/// The provider, where a car looks like this and a view is answered so.
fn cars(car: Value, viewed: StatusCode) -> MockBus<()> {
    let show = move |id: Path<String>| {
        let car = car.clone();
        async move { if *id == "c7" { Ok(HttpResponse::Ok().json(car)) } else { Err(Error::not_found("car-unknown")) } }
    };
    let view = move |_: Identity, _: Json<Value>| async move { HttpResponse::new(viewed) };
    let service = Service::new("fm-cars", ()).http(move |cfg| {
        cfg.route("/api/cars/{id}", get().to(show.clone())).route("/api/views", post().to(view));
    });
    MockBus::for_service(service).user("u1", &[])
}
fn whole_car() -> Value {
    json!({"id": "c7", "price": 7, "image": "/images/1", "unread": 1})
}
async fn problems_of(folder: &path::Path, car: Value, viewed: StatusCode) -> Vec<String> {
    let bus = cars(car, viewed);
    let contracts = Contracts::in_folder("fm-cars", folder)
        .requests(async |mut request| {
            // Without a document there are no names of parameters.
            if request.path.starts_with("/api/cars/") {
                request.path = "/api/cars/c7".into();
            }
            vec![request.send(&bus).await]
        })
        .in_state("car-unknown")
        .requests(async |request| vec![request.send(&bus).await]);
    contracts.problems().await
}
async fn problems(folder: &path::Path, car: Value) -> Vec<String> {
    problems_of(folder, car, StatusCode::NO_CONTENT).await
}

async fn recorded() -> tempfile::TempDir {
    pacts::recorded(web::record).await
}

#[actix_rt::test]
async fn what_a_test_asks_and_reads_is_recorded_as_a_pact() {
    let folder = recorded().await;
    let pact = read(folder.path());
    assert_eq!((&pact["consumer"]["name"], &pact["provider"]["name"]), (&json!("fm-web"), &json!("fm-cars")));
    let comments = json!({"testname": "contracts_http::what_a_test_asks_and_reads_is_recorded_as_a_pact"});
    let mut with_optional = comments.clone();
    with_optional["optional"] = json!(["$.image"]);
    let any_of = |names: &[&str]| {
        let matchers: Vec<_> = names.iter().map(|name| json!({ "match": name })).collect();
        json!({"combine": if names.len() > 1 { "OR" } else { "AND" }, "matchers": matchers})
    };
    let expected = json!([
        {
            "type": "Synchronous/HTTP", "description": "GET /api/cars/c1 200", "pending": false, "comments": with_optional,
            "request": {"method": "GET", "path": "/api/cars/c1", "query": {"lang": ["en"]}},
            "response": {
                "status": 200,
                "body": {"content": {"id": "text", "price": 1, "image": "text"}, "contentType": "application/json", "encoded": false},
                "matchingRules": {"body": {
                    "$": any_of(&["type"]), "$.id": any_of(&["type"]), "$.price": any_of(&["integer"]), "$.image": any_of(&["type", "null"]),
                }},
            },
        },
        {
            "type": "Synchronous/HTTP", "description": "GET /api/cars/gone 404 car-unknown", "pending": false, "comments": comments,
            "providerStates": [{"name": "car-unknown"}],
            "request": {"method": "GET", "path": "/api/cars/gone", "query": {"lang": ["en"]}},
            "response": {
                "status": 404, "body": {"content": {"code": "car-unknown"}, "contentType": "application/problem+json", "encoded": false},
            },
        },
        {
            "type": "Synchronous/HTTP", "description": "POST /api/views 204", "pending": false, "comments": comments,
            "request": {
                "method": "POST", "path": "/api/views",
                "headers": {"authorization": ["Bearer token"], "content-type": ["application/json"]},
                "body": {"content": {"car": "c1"}, "contentType": "application/json", "encoded": false},
            },
            "response": {"status": 204},
        },
    ]);
    assert_eq!(pact["interactions"], expected);
}

#[actix_rt::test]
async fn recording_again_changes_nothing() {
    let folder = recorded().await;
    let before = fs::read(folder.path().join("fm-cars.json")).unwrap();
    web::record(folder.path()).await;
    assert_eq!(fs::read(folder.path().join("fm-cars.json")).unwrap(), before);
}

#[actix_rt::test]
async fn reads_of_two_tests_of_one_route_are_merged_in_any_order() {
    let [first, second] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    web::record(first.path()).await;
    web::record_more(first.path()).await;
    web::record_more(second.path()).await;
    web::record(second.path()).await;
    assert_eq!(read(first.path()), read(second.path()));
}

#[actix_rt::test]
async fn a_provider_that_answers_what_is_read_passes_and_other_fields_are_free() {
    let folder = recorded().await;
    assert_eq!(problems(folder.path(), whole_car()).await, Vec::<String>::new());
    assert_eq!(problems(folder.path(), json!({"id": "c7", "price": 7, "image": "i"})).await, Vec::<String>::new());
}

#[actix_rt::test]
async fn a_renamed_field_is_named_with_its_consumer_and_its_test() {
    let folder = recorded().await;
    let found = problems(folder.path(), json!({"id": "c7", "cost": 7, "image": "i"})).await;
    let test = "test contracts_http::a_renamed_field_is_named_with_its_consumer_and_its_test of fm-web";
    assert_says(&found, &["fm-web reads `$.price` of GET /api/cars/c1, which is not there", test]);
    assert_eq!(found.len(), 1, "{found:#?}");
}

#[actix_rt::test]
async fn a_field_of_another_type_or_that_is_never_filled_is_named() {
    let folder = recorded().await;
    let found = problems(folder.path(), json!({"id": 7, "price": "7", "image": null})).await;
    assert_says(&found, &["`$.id` of GET /api/cars/c1, which is integer 7, not string"]);
    assert_says(&found, &["`$.price` of GET /api/cars/c1, which is string \"7\", not integer"]);
    assert_says(&found, &["`$.image` of GET /api/cars/c1, which is in none of the"]);
    assert_eq!(found.len(), 3, "{found:#?}");
}

#[actix_rt::test]
async fn another_status_is_named() {
    let folder = recorded().await;
    let found = problems_of(folder.path(), whole_car(), StatusCode::OK).await;
    assert_says(&found, &["fm-web expects 204 of POST /api/views, and fm-cars answers 200", "another_status_is_named of fm-web"]);
    assert_eq!(found.len(), 1, "{found:#?}");
    let bus = cars(whole_car(), StatusCode::NO_CONTENT);
    let found = Contracts::in_folder("fm-cars", folder.path())
        .requests(async |request| vec![request.send(&bus).await])
        .in_state("car-unknown")
        .requests(async |mut request| {
            request.path = "/api/cars/c7".into();
            vec![request.send(&bus).await]
        });
    let found = found.problems().await;
    assert_says(&found, &["fm-web expects 200 of GET /api/cars/c1, and fm-cars answers 404", "car-unknown"]);
    assert_says(&found, &["fm-web expects 404 of GET /api/cars/gone, and fm-cars answers 200"]);
}

#[actix_rt::test]
async fn a_request_is_sent_with_a_token_only_if_the_consumer_did() {
    let folder = recorded().await;
    edit(folder.path(), |pact| drop(pact["interactions"][2]["request"].as_object_mut().unwrap().remove("headers")));
    let found = problems(folder.path(), whole_car()).await;
    assert_says(&found, &["fm-web expects 204 of POST /api/views, and fm-cars answers 401"]);
}

#[actix_rt::test]
async fn a_state_or_a_request_that_the_provider_does_not_know_is_named() {
    let folder = recorded().await;
    edit(folder.path(), |pact| pact["interactions"][0]["providerStates"] = json!([{"name": "a car with a roof"}]));
    let found = Contracts::in_folder("fm-cars", folder.path()).in_state("car-unknown").problems().await;
    assert_says(&found, &["fm-web expects GET /api/cars/c1 in the state `a car with a roof`, which fm-cars does not set up"]);
    assert_says(&found, &["fm-web asks POST /api/views, and fm-cars has not answered it"]);
    assert_says(&found, &["fm-web asks GET /api/cars/gone, and fm-cars has not answered it"]);
    assert_eq!(found.len(), 3, "{found:#?}");
}

#[actix_rt::test]
async fn a_file_of_another_version_or_broken_by_hand_is_refused_with_the_reason() {
    let folder = recorded().await;
    edit(folder.path(), |pact| drop(pact["interactions"][0]["response"].as_object_mut().unwrap().remove("status")));
    assert_says(&problems(folder.path(), whole_car()).await, &["fm-cars.json: no Pact that is understood", "missing field `status`"]);
    edit(folder.path(), |pact| pact["metadata"]["pactSpecification"]["version"] = json!("3.0.0"));
    assert_says(&problems(folder.path(), whole_car()).await, &["fm-cars.json: follows version 3.0.0 of the Pact specification"]);
}

/// As pact-js writes it: rules only where values may differ, headers, a state with a name of its own.
fn of_a_third_party() -> Value {
    json!({
        "consumer": {"name": "acme-app"}, "provider": {"name": "fm-cars"},
        "interactions": [{
            "type": "Synchronous/HTTP", "description": "a request for a car", "providerStates": [{"name": "there is a car c7"}],
            "request": {"method": "GET", "path": "/api/cars/c7", "headers": {"Accept": ["application/json"]}},
            "response": {
                "status": 200, "headers": {"Content-Type": ["application/json; charset=utf-8"]},
                "body": {"content": {"price": 100}, "contentType": "application/json", "encoded": false},
                "matchingRules": {"body": {"$.price": {"combine": "AND", "matchers": [{"match": "integer"}]}}},
            },
        }],
        "metadata": {"pactSpecification": {"version": "4.0"}, "pact-js": {"version": "12.1.0"}},
    })
}
async fn verify_third_party(car: Value) {
    let bus = cars(car, StatusCode::NO_CONTENT);
    let contracts = Contracts::of_consumers("fm-cars").in_state("there is a car c7");
    contracts.requests(async |request| vec![request.send(&bus).await]).verify().await;
}

#[actix_rt::test]
async fn a_contract_of_a_third_party_that_the_environment_names_is_replayed_like_ours() {
    if let Some(car) = argument() {
        return verify_third_party(serde_json::from_str(&car).unwrap()).await;
    }
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("acme.json"), of_a_third_party().to_string()).unwrap();
    let verify = |car: Value| {
        let test = "a_contract_of_a_third_party_that_the_environment_names_is_replayed_like_ours";
        let ended = run_alone(test, &car.to_string(), &[("FM_CONTRACTS", folder.path())]);
        (ended.status.success(), String::from_utf8_lossy(&ended.stderr).into_owned())
    };
    let (passed, said) = verify(whole_car());
    assert!(passed, "{said}");
    let (passed, said) = verify(json!({"id": "c7", "cost": 7}));
    assert!(!passed && said.contains("acme-app reads `$.price` of GET /api/cars/c7, which is not there"), "{said}");
    assert!(said.contains("acme.json"), "{said}");
}

#[actix_rt::test]
async fn the_environment_names_where_to_record() {
    if argument().is_some() {
        return web::record_as_the_environment_says().await;
    }
    let folder = tempfile::tempdir().unwrap();
    let ended = run_alone("the_environment_names_where_to_record", "", &[("FM_RECORD_CONTRACTS", folder.path())]);
    assert!(ended.status.success());
    assert_eq!(read(folder.path())["interactions"].as_array().unwrap().len(), 3);
}
