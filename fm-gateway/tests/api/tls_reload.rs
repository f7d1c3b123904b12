//! Certificates that change while they are in use.

use crate::support::{Authority, Client, Encrypted, Signed, TestApp, soon};
use fm_gateway::{Application, GatewaySettings, front::CertificateFiles};
use fm_sdk::{config::Settings, identity::TokenPolicy, registry::MemoryRegistry};
use rcgen::date_time_ymd;
use serde_json::{Value, json};
use std::{fs, path::PathBuf, sync::Arc, time::Duration};

const GET: &str = "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n";

fn hello() -> Value {
    json!([{"path": "/**", "plugins": [{"plugin": "respond", "settings": {"body": "hello"}}]}])
}

/// Waits until new connections get this certificate.
async fn shows(served: &Encrypted, signed: &Signed) {
    soon(async {
        while served.connect().await.shown() != signed.der() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}

#[actix_rt::test]
async fn a_new_certificate_is_used_and_no_connection_is_lost() {
    let served = Encrypted::start(hello(), |_, _, _| ()).await;
    let mut old = served.connect().await;
    let file = served.folder.path().join("a.pem");
    for n in 1..=3 {
        let new = served.authority.sign(&["a.test"]);
        new.write(&file);
        shows(&served, &new).await;
        assert_eq!(old.ask(GET).await.text(), "hello", "a connection that stands goes on");
        served.app.counts(&format!("gateway_tls_reloads_total{{code=\"loaded\"}} {n}")).await;
    }
}

#[actix_rt::test]
async fn a_certificate_that_cannot_be_used_never_takes_the_place_of_one_that_can() {
    let served = Encrypted::start(hello(), |tls, authority, folder| {
        // The second one goes on changing while the first one is wrong.
        tls.certificates.push(authority.sign(&["b.test"]).write(&folder.path().join("b.pem")));
    })
    .await;
    let (file, authority) = (served.folder.path().join("a.pem"), &served.authority);
    let shown = served.connect().await.shown();
    let (good, other) = (authority.sign(&["a.test"]), authority.sign(&["a.test"]));
    let expired = authority.sign_with(&["a.test"], |params| params.not_after = date_time_ymd(2020, 1, 1));
    let early = authority.sign_with(&["a.test"], |params| params.not_before = date_time_ymd(3000, 1, 1));
    let whole = |signed: &Signed| format!("{}{}", signed.chain, signed.key);
    for (n, (why, text)) in [
        ("half written", whole(&good)[..300].to_owned()),
        ("without its key", good.chain.clone()),
        ("without its certificate", good.key.clone()),
        ("another one's key", format!("{}{}", good.chain, other.key)),
        ("expired", whole(&expired)),
        ("not valid yet", whole(&early)),
        ("expired further up the chain", format!("{}{}{}", good.chain, expired.chain, good.key)),
        ("something else", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".into()),
        ("empty", String::new()),
    ]
    .into_iter()
    .enumerate()
    {
        fs::write(&file, text).unwrap();
        served.app.counts(&format!("gateway_tls_reloads_total{{code=\"refused\"}} {}", n + 1)).await;
        assert_eq!(served.connect().await.shown(), shown, "{why}");
    }
    fs::remove_file(&file).unwrap();
    served.app.counts("gateway_tls_reloads_total{code=\"refused\"} 10").await;
    let new = authority.sign(&["b.test"]);
    new.write(&served.folder.path().join("b.pem"));
    soon(async { while Client::encrypted(served.app.tls.unwrap(), &served.client, "b.test").await.unwrap().shown() != new.der() {} }).await;
    assert_eq!(served.connect().await.shown(), shown);
    good.write(&file);
    shows(&served, &good).await;
}

#[actix_rt::test]
async fn other_authorities_hold_for_new_connections_and_for_old_sessions() {
    let (before, after) = (Authority::new(), Authority::new());
    let served = Encrypted::start(hello(), |tls, _, folder| {
        let file = folder.path().join("clients.pem");
        fs::write(&file, &before.pem).unwrap();
        tls.client_authorities = Some(file);
    })
    .await;
    let known = crate::support::connector(&served.authority, rustls::DEFAULT_VERSIONS, &[], Some(&before.sign(&["anna"])));
    let address = served.app.tls.unwrap();
    let mut client = Client::encrypted(address, &known, "a.test").await.unwrap();
    assert_eq!(client.ask(GET).await.text(), "hello");
    let mut again = Client::encrypted(address, &known, "a.test").await.unwrap();
    assert_eq!(again.ask(GET).await.text(), "hello");
    assert_eq!(again.io.get_ref().1.handshake_kind(), Some(rustls::HandshakeKind::Resumed), "it has a ticket");
    fs::write(served.folder.path().join("clients.pem"), &after.pem).unwrap();
    served.app.counts("gateway_tls_reloads_total{code=\"loaded\"} 1").await;
    let refused = match Client::encrypted(address, &known, "a.test").await {
        Err(_) => true,
        Ok(mut client) => {
            let _ = tokio::io::AsyncWriteExt::write_all(&mut client.io, GET.as_bytes()).await;
            client.reply(false).await.is_none()
        }
    };
    assert!(refused, "a ticket of before does not count any more");
}

#[actix_rt::test]
async fn a_start_with_certificates_that_cannot_be_used_fails_with_the_setting_and_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let start = |certificates: Vec<CertificateFiles>, clients: Option<PathBuf>| {
        let mut own = GatewaySettings::default();
        own.tls.address = Some("127.0.0.1:0".into());
        (own.tls.certificates, own.tls.client_authorities) = (certificates, clients);
        let settings = Settings { data: Some(folder.path().into()), ..Settings::memory() };
        Application::on(settings, own, Arc::new(MemoryRegistry::new()), TokenPolicy::default()).err()
    };
    let authority = Authority::new();
    let good = authority.sign(&["a.test"]).write(&folder.path().join("good.pem"));
    let expired =
        authority.sign_with(&["a.test"], |params| params.not_after = date_time_ymd(2020, 1, 1)).write(&folder.path().join("expired.pem"));
    let missing = folder.path().join("missing.pem");
    let files = |file: &PathBuf| CertificateFiles { chain: file.clone(), key: file.clone() };
    for (error, setting, what) in [
        (start(vec![], None), "FM_GATEWAY_TLS_CERTIFICATES", "needs a certificate"),
        (start(vec![files(&missing)], None), "FM_GATEWAY_TLS_CERTIFICATES", "missing.pem"),
        (start(vec![good.clone(), expired], None), "FM_GATEWAY_TLS_CERTIFICATES", "expired at 2020-01-01T"),
        (start(vec![good.clone()], Some(missing)), "FM_GATEWAY_TLS_CLIENT_CA", "missing.pem"),
    ] {
        let error = error.expect("it starts");
        assert!(error.code() == "tls-certificate" && error.message().contains(setting) && error.message().contains(what), "{error:?}");
    }
    assert!(start(vec![good], None).is_none());
    let none = TestApp::with_routes(hello()).await;
    assert_eq!(none.tls, None);
}
