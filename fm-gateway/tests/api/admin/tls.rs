//! TLS of the operators' port.

use super::{
    exposure::{cookie, sign_in},
    respond,
};
use crate::support::{Authority, Client, Operator, Signed, TestApp, connector, one_time_password, put, soon, table_of};
use fm_gateway::{Application, GatewaySettings, front::CertificateFiles};
use fm_sdk::{config::Settings, identity::TokenPolicy, registry::MemoryRegistry};
use rustls::version::{TLS12, TLS13};
use serde_json::json;
use std::{fs, sync::Arc, time::Duration};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};

const METRICS: &str = "GET /metrics HTTP/1.1\r\nHost: a.test\r\n\r\n";

/// A gateway whose port for operators is bound to all addresses and speaks TLS.
struct Served {
    app: TestApp,
    authority: Authority,
    folder: TempDir,
    client: TlsConnector,
}

impl Served {
    async fn start() -> Served {
        let (registry, authority, folder) = (MemoryRegistry::new(), Authority::new(), tempfile::tempdir().unwrap());
        put(&registry, &table_of(respond("first")).to_string()).await;
        let served = Served::on(registry, authority, folder);
        served.app.loaded().await;
        served
    }

    fn on(registry: MemoryRegistry, authority: Authority, folder: TempDir) -> Served {
        let certificate = authority.sign(&["a.test"]).write(&folder.path().join("a.pem"));
        let mut app = TestApp::on(registry, tempfile::tempdir().unwrap(), |settings, own| {
            settings.instance = Some("encrypted".into());
            settings.advertise = Some("http://gateway-1.test:8080".parse().unwrap());
            own.admin_http = "0.0.0.0:0".into();
            own.admin_tls_certificates = vec![certificate];
            own.tls.reload = Duration::from_millis(20);
        });
        app.admin.set_ip([127, 0, 0, 1].into());
        let client = connector(&authority, rustls::DEFAULT_VERSIONS, &["h2", "http/1.1"], None);
        Served { app, authority, folder, client }
    }

    async fn connect(&self) -> Client<TlsStream<TcpStream>> {
        Client::encrypted(self.app.admin, &self.client, "a.test").await.unwrap()
    }

    /// Waits until new connections get this certificate.
    async fn shows(&self, signed: &Signed) {
        soon(async {
            while self.connect().await.shown() != signed.der() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
        .await;
    }

    /// Waits until a line is among what it counts.
    async fn counts(&self, line: &str) {
        soon(async {
            while !self.connect().await.ask(METRICS).await.text().lines().any(|counted| counted == line) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
        .await;
    }
}

#[actix_rt::test]
async fn operators_sign_in_over_tls_anywhere_and_their_cookie_is_secure() {
    let served = Served::start().await;
    let password = one_time_password(&served.app).await;
    for version in [&TLS12, &TLS13] {
        let client = connector(&served.authority, &[version], &[], None);
        let mut client = Client::encrypted(served.app.admin, &client, "a.test").await.unwrap();
        let signed = client.ask(&sign_in("admin", &password)).await;
        assert_eq!((signed.status, signed.header("strict-transport-security")), (201, Some("max-age=31536000")), "{}", signed.text());
        let cookie = cookie(&signed);
        assert!(cookie.contains("; Secure") && cookie.contains("; HttpOnly"), "{cookie}");
        let page = client.ask("GET /admin/sign-in HTTP/1.1\r\nHost: a.test\r\n\r\n").await;
        assert!(page.status == 200 && page.text().contains("name=\"password\""), "{}", page.text());
    }
    assert_eq!(served.connect().await.io.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
    let strangers = connector(&Authority::new(), rustls::DEFAULT_VERSIONS, &[], None);
    assert!(Client::encrypted(served.app.admin, &strangers, "a.test").await.is_err(), "it is signed by another authority");
    let announced = served.app.services().instances("fm-gateway")[0].metadata["admin"].clone();
    assert_eq!(announced, format!("https://gateway-1.test:{}", served.app.admin.port()));
    assert_eq!(served.app.get("/").await.text(), "first", "clients are served as before");
}

#[actix_rt::test]
async fn in_clear_text_pages_lead_to_https_and_all_the_rest_is_refused() {
    let served = Served::start().await;
    let password = one_time_password(&served.app).await;
    let page = Client::connect(served.app.admin).await.ask("GET /admin/routes?q=x HTTP/1.1\r\nHost: a.test:8081\r\n\r\n").await;
    assert_eq!((page.status, page.header("location")), (308, Some("https://a.test:8081/admin/routes?q=x")));
    let token = "Authorization: Bearer fmgw_0123456789ab_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    for request in [
        sign_in("admin", &password),
        format!("GET /admin/api/table HTTP/1.1\r\nHost: a.test\r\n{token}\r\n\r\n"),
        "GET /admin/ HTTP/1.0\r\n\r\n".into(),
    ] {
        let reply = Client::connect(served.app.admin).await.ask(&request).await;
        assert_eq!((reply.status, reply.code()), (403, "tls-needed".into()), "{request}");
        assert!(reply.header("set-cookie").is_none() && reply.header("strict-transport-security").is_none(), "{request}");
    }
}

#[actix_rt::test]
async fn a_new_certificate_is_used_and_a_wrong_one_never_takes_its_place() {
    let served = Served::start().await;
    let (mut old, file) = (served.connect().await, served.folder.path().join("a.pem"));
    let new = served.authority.sign(&["a.test"]);
    new.write(&file);
    served.shows(&new).await;
    served.counts("gateway_tls_reloads_total{code=\"loaded\"} 1").await;
    assert_eq!(old.ask(METRICS).await.status, 200, "a connection that stands goes on");
    fs::write(&file, &new.chain).unwrap();
    served.counts("gateway_tls_reloads_total{code=\"refused\"} 1").await;
    assert_eq!(served.connect().await.shown(), new.der());
    assert_eq!(old.ask(METRICS).await.status, 200);
    let expires = format!("gateway_tls_certificate_expiry_timestamp_seconds{{file=\"{}\"}}", file.display());
    assert!(old.ask(METRICS).await.text().contains(&expires));
}

#[actix_rt::test]
async fn a_start_with_a_certificate_that_cannot_be_used_names_the_setting_and_the_file() {
    let data = tempfile::tempdir().unwrap();
    let missing = data.path().join("missing.pem");
    let own = GatewaySettings {
        admin_tls_certificates: vec![CertificateFiles { chain: missing.clone(), key: missing }],
        ..GatewaySettings::default()
    };
    let settings = Settings { data: Some(data.path().into()), ..Settings::memory() };
    let error = Application::on(settings, own, Arc::new(MemoryRegistry::new()), TokenPolicy::default()).err().expect("it starts");
    let message = error.message();
    assert!(
        error.code() == "tls-certificate" && message.contains("FM_ADMIN_TLS_CERTIFICATES") && message.contains("missing.pem"),
        "{error:?}"
    );
}

#[actix_rt::test]
async fn a_gateway_with_tls_is_asked_by_the_others_and_scraped_over_https() {
    let registry = MemoryRegistry::new();
    put(&registry, &table_of(respond("first")).to_string()).await;
    let a = TestApp::on(registry.clone(), tempfile::tempdir().unwrap(), |settings, _| settings.instance = Some("plain".into()));
    a.loaded().await;
    let admin = Operator::admin(&a).await;
    let served = Served::on(registry, Authority::new(), tempfile::tempdir().unwrap());
    soon(async {
        while a.services().instances("fm-gateway").len() < 2 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    served.app.get("/").await;
    soon(async {
        loop {
            let list = admin.get("/traces").await.json();
            if list["unreachable"] == json!([]) && list["traces"][0]["instance"] == "encrypted" {
                break;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    let targets = admin.get("/targets").await.json();
    let group = targets.as_array().unwrap().iter().find(|group| group["labels"]["instance"] == "encrypted").unwrap();
    assert_eq!(group["labels"]["__scheme__"], "https");
    assert_eq!(group["targets"], json!([format!("gateway-1.test:{}", served.app.admin.port())]));
}
