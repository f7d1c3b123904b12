use super::{assert_problem, at_both, car, cars_of};
use market_tests::{Market, wait_until};
use serde_json::json;
use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

#[test]
fn malformed_paths_are_not_found() {
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

/// Bytes that are no HTTP, or no honest one: an answer of 4xx or a closed connection, and the next request is answered.
#[test]
fn malformed_requests_do_no_harm() {
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
