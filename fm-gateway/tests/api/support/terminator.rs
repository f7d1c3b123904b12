use super::{Signed, Upstream};
use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{PrivateKeyDer, pem::PemObject},
};
use std::{cell::Cell, net::SocketAddr, rc::Rc, sync::Arc};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use tokio_rustls::TlsAcceptor;

/// Speaks TLS in front of an upstream, with a certificate.
pub struct Terminator {
    pub address: SocketAddr,
    /// Handshakes that came to their end.
    pub opened: Rc<Cell<usize>>,
    task: JoinHandle<()>,
}

impl Terminator {
    pub async fn start(upstream: &Upstream, certificate: &Signed) -> Terminator {
        let key = PrivateKeyDer::from_pem_slice(certificate.key.as_bytes()).unwrap();
        let builder =
            ServerConfig::builder_with_provider(Arc::new(ring::default_provider())).with_safe_default_protocol_versions().unwrap();
        let config = builder.with_no_client_auth().with_single_cert(vec![certificate.der()], key).unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, target, opened) = (listener.local_addr().unwrap(), upstream.address, Rc::new(Cell::new(0)));
        let counted = opened.clone();
        let task = actix_rt::spawn(async move {
            loop {
                let (io, _) = listener.accept().await.unwrap();
                let (acceptor, counted) = (acceptor.clone(), counted.clone());
                actix_rt::spawn(async move {
                    let Ok(mut client) = acceptor.accept(io).await else { return };
                    counted.set(counted.get() + 1);
                    let mut upstream = TcpStream::connect(target).await.unwrap();
                    let _ = copy_bidirectional(&mut client, &mut upstream).await;
                });
            }
        });
        Terminator { address, opened, task }
    }

    /// Its address by a name of this host.
    pub fn url(&self, host: &str) -> String {
        format!("https://{host}:{}", self.address.port())
    }
}

impl Drop for Terminator {
    fn drop(&mut self) {
        self.task.abort();
    }
}
