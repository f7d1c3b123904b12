//! TLS and passwords to real servers: what is right works, and each thing that is wrong is an error of its own.
#![cfg(all(feature = "rabbitmq", feature = "etcd", feature = "mongodb"))]
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod bus;
mod certificates;
mod registry;
mod store;

use certificates::{Authority, HERE, Validity};
use fm_sdk::config::TlsFiles;
use std::time::Duration;

/// Longer than anything here takes.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A client that trusts another authority than the server's.
fn trusting_another(client: &TlsFiles, another: &Authority) -> TlsFiles {
    TlsFiles { authorities: Some(another.certificate()), ..client.clone() }
}

/// A client that shows no certificate.
fn showing_none(client: &TlsFiles) -> TlsFiles {
    TlsFiles { identity: None, ..client.clone() }
}

/// A client whose certificate is signed by an authority that the server does not know.
fn showing_anothers(client: &TlsFiles, another: &Authority) -> TlsFiles {
    TlsFiles { identity: another.client().identity, ..client.clone() }
}
