//! Everything that can be wrong with a request, on a route of each service, through the gateway and on the service's own port: a problem with
//! a stable code, never a 5xx, and nothing is half written.

use market_tests::{Answer, Caller, Market, Person, wait_until};
use serde_json::{Value, json};
use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

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
fn bodies_that_are_no_car_are_refused_unread() {
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
fn odd_paths_lead_nowhere() {
    let market = Market::running();
    let person = market.someone();
    let long = "x".repeat(4000);
    let ids = ["nope", "..%2f..%2fetc%2fpasswd", "%00", "%ff", "'%20OR%201=1--", "%7b$ne:null%7d", "0", "-1", long.as_str()];
    for (service, before, after) in [
        ("cars", "/api/cars/", ""),
        ("image", "/images/", "/thumb"),
        ("tracker", "/api/cars/", "/price-history"),
        ("profile", "/api/profiles/", ""),
        ("profile", "/api/me/deletions/", ""),
    ] {
        for caller in at_both(&market, &person, service) {
            for id in ids {
                let answer = caller.get(&format!("{before}{id}{after}"));
                assert!([400, 404, 414].contains(&answer.status), "{} {}", answer.question, answer.text());
                assert_problem(&answer, answer.status, answer.json()["code"].as_str().unwrap_or("none"), id);
            }
        }
    }
}

#[test]
fn bad_headers_are_refused() {
    let market = Market::running();
    let person = market.someone();
    let path = format!("/api/cars/{}", person.lists_a_car(json!({}))["id"].as_str().unwrap());
    for caller in at_both(&market, &person, "cars") {
        for value in ["nonsense", "\"", "\"a\", \"b\"", "W/\"1\"", ""] {
            let answer = caller.clone().with("if-match", value).patch(&path, json!({ "price": 1 }));
            assert!([400, 412].contains(&answer.status), "{value:?}: {answer:?}");
            assert_problem(&answer, answer.status, answer.json()["code"].as_str().unwrap_or("none"), value);
        }
        let long = "k".repeat(1000);
        for key in ["", " ", "a b", "ключ", long.as_str()].into_iter().filter(|key| key.is_ascii()) {
            caller.clone().with("idempotency-key", key).post("/api/cars", car(|_| {})).expect_problem(400, "malformed");
        }
        for encoding in ["gzip", "deflate"] {
            caller.clone().with("content-encoding", encoding).post("/api/cars", car(|_| {})).expect_problem(400, "malformed");
        }
        caller.clone().with("content-encoding", "br").post("/api/cars", car(|_| {})).expect_problem(415, "unsupported-media-type");
        for odd in
            ["traceparent", "accept", "range", "x-forwarded-for", "forwarded", "accept-encoding", "if-none-match", "cookie", "referer"]
        {
            let answer = caller.clone().with(odd, "\t;;=\"%%\\ 00-zz-!!").get(&path);
            assert!(answer.status < 400, "{odd}: a header that says nothing stops nobody: {answer:?}");
        }
    }
    assert_eq!(cars_of(&person), 1);
    assert_eq!(person.http.get(&path).expect(200).json()["price"], 12_500);
}

#[test]
fn a_bad_account_is_not_made() {
    let market = Market::running();
    let name = market.unique("bad");
    let (mail, good) = (format!("{name}@example.com"), format!("Correct-horse-{name}"));
    let rows: Vec<Row<Value>> = vec![
        (json!({ "username": "", "email": mail, "password": good }), 422, "invalid"),
        (json!({ "username": "a b", "email": mail, "password": good }), 422, "invalid"),
        (json!({ "username": "../x", "email": mail, "password": good }), 422, "invalid"),
        (json!({ "username": "x".repeat(41), "email": mail, "password": good }), 422, "invalid"),
        (json!({ "username": "n\u{0}l", "email": mail, "password": good }), 422, "invalid"),
        (json!({ "username": name, "email": "nobody", "password": good }), 422, "invalid"),
        (json!({ "username": name, "email": "a@b\r\nBcc: c@d.example", "password": good }), 422, "invalid"),
        (json!({ "username": name, "email": format!("{}@example.com", "x".repeat(1000)), "password": good }), 422, "invalid"),
        (json!({ "username": name, "email": mail, "password": "short" }), 422, "invalid"),
        (json!({ "username": name, "email": mail, "password": "password1234" }), 422, "invalid"),
        (json!({ "username": name, "email": mail, "password": "x".repeat(10_000) }), 422, "invalid"),
        (json!({ "username": name, "email": mail }), 400, "malformed"),
        (json!({ "username": name, "email": mail, "password": 7 }), 400, "malformed"),
        (json!({ "username": name, "email": mail, "password": good, "roles": ["admin"] }), 400, "malformed"),
        (json!({ "username": { "$ne": "" }, "email": mail, "password": good }), 400, "malformed"),
        (json!([]), 400, "malformed"),
    ];
    for caller in [market.anyone(), market.at("profile")] {
        for (body, status, code) in &rows {
            assert_problem(&caller.post("/api/auth/sign-up", body.clone()), *status, code, &body.to_string());
        }
        caller.send("POST", "/api/auth/sign-up", Some(("text/plain", b"x"))).expect_problem(415, "unsupported-media-type");
        for body in
            [json!({ "login": name }), json!({ "login": name, "password": good, "x": 1 }), json!({ "login": [name], "password": good })]
        {
            caller.post("/api/auth/sign-in", body).expect_problem(400, "malformed");
        }
        for token in ["", "x", &"x".repeat(10_000), "../..", "\u{0}"] {
            let answer = caller.post("/api/auth/refresh", json!({ "refresh_token": token }));
            assert!([400, 401, 422].contains(&answer.status), "{token:?}: {answer:?}");
        }
    }
    // Neither name nor address was taken by any of them.
    market.anyone().post("/api/auth/sign-up", json!({ "username": name, "email": mail, "password": good })).expect(201);
}

#[test]
fn bad_changes_of_an_account_change_nothing() {
    let market = Market::running();
    let person = market.someone();
    let before = (person.http.get("/api/me").expect(200).json(), person.http.get("/api/me/profile").expect(200).json());
    for caller in at_both(&market, &person, "profile") {
        for (path, body, status) in [
            ("/api/me", json!({ "username": "" }), 422),
            ("/api/me", json!({ "email": "nobody" }), 422),
            ("/api/me", json!({ "username": 1 }), 400),
            ("/api/me", json!({ "id": "x" }), 400),
            ("/api/me", json!({ "roles": ["admin"] }), 400),
            ("/api/me", json!({ "epoch": 0 }), 400),
            ("/api/me/profile", json!({ "about": "x".repeat(10_000) }), 422),
            ("/api/me/profile", json!({ "about": "x".repeat(100_000) }), 413),
            ("/api/me/profile", json!({ "phone": "x".repeat(1_000) }), 422),
            ("/api/me/profile", json!({ "name": ["x"] }), 400),
            ("/api/me/profile", json!({ "name": "good", "phone": "x".repeat(1_000) }), 422),
            ("/api/me/profile", json!({ "user_id": "x" }), 400),
        ] {
            let code = match status {
                413 => "too-large",
                422 => "invalid",
                _ => "malformed",
            };
            assert_problem(&caller.patch(path, body.clone()), status, code, &body.to_string());
        }
        caller.put("/api/me/password", json!({ "old_password": person.password })).expect_problem(400, "malformed");
        caller.send("PUT", "/api/me/password", Some((JSON, b"{"))).expect_problem(400, "malformed");
    }
    assert_eq!((person.http.get("/api/me").expect(200).json(), person.http.get("/api/me/profile").expect(200).json()), before);
}

#[test]
fn what_is_no_picture_is_not_kept() {
    let market = Market::running();
    let person = market.someone();
    let id = person.lists_a_car(json!({}))["id"].as_str().unwrap().to_owned();
    let path = format!("/api/cars/{id}/images");
    let part = |name: &str, bytes: &[u8]| {
        let head = format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\n");
        [head.as_bytes(), bytes, b"\r\n--x--\r\n"].concat()
    };
    const FORM: &str = "multipart/form-data; boundary=x";
    let rows: Vec<(&str, Vec<u8>)> = vec![
        (FORM, b"".to_vec()),
        (FORM, b"--x--\r\n".to_vec()),
        (FORM, b"no form at all".to_vec()),
        (FORM, part("images", b"")),
        (FORM, part("images", b"GIF89a, or so it says")),
        (FORM, part("images", b"\x89PNG\r\n\x1a\n cut off")),
        (FORM, part("images", b"<svg onload=alert(1)>")),
        (FORM, part("file", b"x")),
        (FORM, part("images", b"x")[..80].to_vec()),
        ("multipart/form-data", part("images", b"x")),
        (JSON, b"{}".to_vec()),
        ("image/png", b"\x89PNG\r\n\x1a\n".to_vec()),
    ];
    for caller in at_both(&market, &person, "image") {
        for (kind, body) in &rows {
            let answer = caller.send("POST", &path, Some((kind, body)));
            assert!([400, 413, 415, 422].contains(&answer.status), "{kind} {:?}: {answer:?}", String::from_utf8_lossy(body));
            assert_problem(&answer, answer.status, answer.json()["code"].as_str().unwrap_or("none"), kind);
        }
        for (body, status) in [
            (json!({ "keys": [] }), 422),
            (json!({ "keys": ["../x"] }), 422),
            (json!({ "keys": "x" }), 400),
            (json!({}), 400),
            (json!({ "x": 1 }), 400),
        ] {
            let answer = caller.put(&format!("{path}/order"), body.clone());
            assert_problem(&answer, status, answer.json()["code"].as_str().unwrap_or("none"), &body.to_string());
        }
        let odd = caller.delete(&format!("{path}/..%2f.."));
        assert!([400, 404].contains(&odd.status), "{odd:?}");
    }
    assert_eq!(person.http.get(&format!("/api/cars/{id}")).expect(200).json()["images"], json!([]));
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

/// Bytes that are no HTTP, or no honest one: an answer of 4xx or a closed connection, and the next request is answered.
#[test]
fn bytes_that_are_no_request_hurt_nobody() {
    let market = Market::running();
    let long = "x".repeat(200_000);
    let many: String = (0..500).map(|n| format!("X-{n}: x\r\n")).collect();
    let rows = [
        "\r\n\r\n\r\n".to_owned(),
        "\0\0\0\0\0\0\0\0\r\n\r\n".into(),
        "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}".repeat(50),
        "GET\r\n\r\n".into(),
        "GET /api/cars HTTP/9.9\r\nHost: h\r\n\r\n".into(),
        "GET /api/cars HTTP/1.1\r\n\r\n".into(),
        "G\u{e4}T / HTTP/1.1\r\nHost: h\r\n\r\n".into(),
        format!("GET /{long} HTTP/1.1\r\nHost: h\r\n\r\n"),
        format!("GET /api/cars HTTP/1.1\r\nHost: h\r\nX-Long: {long}\r\n\r\n"),
        format!("GET /api/cars HTTP/1.1\r\nHost: h\r\n{many}\r\n"),
        "GET /api/cars HTTP/1.1\r\nHost: h\r\nBad Name: x\r\n\r\n".into(),
        "GET /api/cars HTTP/1.1\r\nHost: h\r\n folded: x\r\n\r\n".into(),
        "POST /api/cars HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n".into(),
        "POST /api/cars HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx".into(),
        "POST /api/cars HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /api/me HTTP/1.1\r\n\r\n".into(),
        "POST /api/cars HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nx\r\n".into(),
        "POST /api/cars HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n".into(),
        "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n".into(),
        "CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n".into(),
        "TRACE /api/cars HTTP/1.1\r\nHost: h\r\n\r\n".into(),
    ];
    for part in ["gateway", "cars", "image", "profile", "tracker"] {
        let address = market.address(part).trim_start_matches("http://").to_owned();
        for bytes in &rows {
            let mut stream = TcpStream::connect(&address).unwrap();
            stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
            // It may be closed before all is written.
            let _ = stream.write_all(bytes.as_bytes());
            let _ = stream.shutdown(std::net::Shutdown::Write);
            let mut answer = Vec::new();
            let _ = stream.read_to_end(&mut answer);
            let answer = String::from_utf8_lossy(&answer);
            let shown: String = bytes.chars().take(80).collect();
            assert!(
                answer.is_empty() || answer.starts_with("HTTP/1.1 4") || answer.starts_with("HTTP/1.0 4"),
                "{part} {shown:?}: {answer}"
            );
        }
        wait_until(&format!("{part} answers"), Duration::from_secs(5), || market.at(part).get("/health/live").status == 200);
    }
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
