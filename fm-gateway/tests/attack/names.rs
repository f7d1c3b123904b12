//! Names by which services let themselves be told who asks, from where, or what TLS said; and names that must go through.

use crate::{
    rows::rows,
    support::{Encrypted, TestApp, Upstream, ok, request, to},
};
use serde_json::json;

const TABLE: &str = include_str!("names.txt");

/// How names are written: as they are, in capitals, with one in front of each word.
fn spellings(name: &str) -> [String; 3] {
    let mut title = String::new();
    for c in name.chars() {
        title.push(if title.chars().last().is_none_or(|last| !last.is_alphanumeric()) { c.to_ascii_uppercase() } else { c });
    }
    [name.to_owned(), name.to_uppercase(), title]
}

/// The names, in lower case, that reach the upstream.
async fn reaching(app: &TestApp, upstream: &Upstream, names: &[String]) -> Vec<String> {
    let lines: String = names.iter().map(|name| format!("{name}: attack\r\n{name}: again\r\n")).collect();
    assert_eq!(app.send(&format!("GET /a HTTP/1.1\r\nHost: h\r\n{lines}\r\n")).await.status, 200, "{names:?}");
    let seen = upstream.last();
    let lines = seen.lines().filter(|line| line.contains(": attack") || line.contains(": again"));
    lines.filter_map(|line| Some(line.split_once(": ")?.0.to_lowercase())).collect()
}

#[actix_rt::test]
async fn clients_cannot_set_identity_headers_in_any_spelling() {
    let upstream = Upstream::answering(ok("")).await;
    let app = TestApp::in_front_of(&upstream).await;
    let table = rows(TABLE, 3);
    let mut faults = Vec::new();
    for some in table.chunks(16) {
        for spelling in 0..3 {
            let names: Vec<String> = some.iter().map(|row| spellings(row[1])[spelling].clone()).collect();
            let reach = reaching(&app, &upstream, &names).await;
            for row in some {
                let count = reach.iter().filter(|name| **name == row[1]).count();
                let wanted = match row[0] {
                    "strip" => 0,
                    "pass" => 2,
                    other => panic!("{other}: strip or pass"),
                };
                if count != wanted {
                    faults.push(format!("{} ({}): {count} of two instead of {wanted}", row[1], row[2]));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    assert!(table.len() >= 200, "{}", table.len());
}

#[actix_rt::test]
async fn clients_cannot_set_identity_headers_over_http2() {
    let upstream = Upstream::answering(ok("")).await;
    let served = Encrypted::start(to(&upstream), |_, _, _| ()).await;
    let client = served.http2().await;
    // Those that HTTP/2 forbids are refused: see its own table.
    let forbidden = ["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade", "te", "host", "content-length"];
    let table: Vec<_> = rows(TABLE, 3).into_iter().filter(|row| !forbidden.contains(&row[1])).collect();
    let mut faults = Vec::new();
    for some in table.chunks(16) {
        let mut asked = request(http::Method::GET, "/a");
        for row in some {
            for value in ["attack", "again"] {
                asked.headers_mut().append(http::HeaderName::from_bytes(row[1].as_bytes()).unwrap(), value.parse().unwrap());
            }
        }
        assert_eq!(client.ask(asked, bytes::Bytes::new()).await.unwrap().status, 200, "{some:?}");
        let seen = upstream.last().to_lowercase();
        for row in some {
            let passes = ["attack", "again"].iter().filter(|value| seen.contains(&format!("\r\n{}: {value}", row[1]))).count();
            // Cookies that came apart are one line for the upstream.
            let wanted = if row[0] == "strip" {
                0
            } else if row[1] == "cookie" {
                1
            } else {
                2
            };
            if passes != wanted {
                faults.push(format!("{} ({}): {passes} of two instead of {wanted}", row[1], row[2]));
            }
        }
    }
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    assert!(table.len() >= 190, "{}", table.len());
}

#[actix_rt::test]
async fn a_route_accepts_the_headers_that_it_names() {
    let upstream = Upstream::answering(ok("")).await;
    let proxy = json!([{"plugin": "proxy", "settings": {"target": upstream.url()}}]);
    let app = TestApp::with_routes(json!([
        {"path": "/**", "plugins": proxy},
        {"path": "/legacy/**", "allow_headers": ["x.custom", "x-role-hint"], "plugins": proxy},
    ]))
    .await;
    for (path, named, lets) in [("/a", "", false), ("/legacy/a", "", true), ("/legacy/a", "Connection: x.custom, x-role-hint\r\n", false)] {
        let request = format!("GET {path} HTTP/1.1\r\nHost: h\r\n{named}X.Custom: attack\r\nX-Role-Hint: attack\r\nX-Role: attack\r\n\r\n");
        assert_eq!(app.send(&request).await.status, 200);
        let seen = upstream.last();
        let reach = ["x.custom", "x-role-hint", "x-role"].map(|name| seen.contains(&format!("\r\n{name}: attack")));
        assert_eq!(reach, [lets, lets, false], "{path} {named}");
    }
}
