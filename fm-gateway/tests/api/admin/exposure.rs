//! The operators' port: what is refused where others may listen, and clients that stop sending.

use super::respond;
use crate::support::{Client, Operator, Reply, TestApp, one_time_password, soon};
use fm_gateway::admin::ClearText;
use serde_json::json;
use std::time::Duration;

pub(super) fn sign_in(name: &str, password: &str) -> String {
    let body = json!({"name": name, "password": password}).to_string();
    format!(
        "POST /admin/api/session HTTP/1.1\r\nHost: a.test\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

pub(super) fn cookie(reply: &Reply) -> String {
    let head = String::from_utf8_lossy(&reply.raw_head).into_owned();
    head.lines().find(|line| line.starts_with("set-cookie: fm_gateway_session")).unwrap_or_else(|| panic!("no cookie: {head}")).to_owned()
}

/// A gateway whose port is bound to all addresses, in clear text.
async fn exposed(clear_text: ClearText) -> TestApp {
    let mut app = TestApp::with(respond("first"), |_, own| {
        own.admin_http = "0.0.0.0:0".into();
        own.admin_clear_text = clear_text;
    })
    .await;
    app.admin.set_ip([127, 0, 0, 1].into());
    app
}

#[actix_rt::test]
async fn an_exposed_port_without_tls_has_health_and_metrics_alone() {
    let app = exposed(ClearText::Loopback).await;
    let password = one_time_password(&app).await;
    let nobody = Operator::nobody(&app);
    let credentials = json!({"name": "admin", "password": password});
    let token = Operator::with_token(&app, "fmgw_0123456789ab_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    for reply in [nobody.json("POST", "/session", credentials).await, nobody.get("/table").await, token.get("/table").await] {
        assert_eq!((reply.status, reply.code()), (403, "tls-needed".into()));
        assert!(reply.header("set-cookie").is_none() && reply.text().contains("FM_ADMIN_CLEAR_TEXT"), "{}", reply.text());
    }
    for (language, wanted) in [("en", "This needs TLS"), ("de", "Dafür ist TLS nötig")] {
        let page = nobody.send("GET", "/admin/sign-in", &format!("Accept-Language: {language}\r\n"), "").await;
        assert!(page.status == 403 && page.text().contains(wanted) && !page.text().contains("name=\"password\""), "{}", page.text());
    }
    for path in ["/health/ready", "/health/live", "/metrics"] {
        assert_eq!(nobody.send("GET", path, "", "").await.status, 200, "{path}");
    }
    assert_eq!(app.get("/").await.text(), "first", "clients are served as before");
}

#[actix_rt::test]
async fn a_port_that_is_said_to_be_private_or_behind_tls_lets_operators_sign_in() {
    for (clear_text, is_secure) in [(ClearText::PrivateNetwork, false), (ClearText::BehindTls, true)] {
        let app = exposed(clear_text).await;
        let password = one_time_password(&app).await;
        let signed = Client::connect(app.admin).await.ask(&sign_in("admin", &password)).await;
        assert_eq!(signed.status, 201, "{}", signed.text());
        assert_eq!(cookie(&signed).contains("Secure"), is_secure, "{clear_text:?}");
    }
}

#[actix_rt::test]
async fn a_client_that_stops_within_a_body_is_refused_by_the_operators_port() {
    let app = TestApp::with(respond("first"), |settings, _| settings.body_timeout = Duration::from_millis(200)).await;
    let admin = Operator::admin(&app).await;
    let own = &admin.head;
    for (what, framing) in [
        ("a length", "Content-Length: 100\r\n\r\n{\"name\":"),
        ("chunks", "Transfer-Encoding: chunked\r\n\r\n8\r\n{\"name\":\r\n"),
        ("half a chunk", "Transfer-Encoding: chunked\r\n\r\n64\r\n{\"na"),
    ] {
        let mut client = Client::connect(app.admin).await;
        let head = format!("POST /admin/api/table/validate HTTP/1.1\r\nHost: a.test\r\nContent-Type: application/json\r\n{own}");
        client.send(format!("{head}{framing}")).await;
        let reply = soon(client.reply(false)).await.expect("an answer");
        assert_eq!((reply.status, reply.code()), (408, "request-timeout".into()), "{what}: {}", reply.text());
        assert!(client.is_closed().await, "{what}: the connection stays");
    }
    assert_eq!(admin.get("/session").await.status, 200, "who sends whole requests is served");
}
