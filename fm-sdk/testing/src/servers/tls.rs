use std::path::PathBuf;

/// The files (PEM) with which a server for tests speaks TLS.
#[derive(Clone, Debug)]
pub struct ServerTls {
    /// Its certificate.
    pub certificate: PathBuf,
    /// The private key of the certificate.
    pub key: PathBuf,
    /// The authority whose certificates it trusts. Clients must show one.
    pub authority: PathBuf,
}
