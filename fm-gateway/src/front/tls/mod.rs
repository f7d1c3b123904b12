//! TLS 1.2 and 1.3 towards clients, by rustls: certificates by the name that a client asks for, reloaded while they are in use.

mod certificate;
mod client_certificate;
mod configuration;
mod handshake;
mod reload;
mod resolver;
mod settings;
mod x509;

pub use {
    certificate::Certificate,
    client_certificate::ClientCertificate,
    configuration::HTTP2,
    handshake::Tls,
    reload::{Issued, Reloader},
    settings::{CertificateFiles, ClientAuth, TlsSettings},
};
