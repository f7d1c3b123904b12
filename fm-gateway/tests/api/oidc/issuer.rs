//! An issuer of the test's own: its keys, its documents and its tokens, made without the library that the gateway verifies them with.

use crate::support::{Upstream, ok};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use fm_sdk::time::now_ms;
use ring::{
    hmac,
    rand::SystemRandom,
    rsa::PublicKeyComponents,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair},
};
use rustls::pki_types::{PrivatePkcs1KeyDer, pem::PemObject};
use serde_json::{Value, json};
use std::{cell::RefCell, rc::Rc};

pub fn base64(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// A pair of keys.
pub enum Keys {
    Rsa(RsaKeyPair),
    P256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl Keys {
    pub fn rsa() -> Keys {
        let key = PrivatePkcs1KeyDer::from_pem_slice(include_bytes!("rsa-key-of-tests.pem")).unwrap();
        Keys::Rsa(RsaKeyPair::from_der(key.secret_pkcs1_der()).unwrap())
    }

    pub fn p256() -> Keys {
        let random = SystemRandom::new();
        let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        Keys::P256(EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, key.as_ref(), &random).unwrap())
    }

    pub fn ed25519() -> Keys {
        let key = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        Keys::Ed25519(Ed25519KeyPair::from_pkcs8(key.as_ref()).unwrap())
    }

    pub fn algorithm(&self) -> &'static str {
        match self {
            Keys::Rsa(_) => "RS256",
            Keys::P256(_) => "ES256",
            Keys::Ed25519(_) => "EdDSA",
        }
    }

    /// The public key as the issuer publishes it.
    pub fn jwk(&self, kid: &str) -> Value {
        match self {
            Keys::Rsa(pair) => {
                let PublicKeyComponents::<Vec<u8>> { n, e } = pair.public().into();
                json!({"kty": "RSA", "kid": kid, "use": "sig", "alg": "RS256", "n": base64(n), "e": base64(e)})
            }
            Keys::P256(pair) => {
                let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
                json!({"kty": "EC", "crv": "P-256", "kid": kid, "x": base64(x), "y": base64(y)})
            }
            Keys::Ed25519(pair) => json!({"kty": "OKP", "crv": "Ed25519", "kid": kid, "x": base64(pair.public_key())}),
        }
    }

    /// A token with this head and these claims.
    pub fn sign(&self, head: &Value, claims: &Value) -> String {
        let signed = unsigned(head, claims);
        let signature = match self {
            Keys::Rsa(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature).unwrap();
                signature
            }
            Keys::P256(pair) => pair.sign(&SystemRandom::new(), signed.as_bytes()).unwrap().as_ref().to_vec(),
            Keys::Ed25519(pair) => pair.sign(signed.as_bytes()).as_ref().to_vec(),
        };
        format!("{signed}.{}", base64(signature))
    }
}

/// Head and claims as they are signed.
pub fn unsigned(head: &Value, claims: &Value) -> String {
    format!("{}.{}", base64(head.to_string()), base64(claims.to_string()))
}

/// A token that is signed with a secret.
pub fn sign_with_secret(secret: &[u8], head: &Value, claims: &Value) -> String {
    let signed = unsigned(head, claims);
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    format!("{signed}.{}", base64(hmac::sign(&key, signed.as_bytes())))
}

/// Where documents of issuers lie.
const CONFIGURATION: &str = "/.well-known/openid-configuration";

pub struct Issuer {
    pub server: Upstream,
    pub url: String,
    /// The whole answer to whoever asks for the keys.
    answer: Rc<RefCell<String>>,
}

impl Issuer {
    /// One that publishes these keys.
    pub async fn publishing(keys: &[Value]) -> Issuer {
        Self::answering(ok(&json!({"keys": keys}).to_string())).await
    }

    /// One that answers this to whoever asks for its keys.
    pub async fn answering(answer: String) -> Issuer {
        Self::start(answer, |url| json!({"issuer": url, "jwks_uri": format!("{url}/keys")})).await
    }

    /// One that says this of itself.
    pub async fn configured(keys: &[Value], configuration: fn(&str) -> Value) -> Issuer {
        Self::start(ok(&json!({"keys": keys}).to_string()), configuration).await
    }

    async fn start(answer: String, configuration: fn(&str) -> Value) -> Issuer {
        let (answer, url) = (Rc::new(RefCell::new(answer)), Rc::<RefCell<String>>::default());
        let (answers, own) = (answer.clone(), url.clone());
        let server = Upstream::start(move |mut connection| {
            let (answers, own) = (answers.clone(), own.clone());
            async move {
                while let Some(request) = connection.request().await {
                    let is_configuration = request.starts_with(&format!("GET {CONFIGURATION} "));
                    let answer = if is_configuration { ok(&configuration(&own.borrow()).to_string()) } else { answers.borrow().clone() };
                    connection.write(answer).await;
                }
            }
        })
        .await;
        *url.borrow_mut() = server.url();
        Issuer { url: server.url(), server, answer }
    }

    pub fn publish(&self, keys: &[Value]) {
        *self.answer.borrow_mut() = ok(&json!({"keys": keys}).to_string());
    }

    /// How often its keys were asked for.
    pub fn fetches(&self) -> usize {
        self.server.seen.borrow().iter().filter(|request| request.starts_with("GET /keys ")).count()
    }

    /// Claims of a good token.
    pub fn claims(&self) -> Value {
        let now = now_ms() / 1000;
        json!({"iss": self.url, "aud": "market", "sub": "ann-7", "iat": now, "exp": now + 300, "email": "ann@example.org"})
    }

    /// Settings that believe it.
    pub fn settings(&self) -> Value {
        json!({"issuer": self.url, "audiences": ["market", "shop"], "clear_text": true})
    }
}
