//! Which certificate a client gets.

use super::certificate::Certificate;
use rustls::{
    SignatureScheme,
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use std::{collections::HashMap, sync::Arc};

/// Chooses by the name that the client asks for (SNI, RFC 6066), else the first one that it can check.
#[derive(Debug)]
pub struct BySni {
    all: Vec<Arc<CertifiedKey>>,
    /// By name; `*.` in front stands for one label (RFC 6125, 6.4.3).
    by_name: HashMap<String, Vec<Arc<CertifiedKey>>>,
}

impl BySni {
    pub fn new<'c>(certificates: impl Iterator<Item = &'c Certificate>) -> Self {
        let (mut all, mut by_name) = (Vec::new(), HashMap::<String, Vec<_>>::new());
        for certificate in certificates {
            all.push(certificate.key.clone());
            for name in &certificate.names {
                by_name.entry(name.clone()).or_default().push(certificate.key.clone());
            }
        }
        BySni { all, by_name }
    }

    fn find(&self, name: Option<&str>, schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        let usable = |keys: &[Arc<CertifiedKey>]| keys.iter().find(|key| key.key.choose_scheme(schemes).is_some()).cloned();
        let name = name.map(str::to_ascii_lowercase).unwrap_or_default();
        let exact = self.by_name.get(&name).and_then(|keys| usable(keys));
        let wildcard = || usable(self.by_name.get(&format!("*.{}", name.split_once('.')?.1))?);
        exact.or_else(wildcard).or_else(|| usable(&self.all))
    }
}

impl ResolvesServerCert for BySni {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.find(hello.server_name(), hello.signature_schemes())
    }
}
