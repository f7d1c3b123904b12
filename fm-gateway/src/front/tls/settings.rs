//! What can be set of TLS.

use clap::ValueEnum;
use fm_sdk::config::parse_duration;
use http::HeaderValue;
use std::{path::PathBuf, str::FromStr, time::Duration};

/// Settings of TLS towards clients.
#[derive(Clone, Debug, clap::Args)]
pub struct TlsSettings {
    /// Where to listen for TLS, beside FM_HTTP; not set: no TLS
    #[arg(long = "tls-http", env = "FM_GATEWAY_TLS_HTTP", value_name = "HOST:PORT")]
    pub address: Option<String>,

    /// Certificates with their chain and private key, PEM: one file with both, or two as CHAIN:KEY. A client gets the one of the name it asks
    /// for (SNI), else the first
    #[arg(long = "tls-certificates", env = "FM_GATEWAY_TLS_CERTIFICATES", value_name = "FILES", value_delimiter = ',')]
    pub certificates: Vec<CertificateFiles>,

    /// How often the files are looked at; a new certificate is used for new connections
    #[arg(long = "tls-reload", env = "FM_GATEWAY_TLS_RELOAD", default_value = "10s", value_name = "TIME", value_parser = parse_duration)]
    pub reload: Duration,

    /// How long a handshake may take
    #[arg(long = "tls-handshake-time", env = "FM_GATEWAY_TLS_HANDSHAKE_TIME", default_value = "5s", value_name = "TIME", value_parser = parse_duration)]
    pub handshake_time: Duration,

    /// How many handshakes may be under way at once, an eighth of them of one client address; more are closed
    #[arg(long = "tls-handshakes", env = "FM_GATEWAY_TLS_HANDSHAKES", default_value_t = 512, value_name = "N")]
    pub handshakes: usize,

    /// How many requests a client may have under way on one HTTP/2 connection; 0: only HTTP/1.1 is spoken
    #[arg(long = "http2-streams", env = "FM_GATEWAY_HTTP2_STREAMS", default_value_t = 100, value_name = "N")]
    pub http2_streams: u32,

    /// Certificates (PEM) of the authorities whose clients are known; they show a certificate then (mTLS)
    #[arg(long = "tls-client-ca", env = "FM_GATEWAY_TLS_CLIENT_CA", value_name = "FILE")]
    pub client_authorities: Option<PathBuf>,

    /// Whether a client without a certificate is let in, where FM_GATEWAY_TLS_CLIENT_CA is set
    #[arg(long = "tls-client-auth", env = "FM_GATEWAY_TLS_CLIENT_AUTH", default_value = "required", value_name = "MODE")]
    pub client_auth: ClientAuth,

    /// Sends clear HTTP to https on this port (308), all but /health
    #[arg(long = "tls-redirect", env = "FM_GATEWAY_TLS_REDIRECT", value_name = "PORT")]
    pub redirect: Option<u16>,

    /// Strict-Transport-Security of every answer over https; empty: none
    #[arg(long = "tls-hsts", env = "FM_GATEWAY_TLS_HSTS", default_value = HSTS, value_name = "VALUE", value_parser = header_value)]
    pub hsts: HeaderValue,
}

/// For a year browsers come over TLS only (RFC 6797).
const HSTS: &str = "max-age=31536000";

/// Whether clients must show a certificate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ClientAuth {
    /// Clients without a certificate are let in; a wrong one is refused.
    Optional,
    #[default]
    Required,
}

/// Where a certificate and its private key lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateFiles {
    pub chain: PathBuf,
    /// May be the same file.
    pub key: PathBuf,
}

impl FromStr for CertificateFiles {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (chain, key) = text.split_once(':').unwrap_or((text, text));
        if chain.is_empty() || key.is_empty() {
            return Err("a certificate is FILE or CHAIN:KEY".into());
        }
        Ok(CertificateFiles { chain: chain.into(), key: key.into() })
    }
}

fn header_value(text: &str) -> Result<HeaderValue, String> {
    HeaderValue::from_str(text).map_err(|e| e.to_string())
}

impl Default for TlsSettings {
    /// Those without any flag: no TLS.
    fn default() -> Self {
        TlsSettings {
            address: None,
            certificates: Vec::new(),
            reload: Duration::from_secs(10),
            handshake_time: Duration::from_secs(5),
            handshakes: 512,
            http2_streams: 100,
            client_authorities: None,
            client_auth: ClientAuth::default(),
            redirect: None,
            hsts: HeaderValue::from_static(HSTS),
        }
    }
}

impl TlsSettings {
    /// Those of a port with certificates of its own, where clients show none and HTTP/1.1 alone is spoken.
    #[must_use]
    pub fn with_certificates(&self, certificates: Vec<CertificateFiles>) -> TlsSettings {
        TlsSettings { certificates, client_authorities: None, http2_streams: 0, ..self.clone() }
    }

    /// `Strict-Transport-Security`, unless it is turned off.
    pub fn hsts(&self) -> Option<HeaderValue> {
        Some(self.hsts.clone()).filter(|value| !value.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_is_one_file_or_two() {
        let files = |chain: &str, key: &str| Ok(CertificateFiles { chain: chain.into(), key: key.into() });
        assert_eq!("/a.pem".parse(), files("/a.pem", "/a.pem"));
        assert_eq!("/a.pem:/a.key".parse(), files("/a.pem", "/a.key"));
        for text in ["", ":", "/a.pem:", ":/a.key"] {
            text.parse::<CertificateFiles>().unwrap_err();
        }
    }

    #[test]
    fn an_empty_hsts_turns_it_off() {
        let with = |hsts| TlsSettings { hsts: HeaderValue::from_static(hsts), ..TlsSettings::default() }.hsts();
        assert_eq!((with(""), with("max-age=1")), (None, Some(HeaderValue::from_static("max-age=1"))));
    }
}
