use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::VerifyingKey;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A public key as JSON Web Key (RFC 7517; Ed25519: RFC 8037).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Jwk {
    /// `OKP`.
    pub kty: String,
    /// `Ed25519`.
    pub crv: String,
    /// The key, base64url.
    pub x: String,
    /// Its thumbprint (RFC 7638).
    pub kid: String,
    /// `sig`.
    #[serde(rename = "use")]
    pub usage: String,
    /// `EdDSA`.
    pub alg: String,
}

/// What `/.well-known/jwks.json` gives (RFC 7517, section 5).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JwkSet {
    /// All keys whose signatures are still to be believed.
    pub keys: Vec<Jwk>,
}

/// A public key as it lies in the registry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Published {
    #[serde(flatten)]
    pub(crate) jwk: Jwk,
    /// Not to be believed from then on, even if nobody comes back to remove it; milliseconds since the Unix epoch.
    pub(crate) until_ms: i64,
}

impl Jwk {
    pub(crate) fn new(key: &VerifyingKey) -> Self {
        let x = URL_SAFE_NO_PAD.encode(key.as_bytes());
        Jwk { kty: "OKP".into(), crv: "Ed25519".into(), kid: thumbprint(&x), x, usage: "sig".into(), alg: "EdDSA".into() }
    }

    /// Gives the key, unless something about it is odd: another type, a foreign thumbprint, a point of small order.
    pub(crate) fn key(&self) -> Option<VerifyingKey> {
        let bytes: [u8; 32] = URL_SAFE_NO_PAD.decode(&self.x).ok()?.try_into().ok()?;
        let key = VerifyingKey::from_bytes(&bytes).ok().filter(|k| !k.is_weak())?;
        (*self == Jwk::new(&key)).then_some(key)
    }
}

/// RFC 7638, section 3: the required members in the order of their names, without white space.
fn thumbprint(x: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

    #[test]
    fn the_thumbprint_is_that_of_the_rfc() {
        assert_eq!(thumbprint(X), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k", "RFC 8037, appendix A.3");
    }

    #[test]
    fn a_key_comes_back_from_its_json_and_odd_ones_do_not() {
        let bytes: [u8; 32] = URL_SAFE_NO_PAD.decode(X).unwrap().try_into().unwrap();
        let jwk = Jwk::new(&VerifyingKey::from_bytes(&bytes).unwrap());
        let read: Jwk = serde_json::from_str(&serde_json::to_string(&jwk).unwrap()).unwrap();
        assert_eq!(read.key().unwrap().as_bytes(), &bytes);
        let odd: [fn(&mut Jwk); 6] = [
            |k| k.kid = "a".repeat(43),
            |k| k.kty = "oct".into(),
            |k| k.alg = "HS256".into(),
            |k| k.x.truncate(20),
            |k| k.x = String::new(),
            |k| k.x.push('='),
        ];
        for change in odd {
            let mut k = jwk.clone();
            change(&mut k);
            assert!(k.key().is_none(), "{k:?}");
        }
    }

    #[test]
    fn a_point_of_small_order_is_no_key() {
        let mut identity = [0; 32];
        identity[0] = 1;
        assert!(Jwk::new(&VerifyingKey::from_bytes(&identity).unwrap()).key().is_none());
    }
}
