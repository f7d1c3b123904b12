//! Certificates that gateways get by themselves, from pebble.

mod pebble;

use crate::support::{Authority, Client, NameServer, TestApp, put, soon, table_of, until};
use fm_gateway::{GatewaySettings, acme::AcmeSettings};
use fm_sdk::registry::{Change, Entry, Etcd, Expect, MemoryRegistry, Registry};
use fm_sdk_testing::servers::EtcdServer;
use pebble::Pebble;
use rustls::pki_types::CertificateDer;
use serde_json::{Value, json};
use std::{fs, io, os::unix::fs::PermissionsExt, path::PathBuf, time::Duration};
use tempfile::{TempDir, tempdir};
use tokio_rustls::TlsConnector;

const PREFIX: &str = "/fm/gateway/acme/";
const GET: &str = "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n";

/// Gateways of one market that are to get a certificate for a.test and b.test, which lead to 127.0.0.1.
struct Scene {
    pebble: Pebble,
    names: NameServer,
    registry: MemoryRegistry,
    folder: TempDir,
}

impl Scene {
    async fn new() -> Scene {
        let (names, registry) = (NameServer::start().await, MemoryRegistry::new());
        names.set_addresses("a.test", &["127.0.0.1"]);
        names.set_addresses("b.test", &["127.0.0.1"]);
        let hello = json!([{"path": "/**", "plugins": [{"plugin": "respond", "settings": {"body": "hello"}}]}]);
        put(&registry, &table_of(hello).to_string()).await;
        let scene = Scene { pebble: Pebble::new(), names, registry, folder: tempdir().unwrap() };
        scene.write_keys("keys", &[7]);
        scene
    }

    /// Writes sealing keys into a file.
    fn write_keys(&self, name: &str, keys: &[u8]) -> PathBuf {
        let file = self.folder.path().join(name);
        let line = |n: &u8| base64::Engine::encode(&base64::engine::general_purpose::STANDARD, [*n; 32]);
        fs::write(&file, keys.iter().map(line).collect::<Vec<_>>().join("\n")).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        file
    }

    fn configure(&self, own: &mut GatewaySettings) {
        own.tls.address = Some("127.0.0.1:0".into());
        own.tls.reload = Duration::from_millis(20);
        own.acme = AcmeSettings {
            directory: Some(self.pebble.directory()),
            names: vec!["a.test".into(), "b.test".into()],
            contact: vec!["operators@a.test".into()],
            accept_terms: true,
            sealing_keys: Some(self.folder.path().join("keys")),
            authorities: Some(self.pebble.authorities()),
            retry: Duration::from_millis(100),
        };
    }

    async fn gateway(&self) -> TestApp {
        self.gateway_with(tempdir().unwrap(), |_| ()).await
    }

    async fn gateway_with(&self, data: TempDir, change: impl FnOnce(&mut GatewaySettings)) -> TestApp {
        let app = TestApp::on(self.registry.clone(), data, |_, own| {
            self.configure(own);
            change(own);
        });
        app.loaded().await;
        app
    }

    /// Starts pebble, which validates names by asking this gateway.
    async fn start(&mut self, app: &TestApp, settings: Value, environment: &[(&str, &str)]) -> TlsConnector {
        self.pebble.start(app.address.port(), &self.names, settings, environment).await;
        self.pebble.client().await
    }

    async fn entries(&self) -> Vec<(String, Entry)> {
        self.registry.list(PREFIX).await.unwrap().entries.into_iter().collect()
    }
}

async fn connect(
    app: &TestApp,
    client: &TlsConnector,
    name: &str,
) -> io::Result<Client<tokio_rustls::client::TlsStream<tokio::net::TcpStream>>> {
    Client::encrypted(app.tls.unwrap(), client, name).await
}

/// The certificate of a gateway, as soon as it has one that this client trusts.
async fn shown(app: &TestApp, client: &TlsConnector) -> CertificateDer<'static> {
    soon(async {
        loop {
            match connect(app, client, "a.test").await {
                Ok(connection) => return connection.shown(),
                Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
            }
        }
    })
    .await
}

/// How often a code was counted.
async fn counted(app: &TestApp, code: &str) -> u32 {
    let line = format!("gateway_acme_orders_total{{code=\"{code}\"}} ");
    app.metrics().await.lines().find_map(|counted| counted.strip_prefix(&line)?.parse().ok()).unwrap_or_default()
}

async fn until_counted(app: &TestApp, code: &str) {
    soon(async {
        while counted(app, code).await == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}

fn short(seconds: u32) -> Value {
    json!({"profiles": {"default": {"description": "short", "validityPeriod": seconds}}})
}

#[actix_rt::test]
async fn a_certificate_is_ordered_when_the_server_can_be_reached_and_its_key_lies_sealed() {
    let mut scene = Scene::new().await;
    let (authority, file) = (Authority::new(), scene.folder.path().join("a.pem"));
    let app = scene
        .gateway_with(tempdir().unwrap(), |own| {
            own.tls.certificates = vec![authority.sign(&["a.test"]).write(&file)];
            own.tls.redirect = Some(443);
        })
        .await;
    until_counted(&app, "acme-unreachable").await;
    let client = crate::support::connector(&authority, rustls::DEFAULT_VERSIONS, &["http/1.1"], None);
    let mut old = connect(&app, &client, "a.test").await.expect("the file bridges the time until there is a certificate");
    // Nonces are rejected as often as not even three attempts help now and then.
    let client = scene.start(&app, json!({}), &[("PEBBLE_WFE_NONCEREJECT", "20")]).await;
    shown(&app, &client).await;
    let mut new = connect(&app, &client, "b.test").await.unwrap();
    assert_eq!((new.ask(GET).await.text().as_str(), old.ask(GET).await.text().as_str()), ("hello", "hello"));
    app.counts("gateway_acme_orders_total{code=\"issued\"} 1").await;
    assert!(app.metrics().await.contains("gateway_tls_certificate_expiry_timestamp_seconds{file=\"acme\"} "));
    assert_eq!(app.get("/.well-known/acme-challenge/unknown").await.status, 308, "an unknown token goes the way of all requests");
    let entries = scene.entries().await;
    let keys: Vec<&str> = entries.iter().map(|(key, _)| key[PREFIX.len()..].split('/').next().unwrap()).collect();
    assert_eq!(keys, ["accounts", "certificates", "nodes"], "answers and failures are taken back");
    for (key, entry) in &entries {
        assert!(!entry.value.contains("PRIVATE") && !entry.value.contains("key_pkcs8"), "{key}: {}", entry.value);
    }
    let copy = app.data.path().join("acme-certificate.json");
    until("the certificate is copied", || copy.exists()).await;
    assert!(!fs::read_to_string(copy).unwrap().contains("PRIVATE"));
}

#[actix_rt::test]
async fn gateways_share_one_order_and_the_next_one_renews_when_the_first_has_stopped() {
    let mut scene = Scene::new().await;
    let first = scene.gateway().await;
    let second = scene.gateway().await;
    // The second one is asked for what the first one has ordered.
    let client = scene.start(&second, short(7), &[]).await;
    let certificate = shown(&first, &client).await;
    assert_eq!(shown(&second, &client).await, certificate);
    assert_eq!((counted(&first, "issued").await, counted(&second, "issued").await, scene.pebble.issued()), (1, 0, 1));
    let mut old = connect(&second, &client, "a.test").await.unwrap();
    first.stop();
    first.stopped().await;
    soon(async {
        while shown(&second, &client).await == certificate {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    assert_eq!(old.ask(GET).await.text(), "hello", "a connection that stands goes on");
    assert_eq!((counted(&second, "issued").await, scene.pebble.issued()), (1, 2));
}

#[actix_rt::test]
async fn gateways_share_one_order_through_etcd() {
    let (mut scene, etcd) = (Scene::new().await, EtcdServer::start().await.unwrap());
    let gateway = || {
        let backend = Etcd::connect(etcd.url()).unwrap();
        TestApp::on_backend(backend, MemoryRegistry::new(), tempdir().unwrap(), |_, own| scene.configure(own))
    };
    let (first, second) = (gateway(), gateway());
    until_counted(&first, "acme-unreachable").await;
    let client = scene.start(&second, json!({}), &[]).await;
    let certificate = shown(&first, &client).await;
    assert_eq!(shown(&second, &client).await, certificate);
    assert_eq!((counted(&first, "issued").await, counted(&second, "issued").await, scene.pebble.issued()), (1, 0, 1));
    let entries = Etcd::connect(etcd.url()).unwrap().list(PREFIX).await.unwrap().entries;
    assert!(entries.keys().all(|key| !key.contains("/challenges/") && !key.contains("/backoff/")), "{entries:?}");
}

#[actix_rt::test]
async fn a_server_that_has_lost_the_account_gets_another_one() {
    let mut scene = Scene::new().await;
    let app = scene.gateway().await;
    let client = scene.start(&app, short(6), &[]).await;
    shown(&app, &client).await;
    scene.pebble.stop();
    let client = scene.start(&app, json!({}), &[]).await;
    shown(&app, &client).await;
    assert_eq!(counted(&app, "issued").await, 2);
}

#[actix_rt::test]
async fn a_name_that_leads_elsewhere_is_not_validated_until_it_leads_here() {
    let mut scene = Scene::new().await;
    scene.names.set_addresses("b.test", &["127.0.0.9"]);
    let app = scene.gateway().await;
    let client = scene.start(&app, json!({}), &[]).await;
    until_counted(&app, "acme-challenge").await;
    let rest = scene.entries().await.into_iter().find(|(key, _)| key.starts_with("/fm/gateway/acme/backoff/")).unwrap().1;
    let rest: Value = serde_json::from_str(&rest.value).unwrap();
    assert!(rest["failures"].as_u64().unwrap() > 0 && rest["code"].is_string(), "{rest}");
    scene.names.set_addresses("b.test", &["127.0.0.1"]);
    shown(&app, &client).await;
    assert_eq!(scene.pebble.issued(), 1);
}

#[actix_rt::test]
async fn a_name_that_the_server_refuses_leaves_the_certificate_in_force() {
    let mut scene = Scene::new().await;
    let (authority, file) = (Authority::new(), scene.folder.path().join("a.pem"));
    let change = |own: &mut GatewaySettings| own.tls.certificates = vec![authority.sign(&["a.test"]).write(&file)];
    let app = scene.gateway_with(tempdir().unwrap(), change).await;
    scene.start(&app, json!({"domainBlocklist": ["b.test"]}), &[]).await;
    until_counted(&app, "acme-refused").await;
    let client = crate::support::connector(&authority, rustls::DEFAULT_VERSIONS, &["http/1.1"], None);
    assert_eq!(connect(&app, &client, "a.test").await.unwrap().ask(GET).await.text(), "hello");
    assert_eq!(scene.pebble.issued(), 0);
}

#[actix_rt::test]
async fn a_restart_takes_what_is_in_the_registry_or_on_disk_and_what_is_sealed_otherwise_is_left_alone() {
    let mut scene = Scene::new().await;
    let app = scene.gateway().await;
    let client = scene.start(&app, json!({}), &[]).await;
    let certificate = shown(&app, &client).await;
    let copy = app.data.path().join("acme-certificate.json");
    until("the certificate is copied", || copy.exists()).await;
    app.stop();
    app.stopped().await;
    let again = scene.gateway().await;
    assert_eq!(shown(&again, &client).await, certificate);
    // Another key: it neither shows nor replaces what others use.
    let other = scene.write_keys("other", &[8]);
    let stranger = scene.gateway_with(tempdir().unwrap(), |own| own.acme.sealing_keys = Some(other)).await;
    until_counted(&stranger, "acme-sealed").await;
    connect(&stranger, &client, "a.test").await.err().expect("there is no certificate to show");
    again.stop();
    again.stopped().await;
    // A new key in front of the old one.
    let both = scene.write_keys("both", &[8, 7]);
    let rotated = scene.gateway_with(tempdir().unwrap(), |own| own.acme.sealing_keys = Some(both)).await;
    assert_eq!(shown(&rotated, &client).await, certificate);
    // What was changed in the registry does not take the place of what is good.
    let (key, entry) = scene.entries().await.into_iter().find(|(key, _)| key.starts_with("/fm/gateway/acme/certificates/")).unwrap();
    let mut record: Value = serde_json::from_str(&entry.value).unwrap();
    let signed = Authority::new().sign(&["a.test", "b.test"]);
    record["chain"] = json!(signed.chain);
    scene.registry.commit(vec![Change { key, expect: Expect::Any, value: Some(record.to_string()) }]).await.unwrap();
    until_counted(&rotated, "acme-certificate").await;
    assert_eq!(shown(&rotated, &client).await, certificate);
    let unreachable = MemoryRegistry::new();
    unreachable.cut();
    let alone = TestApp::on_backend(unreachable, MemoryRegistry::new(), app.data, |_, own| scene.configure(own));
    assert_eq!(shown(&alone, &client).await, certificate, "the copy on disk is shown while the registry cannot be reached");
}
