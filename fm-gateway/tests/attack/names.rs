//! Names by which services let themselves be told who asks, from where, or what TLS said; and names that must go through.

use crate::{
    rows::rows,
    support::{TestApp, Upstream, ok},
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
async fn nobody_outside_says_who_asks_whatever_the_spelling() {
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
async fn a_route_lets_in_what_it_names() {
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
