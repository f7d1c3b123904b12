use super::{JSON, Row, assert_problem, at_both, car, cars_of};
use market_tests::Market;
use serde_json::{Value, json};

#[test]
fn bad_fields_of_a_car_are_named_and_no_car_is_made() {
    let market = Market::running();
    let person = market.someone();
    let (kept, path) = {
        let kept = person.lists_a_car(json!({}));
        let path = format!("/api/cars/{}", kept["id"].as_str().unwrap());
        (person.http.get(&path).expect(200).json(), path)
    };
    let long = |n: usize| Value::from("x".repeat(n));
    let rows: Vec<Row<(&str, Value)>> = vec![
        (("price", 0.into()), 422, "invalid"),
        (("price", (-1).into()), 422, "invalid"),
        (("price", 10_000_001.into()), 422, "invalid"),
        (("price", i64::MAX.into()), 422, "invalid"),
        (("price", u64::MAX.into()), 400, "malformed"),
        (("price", json!(1.5)), 400, "malformed"),
        (("price", json!(1e300)), 400, "malformed"),
        (("price", "1000".into()), 400, "malformed"),
        (("price", json!([1])), 400, "malformed"),
        (("price", json!({ "$gt": 0 })), 400, "malformed"),
        (("price", true.into()), 400, "malformed"),
        (("year", 1885.into()), 422, "invalid"),
        (("year", 9999.into()), 422, "invalid"),
        (("year", (-2019).into()), 422, "invalid"),
        (("mileage", (-1).into()), 422, "invalid"),
        (("mileage", 2_000_001.into()), 422, "invalid"),
        (("power_ps", 0.into()), 422, "invalid"),
        (("power_ps", 2_501.into()), 422, "invalid"),
        (("maker", "".into()), 422, "invalid"),
        (("maker", "no such maker".into()), 422, "invalid"),
        (("maker", "../audi".into()), 422, "invalid"),
        (("maker", "audi\0".into()), 422, "invalid"),
        (("maker", long(10_000)), 422, "invalid"),
        (("maker", 7.into()), 400, "malformed"),
        (("model", long(10_000)), 422, "invalid"),
        (("color", "ultraviolet".into()), 422, "invalid"),
        (("engine", "steam".into()), 422, "invalid"),
        (("gearbox", "".into()), 422, "invalid"),
        (("body", json!({})), 400, "malformed"),
        (("options", json!(["jet_engine"])), 422, "invalid"),
        (("options", "abs".into()), 400, "malformed"),
        (("options", json!([[["abs"]]])), 400, "malformed"),
        (("description", long(5_001)), 422, "invalid"),
        (("description", json!(["x"])), 400, "malformed"),
        (("location", json!({ "postal_code": "x".repeat(500) })), 422, "invalid"),
        (("location", json!({ "postal_code": "10115", "lat": 1e9, "lon": 0 })), 422, "invalid"),
        (("location", "Berlin".into()), 400, "malformed"),
        (("status", "sold".into()), 422, "invalid"),
        (("status", "approved".into()), 422, "invalid"),
        (("id", "mine".into()), 400, "malformed"),
        (("owner_id", "somebody".into()), 400, "malformed"),
        (("$where", "1".into()), 400, "malformed"),
        (("__proto__", json!({})), 400, "malformed"),
    ];
    for caller in at_both(&market, &person, "cars") {
        for ((field, value), status, code) in &rows {
            let create = caller.post("/api/cars", car(|c| c[*field] = value.clone())).expect_problem(*status, code);
            let change = caller.patch(&path, json!({ *field: value }));
            for answer in [create, change] {
                let answer = answer.expect_problem(*status, code);
                let named = answer.json()["errors"]
                    .as_array()
                    .is_some_and(|all| all.iter().any(|e| e["field"].as_str().unwrap_or_default().starts_with(*field)));
                assert!(named || *status == 400, "{field}: {value} {}", answer.text());
            }
        }
        for field in ["maker", "price", "year"] {
            let missing = car(|c| drop(c.as_object_mut().unwrap().remove(field)));
            caller.post("/api/cars", missing).expect_problem(422, "invalid");
        }
    }
    assert_eq!(cars_of(&person), 1);
    assert_eq!(person.http.get(&path).expect(200).json(), kept, "nothing of it was half written");
}

#[test]
fn invalid_bodies_of_a_car_are_refused() {
    let market = Market::running();
    let person = market.someone();
    let good = car(|_| {}).to_string();
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let huge = format!(r#"{{"description":"{}"}}"#, "x".repeat(3 << 20));
    let doubled = good.replacen('{', r#"{"price":1,"#, 1);
    let rows: Vec<Row<(&str, &[u8])>> = vec![
        ((JSON, b""), 400, "malformed"),
        ((JSON, b"{"), 400, "malformed"),
        ((JSON, b"null"), 400, "malformed"),
        ((JSON, b"[]"), 400, "malformed"),
        ((JSON, b"\"audi\""), 400, "malformed"),
        ((JSON, b"{} {}"), 400, "malformed"),
        ((JSON, b"\xff\xfe{}"), 400, "malformed"),
        ((JSON, b"\xef\xbb\xbf{}"), 400, "malformed"),
        ((JSON, b"{\"maker\":\"\\ud800\"}"), 400, "malformed"),
        ((JSON, b"\0\0\0\0"), 400, "malformed"),
        ((JSON, b"{\"price\":NaN}"), 400, "malformed"),
        ((JSON, deep.as_bytes()), 400, "malformed"),
        ((JSON, doubled.as_bytes()), 400, "malformed"),
        ((JSON, huge.as_bytes()), 413, "too-large"),
        (("text/plain", good.as_bytes()), 415, "unsupported-media-type"),
        (("application/x-www-form-urlencoded", b"maker=audi&price=1"), 415, "unsupported-media-type"),
        (("application/xml", b"<car/>"), 415, "unsupported-media-type"),
        (("multipart/form-data; boundary=x", b"--x--"), 415, "unsupported-media-type"),
        (("json", good.as_bytes()), 415, "unsupported-media-type"),
        (("application/json-patch+json", b"[]"), 400, "malformed"),
        (("", good.as_bytes()), 415, "unsupported-media-type"),
    ];
    for caller in at_both(&market, &person, "cars") {
        for ((kind, body), status, code) in &rows {
            let answer = caller.send("POST", "/api/cars", Some((kind, body)));
            assert_problem(&answer, *status, code, &format!("{kind:?} {:?}", String::from_utf8_lossy(&body[..body.len().min(60)])));
        }
    }
    assert_eq!(cars_of(&person), 0);
}

#[test]
fn bad_queries_are_refused_with_400() {
    let market = Market::running();
    let person = market.someone();
    let of = [
        (
            "cars",
            "/api/cars",
            vec![
                "unknown=1",
                "page=0",
                "page=-1",
                "page=x",
                "page=99999999999999999999",
                "per_page=101",
                "per_page=0",
                "sort=evil",
                "sort=-",
                "price_from=a",
                "price_from=-1",
                "year_to=1e9",
                "body=rocket",
                "color=%00",
                "engine[]=petrol",
                "page=1&page=2",
                "maker=%ff%fe",
                "price_from=1;drop",
                "q=%c3%28",
            ],
        ),
        ("cars", "/api/cars/count", vec!["page=0", "unknown=1", "price_to=x"]),
        ("cars", "/api/cars/facets", vec!["unknown=1", "mileage_from=x"]),
        ("cars", "/api/me/cars", vec!["page=0", "per_page=1000", "owner=somebody"]),
        ("cars", "/api/catalogue/models", vec!["unknown=1"]),
        ("profile", "/api/me", vec!["x=1"]),
        ("profile", "/api/me/profile", vec!["x=1"]),
        ("tracker", "/api/tracks/latest", vec!["limit=0", "limit=101", "limit=-1", "limit=x", "limit=1&limit=2", "unknown=1"]),
        ("tracker", "/api/tracks/popular", vec!["limit=0", "limit=x", "unknown=1"]),
    ];
    for (service, path, queries) in of {
        for caller in at_both(&market, &person, service) {
            for query in &queries {
                let answer = caller.get(&format!("{path}?{query}"));
                assert!(["malformed", "invalid"].contains(&answer.json()["code"].as_str().unwrap_or_default()), "{query}: {answer:?}");
                assert_problem(&answer, 400, answer.json()["code"].as_str().unwrap(), query);
            }
        }
    }
}

#[test]
fn views_of_nothing_are_not_counted() {
    let market = Market::running();
    let person = market.someone();
    for caller in at_both(&market, &person, "tracker") {
        for (body, status) in [
            (json!({}), 400),
            (json!({ "car_id": 7 }), 400),
            (json!({ "car_id": "nope" }), 404),
            (json!({ "car_id": "x".repeat(100_000) }), 404),
            (json!({ "car_id": "a", "n": 9 }), 400),
            (json!([]), 400),
        ] {
            let answer = caller.post("/api/tracks/views", body.clone());
            assert_problem(
                &answer,
                status,
                answer.json()["code"].as_str().unwrap_or("none"),
                &body.to_string()[..body.to_string().len().min(80)],
            );
        }
        caller.send("POST", "/api/tracks/views", Some(("text/csv", b"car_id"))).expect_problem(415, "unsupported-media-type");
    }
}
