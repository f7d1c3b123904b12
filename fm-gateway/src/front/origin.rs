//! Where a connection comes from, and what it is.

use super::tls::ClientCertificate;
use std::{net::IpAddr, rc::Rc};

/// What is known of a connection before it has said anything of HTTP.
#[derive(Clone, Debug)]
pub struct Origin {
    pub peer: IpAddr,
    /// `https`, if it is encrypted.
    pub scheme: &'static str,
    /// The certificate that the client has shown.
    pub certificate: Option<Rc<ClientCertificate>>,
}

impl Origin {
    /// A connection in clear text.
    pub fn clear(peer: IpAddr) -> Self {
        Origin { peer, scheme: "http", certificate: None }
    }

    /// A connection over TLS.
    pub fn encrypted(peer: IpAddr, certificate: Option<ClientCertificate>) -> Self {
        Origin { peer, scheme: "https", certificate: certificate.map(Rc::new) }
    }
}
