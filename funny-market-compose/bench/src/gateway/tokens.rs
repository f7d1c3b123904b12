//! Tokens of the rivals: the same claims as the market's own, signed as HAProxy can verify them.

use crate::Result;
use fm_sdk::time::now_ms;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::json;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

pub(super) const ISSUER: &str = "https://funny-market.example/fm-profile";
pub(super) const AUDIENCE: &str = "funny-market";
/// The key of HS256.
pub(crate) const SECRET: &str = "a-secret-of-thirty-two-bytes-....";

/// A user's token, good for an hour.
pub(crate) fn sign(algorithm: Algorithm, key: &EncodingKey) -> Result<String> {
    let now = now_ms() / 1000;
    let claims = json!({
        "sub": "u1", "scope": "cars:read cars:write profile:write", "roles": ["user"], "epoch": 0, "iss": ISSUER, "aud": AUDIENCE,
        "jti": uuid::Uuid::now_v7().to_string(), "iat": now, "exp": now + 3600
    });
    Ok(encode(&Header::new(algorithm), &claims, key)?)
}

/// Makes a pair of RSA keys of 2048 bits: the one that signs, and the file of the one that verifies.
pub(super) fn rsa(folder: &Path) -> Result<(EncodingKey, PathBuf)> {
    let (private, der, public) = (folder.join("rsa.pem"), folder.join("rsa.der"), folder.join("rsa.pub"));
    openssl(&["genrsa", "-out"], &[&private, Path::new("2048")])?;
    openssl(&["rsa", "-traditional", "-outform", "DER", "-in"], &[&private, Path::new("-out"), &der])?;
    openssl(&["rsa", "-pubout", "-in"], &[&private, Path::new("-out"), &public])?;
    Ok((EncodingKey::from_rsa_der(&fs::read(&der)?), public))
}

fn openssl(words: &[&str], paths: &[&Path]) -> Result<()> {
    let out = Command::new("openssl").args(words).args(paths).output().map_err(|e| format!("openssl: {e}"))?;
    if out.status.success() { Ok(()) } else { Err(format!("openssl {words:?}: {}", String::from_utf8_lossy(&out.stderr)).into()) }
}
