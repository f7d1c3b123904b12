//! Tokens: JWTs in compact form (RFC 7519, RFC 8725).

use super::{claims::Claims, keys::Key, settings::Rules};
use jsonwebtoken::{Algorithm, Validation, decode, decode_header, errors::ErrorKind};
use serde_json::Value;

/// Longer ones are refused before they are read, in bytes.
const MAX_LENGTH: usize = 16 * 1024;
const MAX_KID: usize = 256;

/// Why a token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rejection {
    Shape,
    Algorithm,
    Type,
    Critical,
    Key,
    Signature,
    Issuer,
    Audience,
    Expired,
    NotYet,
    Claims,
}

impl Rejection {
    pub fn code(self) -> &'static str {
        if self == Rejection::Expired { "token-expired" } else { "token-invalid" }
    }

    pub fn why(self) -> &'static str {
        match self {
            Rejection::Shape => "the token is not a signed compact JWT",
            Rejection::Algorithm => "the token is signed by an algorithm that is not taken",
            Rejection::Type => "the token is of a type that is not taken",
            Rejection::Critical => "the token has extensions that are not understood",
            Rejection::Key => "the issuer has no such key",
            Rejection::Signature => "the token's signature does not fit",
            Rejection::Issuer => "the token comes from another issuer",
            Rejection::Audience => "the token is meant for another audience",
            Rejection::Expired => "the token has expired",
            Rejection::NotYet => "the token is not valid yet",
            Rejection::Claims => "the token's claims cannot be used",
        }
    }
}

/// What a token says about its key and its type. Nothing else of its head is used: `jku`, `jwk`, `x5u` and `x5c` would let it choose its own.
#[derive(Debug)]
pub struct Signed<'t> {
    pub token: &'t str,
    pub algorithm: Algorithm,
    pub kid: Option<String>,
}

impl<'t> Signed<'t> {
    /// Takes a token apart as far as needed to find its key.
    ///
    /// # Errors
    /// Why it is refused whatever key there is.
    pub fn read(token: &'t str, rules: &Rules) -> Result<Signed<'t>, Rejection> {
        if token.len() > MAX_LENGTH {
            return Err(Rejection::Shape);
        }
        let header = decode_header(token).map_err(|e| match e.kind() {
            // `none`, and whatever else is no signature that is known.
            ErrorKind::Json(why) if why.is_data() && why.to_string().contains("variant") => Rejection::Algorithm,
            _ => Rejection::Shape,
        })?;
        if !rules.algorithms.contains(&header.alg) {
            return Err(Rejection::Algorithm);
        }
        if !rules.takes_type(header.typ.as_deref()) {
            return Err(Rejection::Type);
        }
        if header.crit.is_some() || header.zip.is_some() || header.enc.is_some() {
            return Err(Rejection::Critical);
        }
        if header.kid.as_ref().is_some_and(|kid| kid.len() > MAX_KID) {
            return Err(Rejection::Key);
        }
        Ok(Signed { token, algorithm: header.alg, kid: header.kid })
    }

    /// Checks signature, issuer, audience and times.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn verify(&self, key: &Key, issuer: &str, rules: &Rules) -> Result<Claims, Rejection> {
        let mut validation = Validation::new(self.algorithm);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.set_issuer(&[issuer]);
        validation.set_audience(&rules.audiences);
        validation.leeway = rules.leeway;
        validation.validate_nbf = true;
        let claims = decode::<Claims>(self.token, &key.verifies, &validation)
            .map_err(|e| match e.kind() {
                ErrorKind::ExpiredSignature => Rejection::Expired,
                ErrorKind::ImmatureSignature => Rejection::NotYet,
                ErrorKind::InvalidIssuer => Rejection::Issuer,
                ErrorKind::InvalidAudience => Rejection::Audience,
                ErrorKind::MissingRequiredClaim(_) | ErrorKind::InvalidClaimFormat(_) | ErrorKind::Json(_) => Rejection::Claims,
                ErrorKind::InvalidAlgorithm | ErrorKind::InvalidKeyFormat => Rejection::Algorithm,
                _ => Rejection::Signature,
            })?
            .claims;
        // The library takes lists of issuers, too.
        if claims.get("iss").and_then(Value::as_str) != Some(issuer) {
            return Err(Rejection::Issuer);
        }
        Ok(claims)
    }
}
