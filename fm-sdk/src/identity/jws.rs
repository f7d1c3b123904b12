//! JSON Web Signatures in compact form (RFC 7515), Ed25519 only (RFC 8037).
//!
//! Reading is our own, because it is stricter and cheaper than a general reader: the header has exactly `alg`, `typ` and `kid`, each once,
//! so that `crit`, `jku`, `jwk`, `x5u` and the like never get a meaning; keys are decompressed once, not per token; weak keys and
//! malleable signatures are refused (`verify_strict`). Writing takes the header from `jsonwebtoken`, whose `encode` would derive the key
//! pair from its DER form for every token, as dear as the signature itself; its `decode` keeps us honest in tests.

use super::{keys::KeyPair, policy::MAX_TOKEN_LENGTH, rejection::TokenRejection};
use crate::{Result, ResultExt};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::{Signature, Signer, VerifyingKey};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Header {
    alg: Option<String>,
    typ: Option<String>,
    kid: Option<String>,
}

/// A token that has been taken apart, and nothing more: check it before its claims are believed.
pub(crate) struct Jws<'a> {
    pub(crate) kid: String,
    signed: &'a [u8],
    payload: &'a str,
    signature: Signature,
}

impl<'a> Jws<'a> {
    /// Takes a token of this `typ` apart.
    pub(crate) fn read(token: &'a str, typ: &str) -> std::result::Result<Self, TokenRejection> {
        if token.is_empty() {
            return Err(TokenRejection::Missing);
        }
        if token.len() > MAX_TOKEN_LENGTH {
            return Err(TokenRejection::TooLong);
        }
        let mut parts = token.split('.');
        let (Some(head), Some(payload), Some(signature), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
            return Err(TokenRejection::Shape);
        };
        let header: Header = serde_json::from_slice(&decode(head)?).map_err(|_| TokenRejection::Header)?;
        if header.alg.ok_or(TokenRejection::Header)? != "EdDSA" {
            return Err(TokenRejection::Algorithm);
        }
        if header.typ.ok_or(TokenRejection::Header)? != typ {
            return Err(TokenRejection::Type);
        }
        let kid = header.kid.ok_or(TokenRejection::Header)?;
        if !is_thumbprint(&kid) {
            return Err(TokenRejection::Kid);
        }
        let signature = Signature::from_slice(&decode(signature)?).map_err(|_| TokenRejection::Signature)?;
        let signed = &token.as_bytes()[..head.len() + 1 + payload.len()];
        Ok(Jws { kid, signed, payload, signature })
    }

    /// Checks the signature.
    pub(crate) fn check(&self, key: &VerifyingKey) -> std::result::Result<(), TokenRejection> {
        key.verify_strict(self.signed, &self.signature).map_err(|_| TokenRejection::Signature)
    }

    /// Reads the claims; unknown ones are passed over, so that issuers can add some.
    pub(crate) fn claims<T: DeserializeOwned>(&self) -> std::result::Result<T, TokenRejection> {
        serde_json::from_slice(&decode(self.payload)?).map_err(|_| TokenRejection::Claims)
    }
}

/// Tells which type a token claims to be, without checking anything else.
pub(crate) fn claimed_type(token: &str) -> Option<String> {
    let head = token.get(..MAX_TOKEN_LENGTH.min(token.len()))?.split('.').next()?;
    serde_json::from_slice::<Header>(&decode(head).ok()?).ok()?.typ
}

/// Signs claims.
pub(crate) fn sign<T: Serialize>(pair: &KeyPair, typ: &str, claims: &T) -> Result<String> {
    let mut header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::EdDSA);
    header.typ = Some(typ.into());
    header.kid = Some(pair.kid().into());
    let encode = |json: Vec<u8>| URL_SAFE_NO_PAD.encode(json);
    let signed = [encode(serde_json::to_vec(&header).internal()?), encode(serde_json::to_vec(claims).internal()?)].join(".");
    let signature = pair.signing().sign(signed.as_bytes());
    Ok([signed, encode(signature.to_vec())].join("."))
}

/// Says whether this has the form of an RFC 7638 thumbprint with SHA-256: 32 bytes in base64url.
pub(crate) fn is_thumbprint(kid: &str) -> bool {
    kid.len() == 43 && URL_SAFE_NO_PAD.decode(kid).is_ok_and(|b| b.len() == 32)
}

fn decode(part: &str) -> std::result::Result<Vec<u8>, TokenRejection> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| TokenRejection::Shape)
}
