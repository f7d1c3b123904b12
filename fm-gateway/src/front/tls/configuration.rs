//! Makes what rustls needs to answer clients.

use super::{
    certificate::Certificate,
    resolver::BySni,
    settings::{ClientAuth, TlsSettings},
};
use rustls::{RootCertStore, ServerConfig, crypto::ring, server::WebPkiClientVerifier};
use std::sync::Arc;

/// The names of the versions of HTTP that are spoken (RFC 7301). A client that wants none of them is refused.
pub const HTTP2: &[u8] = b"h2";
const HTTP1: &[u8] = b"http/1.1";

/// Makes a configuration. Each has tickets of its own: a session of before is not resumed under other authorities.
///
/// # Errors
/// A sentence, if rustls takes the authorities for none.
pub fn configuration(
    certificates: &[&Certificate],
    authorities: Option<&Arc<RootCertStore>>,
    settings: &TlsSettings,
) -> Result<Arc<ServerConfig>, String> {
    let provider = Arc::new(ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions().map_err(|e| e.to_string())?;
    let builder = match authorities {
        None => builder.with_no_client_auth(),
        Some(roots) => {
            let verifier = WebPkiClientVerifier::builder_with_provider(roots.clone(), provider);
            let verifier = match settings.client_auth {
                ClientAuth::Required => verifier,
                ClientAuth::Optional => verifier.allow_unauthenticated(),
            };
            builder.with_client_cert_verifier(verifier.build().map_err(|e| e.to_string())?)
        }
    };
    let mut config = builder.with_cert_resolver(Arc::new(BySni::new(certificates.iter().copied())));
    let protocols = if settings.http2_streams > 0 { &[HTTP2, HTTP1][..] } else { &[HTTP1] };
    config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
    config.ticketer = ring::Ticketer::new().map_err(|e| e.to_string())?;
    Ok(Arc::new(config))
}
