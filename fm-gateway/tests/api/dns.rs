//! Upstreams that are found by DNS.

use crate::support::{Authority, NameServer, Operator, Terminator, TestApp, Upstream, ok, soon, until};
use fm_gateway::GatewaySettings;
use fm_sdk::registry::MemoryRegistry;
use hickory_resolver::proto::rr::{RData, RecordType, rdata::SRV};
use serde_json::{Value, json};

const NAME: &str = "billing.test";

fn to(mut dns: Value) -> Value {
    dns["min_ttl"] = json!("100ms");
    json!([{"id": "billing", "path": "/**", "plugins": [
        {"plugin": "dns", "settings": dns}, {"plugin": "proxy", "settings": {"preserve_host": false}}]}])
}

async fn app(server: &NameServer, routes: Value) -> TestApp {
    TestApp::with(routes, |_, own: &mut GatewaySettings| own.name_servers = vec![server.address]).await
}

/// Two upstreams on one port, at 127.0.0.1 and 127.0.0.2.
async fn pair() -> (Upstream, Upstream) {
    loop {
        let a = Upstream::answering(ok("a")).await;
        let other = std::net::SocketAddr::from(([127, 0, 0, 2], a.address.port()));
        // Somebody else may have the port there.
        if std::net::TcpListener::bind(other).is_ok() {
            return (a, Upstream::answering_at(other, ok("b")).await);
        }
    }
}

/// Repeats the request until this is the answer.
async fn says(app: &TestApp, status: u16, text: &str) {
    let answers = async {
        loop {
            let reply = app.get("/").await;
            if reply.status == status && reply.text().contains(text) {
                return;
            }
        }
    };
    soon(answers).await;
}

#[actix_rt::test]
async fn a_name_leads_to_its_addresses_and_follows_them() {
    let (server, (a, b)) = (NameServer::start().await, pair().await);
    server.set_addresses(NAME, &["127.0.0.1"]);
    let app = app(&server, to(json!({"host": NAME, "port": a.address.port()}))).await;
    let reply = app.get("/").await;
    assert_eq!((reply.status, reply.text().as_str()), (200, "a"), "the table takes effect when the name is known");
    assert!(a.last().to_lowercase().contains(&format!("\r\nhost: {NAME}:{}\r\n", a.address.port())), "{}", a.last());
    server.set_addresses(NAME, &["127.0.0.2"]);
    says(&app, 200, "b").await;
    let before = a.requests();
    for _ in 0..20 {
        assert_eq!(app.get("/").await.text(), "b");
    }
    assert_eq!(a.requests(), before);
    server.set_addresses(NAME, &["127.0.0.1", "127.0.0.2"]);
    says(&app, 200, "a").await;
    let before = b.requests();
    until("both are asked", || a.requests() > 0).await;
    soon(async {
        while b.requests() < before + 3 {
            app.get("/").await;
        }
    })
    .await;
    // That there is none is an answer, too: an address that the name has lost may be somebody else's.
    server.set_addresses(NAME, &[]);
    says(&app, 503, "service-down").await;
    server.set_addresses(NAME, &["127.0.0.1"]);
    says(&app, 200, "a").await;
}

#[actix_rt::test]
async fn the_last_addresses_hold_while_dns_fails() {
    let (server, (a, _b)) = (NameServer::start().await, pair().await);
    server.set_addresses(NAME, &["127.0.0.1"]);
    let app = app(&server, to(json!({"host": NAME, "port": a.address.port(), "name": "billing"}))).await;
    assert_eq!(app.get("/").await.text(), "a");
    server.fail(true);
    let failed = |metrics: String| {
        let line = "gateway_dns_lookups_total{service=\"billing\",outcome=\"failed\"} ";
        metrics.lines().find_map(|counted| counted.strip_prefix(line)?.parse::<u32>().ok()).unwrap_or_default()
    };
    soon(async { while failed(app.metrics().await) < 3 {} }).await;
    for _ in 0..10 {
        assert_eq!(app.get("/").await.text(), "a");
    }
    server.set_addresses(NAME, &["127.0.0.2"]);
    server.fail(false);
    says(&app, 200, "b").await;
}

#[actix_rt::test]
async fn a_table_takes_effect_though_dns_fails() {
    let (server, (a, _b)) = (NameServer::start().await, pair().await);
    server.fail(true);
    let app = app(&server, to(json!({"host": NAME, "port": a.address.port()}))).await;
    let reply = app.get("/").await;
    assert_eq!((reply.status, reply.code().as_str(), reply.header("retry-after")), (503, "service-down", Some("1")));
    server.set_addresses(NAME, &["127.0.0.1"]);
    server.fail(false);
    says(&app, 200, "a").await;
}

#[actix_rt::test]
async fn a_name_is_asked_for_when_its_time_to_live_is_over_and_once_for_all_routes() {
    let (server, (a, _b)) = (NameServer::start().await, pair().await);
    server.set("long.test", RecordType::A, 3600, vec![RData::A("127.0.0.1".parse().unwrap())]);
    server.set_addresses("short.test", &["127.0.0.1"]);
    let route = |path: &str, host: &str| {
        let settings = json!({"host": host, "port": a.address.port(), "min_ttl": "100ms"});
        json!({"id": &path[1..], "path": path, "plugins": [{"plugin": "dns", "settings": settings}, {"plugin": "proxy"}]})
    };
    let routes = || json!([route("/a", "long.test"), route("/b", "long.test"), route("/c", "short.test")]);
    let app = app(&server, routes()).await;
    // What is known outlives a table.
    app.publish(routes()).await;
    for path in ["/a", "/b", "/c"] {
        assert_eq!(app.get(path).await.text(), "a", "{path}");
    }
    until("the short one is asked for again", || server.asked("short.test", RecordType::A) >= 5).await;
    assert_eq!((server.asked("long.test", RecordType::A), server.asked("long.test", RecordType::AAAA)), (1, 1));
}

#[actix_rt::test]
async fn addresses_of_a_name_are_checked_too() {
    let (server, (a, b)) = (NameServer::start().await, pair().await);
    server.set_addresses(NAME, &["127.0.0.1", "127.0.0.2"]);
    a.close();
    soon(async { while tokio::net::TcpStream::connect(a.address).await.is_ok() {} }).await;
    let settings = json!({"host": NAME, "port": b.address.port(), "name": "billing", "health_path": "/", "health_interval": "100ms"});
    let app = app(&server, to(settings)).await;
    for _ in 0..20 {
        let reply = app.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx").await;
        assert_eq!((reply.status, reply.text().as_str()), (200, "b"));
    }
    assert!(!app.metrics().await.contains("gateway_upstream_failures_total{service=\"billing\""), "nobody had to find out by a request");
}

#[actix_rt::test]
async fn a_table_from_disk_asks_for_its_names_while_the_registry_is_unreachable() {
    let (server, (a, _b)) = (NameServer::start().await, pair().await);
    server.set_addresses(NAME, &["127.0.0.1"]);
    let app = app(&server, to(json!({"host": NAME, "port": a.address.port()}))).await;
    let data = tempfile::tempdir().unwrap();
    std::fs::copy(app.data.path().join("table.json"), data.path().join("table.json")).unwrap();
    app.stop();
    app.stopped().await;
    let registry = MemoryRegistry::new();
    let again = TestApp::on(registry.clone(), data, |_, own| {
        registry.cut();
        own.name_servers = vec![server.address];
    });
    until("the copy is in force", || again.table().from_disk).await;
    says(&again, 200, "a").await;
}

fn srv(priority: u16, weight: u16, port: u16, target: &str) -> RData {
    RData::SRV(SRV::new(priority, weight, port, target.parse().unwrap()))
}

#[actix_rt::test]
async fn srv_records_say_ports_weights_and_priorities() {
    let (server, (a, b)) = (NameServer::start().await, pair().await);
    let (c, name) = (Upstream::answering(ok("c")).await, "_http._tcp.billing.test");
    server.set_addresses("one.test", &["127.0.0.1"]);
    server.set_addresses("two.test", &["127.0.0.2"]);
    let port = a.address.port();
    let first = [srv(1, 4, port, "one.test."), srv(1, 1, port, "two.test.")];
    server.set(name, RecordType::SRV, 0, [&first[..], &[srv(2, 9, c.address.port(), "one.test.")]].concat());
    let app = app(&server, to(json!({"host": name, "record": "SRV", "name": "billing"}))).await;
    for _ in 0..400 {
        assert_eq!(app.get("/").await.status, 200);
    }
    // 80 of 400, with a standard deviation of 8.
    assert!((40..=120).contains(&b.requests()), "{} of 400", b.requests());
    assert_eq!((a.requests() + b.requests(), c.requests()), (400, 0), "a higher number only stands in");
    let admin = Operator::admin(&app).await;
    let listed = admin.get("/services").await.json();
    let service = listed["services"].as_array().unwrap().iter().find(|service| service["name"] == "billing").unwrap();
    assert_eq!((&service["source"], &service["routes"]), (&json!("dns"), &json!(["billing"])));
    let urls: Vec<_> = service["instances"].as_array().unwrap().iter().map(|one| one["url"].clone()).collect();
    assert_eq!(urls, [json!(format!("http://127.0.0.1:{port}")), json!(format!("http://127.0.0.2:{port}"))]);
    server.set(name, RecordType::SRV, 0, vec![srv(2, 0, c.address.port(), "one.test.")]);
    says(&app, 200, "c").await;
    // RFC 2782: there is no such service.
    server.set(name, RecordType::SRV, 0, vec![srv(0, 0, 0, ".")]);
    says(&app, 503, "service-down").await;
}

#[actix_rt::test]
async fn over_tls_the_certificate_must_be_for_the_name_that_was_asked_for() {
    let (authority, server, plain) = (Authority::new(), NameServer::start().await, Upstream::answering(ok("encrypted")).await);
    let encrypted = Terminator::start(&plain, &authority.sign(&[NAME])).await;
    let (folder, port) = (tempfile::tempdir().unwrap(), encrypted.address.port());
    let file = folder.path().join("authority.pem");
    std::fs::write(&file, &authority.pem).unwrap();
    server.set_addresses(NAME, &["127.0.0.1"]);
    server.set_addresses("else.test", &["127.0.0.1"]);
    // What DNS says of targets is not what is trusted.
    server.set("_https._tcp.billing.test", RecordType::SRV, 0, vec![srv(0, 0, port, "else.test.")]);
    server.set("_https._tcp.else.test", RecordType::SRV, 0, vec![srv(0, 0, port, "billing.test.")]);
    let addresses = |host: &str| json!({"host": host, "port": port, "scheme": "https"});
    let services = |host: &str| json!({"host": host, "record": "SRV", "scheme": "https"});
    for (dns, status) in [
        (addresses(NAME), 200),
        (addresses("else.test"), 502),
        (services("_https._tcp.billing.test"), 200),
        (services("_https._tcp.else.test"), 502),
    ] {
        let app = TestApp::with(to(dns.clone()), |_, own: &mut GatewaySettings| {
            (own.name_servers, own.upstream_ca) = (vec![server.address], Some(file.clone()));
        })
        .await;
        assert_eq!(app.get("/").await.status, status, "{dns}");
    }
}
