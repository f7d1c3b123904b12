use super::*;
use fm_sdk::store::{Driver, MongoDb};
use fm_sdk_testing::servers::{MongoServer, ServerTls};
use rustls::{
    RootCertStore, ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::WebPkiClientVerifier,
};
use std::sync::Arc;
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
};
use tokio_rustls::TlsAcceptor;

/// Ends TLS in front of the MongoDB of the tests, which speaks none; gives the port.
async fn tls_in_front_of(server: &MongoServer, tls: &ServerTls) -> u16 {
    let provider = Arc::new(ring::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(&tls.authority).unwrap()).unwrap();
    let clients = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone()).build().unwrap();
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(clients)
        .with_single_cert(vec![CertificateDer::from_pem_file(&tls.certificate).unwrap()], PrivateKeyDer::from_pem_file(&tls.key).unwrap())
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let plain = server.url().trim_start_matches("mongodb://").trim_end_matches('/').to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    actix_rt::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, plain) = (acceptor.clone(), plain.clone());
            actix_rt::spawn(async move {
                let Ok(mut near) = acceptor.accept(stream).await else { return };
                let mut far = TcpStream::connect(&plain).await.unwrap();
                drop(copy_bidirectional(&mut near, &mut far).await);
            });
        }
    });
    port
}

async fn ping(url: &str, files: &TlsFiles) -> fm_sdk::Result<()> {
    MongoDb::connect_with(url, &MongoServer::fresh_database(), files).await?.ping().await
}

#[actix_rt::test]
async fn mongodb_is_used_by_tls_with_a_client_certificate_and_each_fault_has_a_code_of_its_own() {
    let (authority, another) = (Authority::new(), Authority::new());
    let client = authority.client();
    let server = MongoServer::shared();
    let url = |port: u16| format!("mongodb://localhost:{port}/?tls=true");
    let good = url(tls_in_front_of(server, &authority.server(HERE, &Validity::Now)).await);
    ping(&good, &client).await.unwrap();
    let expired = url(tls_in_front_of(server, &authority.server(HERE, &Validity::Expired)).await);
    let other = url(tls_in_front_of(server, &authority.server("DNS:mongodb.example", &Validity::Now)).await);
    for (url, files, code) in [
        (&good, trusting_another(&client, &another), "tls-untrusted"),
        (&good, showing_none(&client), "tls-refused"),
        (&good, showing_anothers(&client, &another), "tls-refused"),
        (&good, TlsFiles { authorities: Some("missing.pem".into()), identity: None }, "tls-authorities"),
        (&expired, client.clone(), "tls-expired"),
        (&other, client.clone(), "tls-name"),
    ] {
        let error = ping(url, &files).await.unwrap_err();
        assert_eq!(error.code(), code, "{error:?}");
    }
}
