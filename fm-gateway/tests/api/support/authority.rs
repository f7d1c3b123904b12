use super::{Client, soon};
use fm_gateway::front::CertificateFiles;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::{
    ClientConfig, RootCertStore, SupportedProtocolVersion,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject},
};
use std::{fs, io, net::SocketAddr, path::Path, sync::Arc};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};

/// An authority of a test's own.
pub struct Authority {
    pub pem: String,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate and its key, PEM.
pub struct Signed {
    pub chain: String,
    pub key: String,
}

impl Authority {
    pub fn new() -> Authority {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "authority of a test");
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Authority { pem, issuer: Issuer::new(params, key) }
    }

    /// Signs a certificate for these names.
    pub fn sign(&self, names: &[&str]) -> Signed {
        self.sign_with(names, |_| ())
    }

    pub fn sign_with(&self, names: &[&str], change: impl FnOnce(&mut CertificateParams)) -> Signed {
        let mut params = CertificateParams::new(names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>()).unwrap();
        params.distinguished_name.push(DnType::CommonName, names.first().copied().unwrap_or("nobody"));
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        Signed { chain: params.signed_by(&key, &self.issuer).unwrap().pem(), key: key.serialize_pem() }
    }
}

impl Signed {
    /// Writes both into one file.
    pub fn write(&self, file: &Path) -> CertificateFiles {
        fs::write(file, format!("{}{}", self.chain, self.key)).unwrap();
        CertificateFiles { chain: file.into(), key: file.into() }
    }

    pub fn der(&self) -> CertificateDer<'static> {
        CertificateDer::from_pem_slice(self.chain.as_bytes()).unwrap()
    }
}

/// A client that trusts an authority, speaks these versions of TLS and protocols, and shows a certificate.
pub fn connector(
    authority: &Authority,
    versions: &[&'static SupportedProtocolVersion],
    protocols: &[&str],
    shows: Option<&Signed>,
) -> TlsConnector {
    trusting(&authority.pem, versions, protocols, shows)
}

/// One that trusts the authority of a certificate (PEM).
pub fn trusting(
    authority: &str,
    versions: &[&'static SupportedProtocolVersion],
    protocols: &[&str],
    shows: Option<&Signed>,
) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(authority.as_bytes()).unwrap()).unwrap();
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider())).with_protocol_versions(versions).unwrap();
    let builder = builder.with_root_certificates(roots);
    let mut config = match shows {
        None => builder.with_no_client_auth(),
        Some(signed) => {
            let key = PrivateKeyDer::from_pem_slice(signed.key.as_bytes()).unwrap();
            builder.with_client_auth_cert(vec![signed.der()], key).unwrap()
        }
    };
    config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
    Arc::new(config).into()
}

impl Client<TlsStream<TcpStream>> {
    /// Connects over TLS and asks for a name.
    pub async fn encrypted(address: SocketAddr, connector: &TlsConnector, name: &str) -> io::Result<Self> {
        let io = TcpStream::connect(address).await?;
        Ok(Client::over(soon(connector.connect(ServerName::try_from(name.to_owned()).unwrap(), io)).await?))
    }

    /// The certificate that the other side has shown.
    pub fn shown(&self) -> CertificateDer<'static> {
        self.io.get_ref().1.peer_certificates().unwrap()[0].clone().into_owned()
    }
}
