//! The keys of an issuer (RFC 7517).

use jsonwebtoken::{
    Algorithm, DecodingKey,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse},
};
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;

/// More keys than any issuer has.
const MAX_KEYS: usize = 100;
const MAX_KID: usize = 256;
/// Sizes of an RSA modulus, in bytes: a shorter one can be factored, a longer one takes too long.
const RSA_MODULUS: std::ops::RangeInclusive<usize> = 256..=512;

/// A key that verifies signatures.
pub struct Key {
    id: Option<String>,
    kind: Kind,
    /// The one algorithm that the issuer says it is for.
    algorithm: Option<Algorithm>,
    pub verifies: DecodingKey,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Rsa,
    P256,
    P384,
    Ed25519,
}

impl Key {
    /// `None` for a key that verifies nothing: of a shared secret (`oct`), for encryption, of an unknown or a weak kind.
    fn read(value: Value) -> Option<Key> {
        let jwk: Jwk = serde_json::from_value(value).ok()?;
        let kind = match &jwk.algorithm {
            AlgorithmParameters::RSA(rsa) => {
                let modulus = base64::Engine::decode(&base64::prelude::BASE64_URL_SAFE_NO_PAD, &rsa.n).ok()?;
                let length = modulus.iter().skip_while(|byte| **byte == 0).count();
                RSA_MODULUS.contains(&length).then_some(Kind::Rsa)?
            }
            AlgorithmParameters::EllipticCurve(ec) if ec.curve == EllipticCurve::P256 => Kind::P256,
            AlgorithmParameters::EllipticCurve(ec) if ec.curve == EllipticCurve::P384 => Kind::P384,
            AlgorithmParameters::OctetKeyPair(pair) if pair.curve == EllipticCurve::Ed25519 => Kind::Ed25519,
            _ => return None,
        };
        let common = &jwk.common;
        let is_for_signatures = common.public_key_use.as_ref().is_none_or(|of| *of == PublicKeyUse::Signature)
            && common.key_operations.as_ref().is_none_or(|of| of.contains(&KeyOperations::Verify));
        let algorithm = match common.key_algorithm {
            None => None,
            Some(named) => Some(Algorithm::try_from(named).ok().filter(|named| kind.signs(*named))?),
        };
        let id = common.key_id.clone().filter(|id| id.len() <= MAX_KID);
        let verifies = DecodingKey::from_jwk(&jwk).ok()?;
        is_for_signatures.then_some(Key { id, kind, algorithm, verifies })
    }

    fn fits(&self, algorithm: Algorithm) -> bool {
        self.kind.signs(algorithm) && self.algorithm.is_none_or(|only| only == algorithm)
    }
}

impl Kind {
    fn signs(self, algorithm: Algorithm) -> bool {
        match KeyAlgorithm::from(algorithm) {
            KeyAlgorithm::RS256
            | KeyAlgorithm::RS384
            | KeyAlgorithm::RS512
            | KeyAlgorithm::PS256
            | KeyAlgorithm::PS384
            | KeyAlgorithm::PS512 => self == Kind::Rsa,
            KeyAlgorithm::ES256 => self == Kind::P256,
            KeyAlgorithm::ES384 => self == Kind::P384,
            KeyAlgorithm::EdDSA => self == Kind::Ed25519,
            _ => false,
        }
    }
}

/// All keys of an issuer that verify signatures.
#[derive(Clone, Default)]
pub struct KeySet(Vec<Arc<Key>>);

impl KeySet {
    /// Reads a JWK set. Keys that verify nothing are passed over.
    ///
    /// # Errors
    /// A sentence, if it is none, or has none that verifies something.
    pub fn parse(json: &[u8]) -> Result<KeySet, String> {
        #[derive(Deserialize)]
        struct Set {
            keys: Vec<Value>,
        }
        let Set { keys } = serde_json::from_slice(json).map_err(|_| "this is no JWK set".to_owned())?;
        if keys.len() > MAX_KEYS {
            return Err(format!("there are more than {MAX_KEYS} keys"));
        }
        let keys: Vec<_> = keys.into_iter().filter_map(Key::read).map(Arc::new).collect();
        if keys.is_empty() { Err("there is no key that verifies signatures".into()) } else { Ok(KeySet(keys)) }
    }

    /// Finds the key that a token names. A token that names none is verified by the only key of its algorithm, if there is one.
    pub fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Option<&Arc<Key>> {
        let mut fitting = self.0.iter().filter(|key| key.fits(algorithm) && (id.is_none() || key.id.as_deref() == id));
        let found = fitting.next();
        found.filter(|_| id.is_some() || fitting.next().is_none())
    }

    /// Whether there is a key of this id, for whatever algorithm.
    pub fn names(&self, id: &str) -> bool {
        self.0.iter().any(|key| key.id.as_deref() == Some(id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
    use serde_json::json;

    fn rsa(bytes: usize) -> Value {
        json!({"kty": "RSA", "kid": "r", "n": BASE64_URL_SAFE_NO_PAD.encode(vec![0xc5; bytes]), "e": "AQAB"})
    }

    fn ed25519(kid: &str) -> Value {
        json!({"kty": "OKP", "crv": "Ed25519", "kid": kid, "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})
    }

    fn with(mut key: Value, name: &str, value: Value) -> Value {
        key[name] = value;
        key
    }

    fn set(keys: Value) -> Result<KeySet, String> {
        KeySet::parse(json!({"keys": keys}).to_string().as_bytes())
    }

    #[test]
    fn keys_that_verify_no_signature_are_passed_over() {
        for bad in [
            json!({"kty": "oct", "kid": "s", "k": "c2VjcmV0"}),
            json!({"kty": "EC", "crv": "P-521", "kid": "e", "x": "AA", "y": "AA"}),
            json!({"kty": "EC", "crv": "Ed25519", "kid": "e", "x": "AA", "y": "AA"}),
            json!({"kty": "OKP", "crv": "X25519", "kid": "e", "x": "AA"}),
            rsa(128),
            rsa(1024),
            with(rsa(256), "use", json!("enc")),
            with(rsa(256), "key_ops", json!(["wrapKey"])),
            with(rsa(256), "alg", json!("HS256")),
            with(rsa(256), "alg", json!("ES256")),
            with(rsa(256), "alg", json!("RSA-OAEP")),
            json!("key"),
            Value::Null,
        ] {
            assert!(set(json!([bad])).is_err(), "{bad}");
            assert!(set(json!([bad, ed25519("a")])).unwrap().find(Some("a"), Algorithm::EdDSA).is_some(), "{bad}");
        }
        for none in [&b"{}"[..], b"[]", b"<html>", b"{\"keys\": 7}", b""] {
            assert!(KeySet::parse(none).is_err());
        }
        assert!(set(json!(vec![ed25519("a"); 101])).is_err());
    }

    #[test]
    fn a_key_verifies_only_algorithms_of_its_kind() {
        let keys = set(json!([with(rsa(256), "use", json!("sig")), with(ed25519("a"), "key_ops", json!(["verify"]))])).unwrap();
        for (kid, algorithm, is_found) in [
            ("r", Algorithm::RS256, true),
            ("r", Algorithm::PS512, true),
            ("r", Algorithm::HS256, false),
            ("r", Algorithm::EdDSA, false),
            ("a", Algorithm::EdDSA, true),
            ("a", Algorithm::RS256, false),
            ("b", Algorithm::RS256, false),
        ] {
            assert_eq!(keys.find(Some(kid), algorithm).is_some(), is_found, "{kid} {algorithm:?}");
        }
        let only = set(json!([with(rsa(256), "alg", json!("RS512"))])).unwrap();
        assert!(only.find(Some("r"), Algorithm::RS512).is_some() && only.find(Some("r"), Algorithm::RS256).is_none());
    }

    #[test]
    fn a_token_without_an_id_is_verified_by_the_only_key_of_its_algorithm() {
        let keys = set(json!([rsa(256), ed25519("a"), ed25519("b")])).unwrap();
        assert!(keys.find(None, Algorithm::RS256).is_some());
        assert!(keys.find(None, Algorithm::EdDSA).is_none());
    }
}
