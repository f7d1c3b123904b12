//! Keys that make a form safe to send twice.

use actix_web::http::header::HeaderName;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

/// The header that carries the key to the API.
pub const KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Makes up a key for a form.
pub fn new_key() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 18]>())
}

/// The key that a form came with; a new one for anything that cannot be a key.
pub fn key_of(form: &str) -> String {
    let fits = (1..=64).contains(&form.len()) && form.bytes().all(|b| b.is_ascii_graphic());
    if fits { form.to_owned() } else { new_key() }
}
