//! A workshop for forged tokens. It has the market's own private keys, as its operator does, so that a forgery can be right in all but one
//! thing.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::{Signer, SigningKey};
use market_tests::Market;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::{
    fs,
    hash::{BuildHasher, Hasher, RandomState},
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

/// A key pair, and its id as those who verify compute it (RFC 7638).
pub struct Pair {
    key: SigningKey,
    pub kid: String,
    /// The public key, base64url.
    pub x: String,
}

impl Pair {
    /// The pair of the issuer of access tokens.
    pub fn of_access(market: &Market) -> Self {
        Self::oldest(&Path::new(&market.address("dir")).join("data/fm-profile/access"))
    }

    /// The pair with which a service signs its messages.
    pub fn of_service(market: &Market, service: &str) -> Self {
        Self::oldest(&Path::new(&market.address("dir")).join("data").join(service).join("keys"))
    }

    /// A pair that nobody knows.
    pub fn of_nobody() -> Self {
        let mut seed = [0; 32];
        // The keys of a hasher are the random numbers that std has.
        seed.chunks_mut(8).for_each(|part| part.copy_from_slice(&RandomState::new().build_hasher().finish().to_ne_bytes()));
        Self::of_seed(seed)
    }

    /// The oldest pair of a folder has settled for sure.
    fn oldest(folder: &Path) -> Self {
        let read = |path: &Path| serde_json::from_str::<Value>(&fs::read_to_string(path).unwrap()).unwrap();
        let files = fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())).map(|entry| entry.unwrap().path());
        let keys = files.filter(|path| path.extension().is_some_and(|e| e == "jwk")).map(|path| read(&path));
        let oldest = keys.min_by_key(|key| key["created_ms"].as_i64()).unwrap();
        let pair = Self::of_seed(URL_SAFE_NO_PAD.decode(oldest["d"].as_str().unwrap()).unwrap().try_into().unwrap());
        assert_eq!(pair.kid, oldest["kid"], "{}", folder.display());
        pair
    }

    fn of_seed(seed: [u8; 32]) -> Self {
        let key = SigningKey::from_bytes(&seed);
        let x = encode(key.verifying_key().as_bytes());
        let kid = encode(Sha256::digest(format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#)));
        Pair { key, kid, x }
    }

    /// Signs exactly this text.
    pub fn sign(&self, header: &str, claims: &str) -> String {
        let signed = format!("{}.{}", encode(header), encode(claims));
        let signature = self.key.sign(signed.as_bytes());
        format!("{signed}.{}", encode(signature.to_bytes()))
    }

    /// The header of what this pair signs.
    pub fn header(&self, typ: &str) -> Value {
        json!({ "alg": "EdDSA", "typ": typ, "kid": self.kid })
    }

    /// What a careless verifier might take for a shared secret: the public key, in each form that it is published in.
    pub fn public_forms(&self) -> Vec<Vec<u8>> {
        let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": self.x, "kid": self.kid, "use": "sig", "alg": "EdDSA" });
        vec![self.key.verifying_key().to_bytes().to_vec(), self.x.clone().into_bytes(), jwk.to_string().into_bytes()]
    }
}

/// Signs with a shared secret.
pub fn hs256(secret: &[u8], typ: &str, kid: &str, claims: &Value) -> String {
    use jsonwebtoken::{Algorithm, EncodingKey, Header};
    let header = Header { typ: Some(typ.into()), kid: Some(kid.into()), ..Header::new(Algorithm::HS256) };
    jsonwebtoken::encode(&header, claims, &EncodingKey::from_secret(secret)).unwrap()
}

/// Ids of keys that could be taken for a path, a query or nothing.
pub fn odd_kids(kid: &str) -> Vec<String> {
    let odd = ["", "../access", "/dev/null", "../services/fm-profile/", "' OR 1=1 --", "\0", "*", "%2e%2e%2f", "fm-profile"];
    let near = [format!("{kid}/"), format!("/{kid}"), format!("{kid}\0"), format!("../access/{kid}"), format!(" {kid}"), kid[..42].into()];
    odd.into_iter().map(String::from).chain(near).chain(["k".repeat(1000)]).collect()
}

pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Replaces one of the three parts of a token.
pub fn replace(token: &str, part: usize, with: &str) -> String {
    let mut parts: Vec<&str> = token.split('.').collect();
    parts[part] = with;
    parts.join(".")
}

/// One of the three parts of a token.
pub fn part(token: &str, part: usize) -> &str {
    token.split('.').nth(part).unwrap()
}

/// Seconds since the Unix epoch.
#[expect(clippy::disallowed_methods, reason = "the services judge what is forged by the clock of this machine")]
pub fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs().try_into().unwrap()
}
