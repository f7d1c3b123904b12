use super::*;
use fm_sdk::ConnectionState;
use fm_sdk::registry::{Change, Etcd, Expect, Registry};
use fm_sdk_testing::servers::{EtcdServer, ServerTls};
use tokio::time::timeout;

async fn server(tls: &ServerTls) -> (EtcdServer, String) {
    let server = EtcdServer::start_with_tls(tls).await.unwrap();
    let port = server.tls_port().unwrap();
    (server, format!("https://localhost:{port}"))
}

fn put(key: &str) -> Vec<Change> {
    vec![Change { key: key.into(), expect: Expect::Any, value: Some("1".into()) }]
}

async fn refused(url: &str, files: &TlsFiles) -> fm_sdk::Error {
    timeout(TIMEOUT, Etcd::connect_with(url, "", files).unwrap().list("/x/")).await.unwrap().unwrap_err()
}

#[actix_rt::test]
async fn etcd_is_used_by_tls_with_a_client_certificate_and_a_password() {
    let authority = Authority::new();
    let (mut server, url) = server(&authority.server(HERE, &Validity::Now)).await;
    server.node().unwrap().ask_for_login("secret").await.unwrap();
    let etcd = Etcd::connect_with(&url.replace("https://", "https://root:secret@"), "/market", &authority.client()).unwrap();
    let mut watch = etcd.watch("/x/");
    let held = etcd.hold("/x/held", "1".into(), Duration::from_secs(2));
    etcd.commit(put("/x/plain")).await.unwrap();
    timeout(TIMEOUT, watch.wait_for(|s| s.entries.len() == 2 && !s.stale)).await.unwrap().unwrap();
    let lost = timeout(Duration::from_secs(4), watch.wait_for(|s| !s.entries.contains_key("/x/held"))).await.map(drop);
    assert!(lost.is_err(), "keep-alives go by TLS too");
    held.release().await;
    // After a restart everything is there again: connection, login, watch.
    server.node().unwrap().kill(0).unwrap();
    server.node().unwrap().restart(0).await.unwrap();
    etcd.commit(put("/x/later")).await.unwrap();
    timeout(TIMEOUT, watch.wait_for(|s| s.entries.contains_key("/x/later"))).await.unwrap().unwrap();
}

#[actix_rt::test]
async fn each_fault_of_a_certificate_has_a_code_of_its_own_at_the_registry() {
    let (authority, another) = (Authority::new(), Authority::new());
    let client = authority.client();
    let (good, url) = server(&authority.server(HERE, &Validity::Now)).await;
    let plain = good.url().replace("http://127.0.0.1", "https://localhost");
    for (url, files, code) in [
        (&url, trusting_another(&client, &another), "tls-untrusted"),
        (&url, TlsFiles { authorities: None, ..client.clone() }, "tls-untrusted"),
        (&url, showing_none(&client), "tls-refused"),
        (&url, showing_anothers(&client, &another), "tls-refused"),
        (&plain, client.clone(), "tls-none"),
    ] {
        let error = refused(url, &files).await;
        assert_eq!(error.code(), code, "{error:?}");
    }
    let (_expired, url) = server(&authority.server(HERE, &Validity::Expired)).await;
    assert_eq!(refused(&url, &client).await.code(), "tls-expired");
    let (_other, url) = server(&authority.server("DNS:etcd.example", &Validity::Now)).await;
    let error = refused(&url, &client).await;
    assert_eq!(error.code(), "tls-name", "{error:?}");
    let etcd = Etcd::connect_with(&url, "", &client).unwrap();
    let mut reach = etcd.connection();
    let down = timeout(TIMEOUT, reach.wait_for(|r| matches!(r, ConnectionState::Down(why) if why.contains("[tls-name]"))));
    assert!(down.await.is_ok(), "the health check says so too");
}

#[actix_rt::test]
async fn a_wrong_password_over_tls_is_refused_by_its_own_code() {
    let authority = Authority::new();
    let (mut server, url) = server(&authority.server(HERE, &Validity::Now)).await;
    server.node().unwrap().ask_for_login("secret").await.unwrap();
    for login in ["root:wrong@", "nobody:secret@"] {
        let error = refused(&url.replace("https://", &format!("https://{login}")), &authority.client()).await;
        assert_eq!(error.code(), "registry-login", "{login}: {error:?}");
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}
