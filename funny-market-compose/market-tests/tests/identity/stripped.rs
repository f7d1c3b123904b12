//! What a service is told by the gateway: the caller's token, and none of what a client says of itself in other headers.

use crate::{carriers::identity_headers, people::people};
use market_tests::{Market, wait_until};
use serde_json::{Value, json};
use std::{
    env, fs,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    process, thread,
    time::Duration,
};

const TIMEOUT: Duration = Duration::from_secs(20);

/// Answers each request with its own head.
fn mirror() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || listener.incoming().flatten().for_each(|stream| drop(thread::spawn(move || reflect(stream)))));
    url
}

fn reflect(mut stream: TcpStream) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(1) => head.push(byte[0]),
            _ => return,
        }
    }
    let answer = format!("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", head.len());
    let _ = stream.write_all(answer.as_bytes()).and_then(|()| stream.write_all(&head));
}

/// Routes to the mirror, in the table of the running gateway for as long as this lives.
struct Routes {
    market: &'static Market,
    /// A part of their paths and ids that nobody else has.
    name: String,
}

impl Routes {
    fn to(url: &str) -> Self {
        let routes = Routes { market: &people().market, name: people().market.unique("mirror") };
        let proxy = json!({ "plugin": "proxy", "settings": { "target": url } });
        routes.edit(|all| {
            for (kind, plugins) in [("public", json!([proxy])), ("guarded", json!([{ "plugin": "authentication" }, proxy]))] {
                all.push(json!({
                    "id": format!("{}-{kind}", routes.name), "name": "A mirror", "path": routes.path(kind), "methods": ["GET"],
                    "public": kind == "public", "plugins": plugins,
                }));
            }
        });
        routes
    }
    fn path(&self, kind: &str) -> String {
        format!("/{}/{kind}", self.name)
    }
    fn edit(&self, change: impl FnOnce(&mut Vec<Value>)) {
        let mut table: Value = serde_json::from_str(&self.market.script("service", &["fm-gateway", "table", "get"])).unwrap();
        change(table["routes"].as_array_mut().unwrap());
        let file = env::temp_dir().join(format!("{}-{}.json", self.name, process::id()));
        fs::write(&file, table.to_string()).unwrap();
        self.market.script("service", &["fm-gateway", "table", "put", file.to_str().unwrap()]);
        fs::remove_file(file).unwrap();
    }
}

impl Drop for Routes {
    fn drop(&mut self) {
        self.edit(|all| all.retain(|route| !route["id"].as_str().unwrap_or_default().starts_with(&self.name)));
    }
}

#[test]
fn identity_headers_reach_no_service_on_public_and_on_guarded_routes() {
    let routes = Routes::to(&mirror());
    let good = people().good();
    let forged = identity_headers("forged-identity");
    // The gateway knows those that others use; a bare word or a name of one's own means nothing to anybody.
    let known = |name: &str| name.contains('_') || name.starts_with("x-") || name == "remote-user";
    for kind in ["public", "guarded"] {
        let mut caller = people().market.anyone().bearing(&good);
        wait_until("the route is in force", TIMEOUT, || caller.get(&routes.path(kind)).text().starts_with("GET /mirror"));
        for n in 0..20 {
            caller = caller.with(&format!("X-Filler-{n}"), "x");
        }
        // A request may have 64 headers at most.
        let known: Vec<_> = forged.iter().filter(|(name, _)| known(&name.to_lowercase())).collect();
        for some in known.chunks(30) {
            let caller = some.iter().fold(caller.clone(), |caller, (name, value)| caller.with(name, value));
            let seen = caller.get(&routes.path(kind)).expect(200).text().to_lowercase();
            assert!(
                seen.contains("x-filler-19: x\r\n") && seen.contains(&format!("authorization: bearer {}\r\n", good.to_lowercase())),
                "{seen}"
            );
            let leaked: Vec<&str> =
                seen.lines().filter(|l| l.contains("forged-identity") || l.contains("users:admin") || l.contains("admin")).collect();
            assert_eq!(leaked, [""; 0], "{kind}");
        }
    }
}
