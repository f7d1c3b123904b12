use super::{
    Identity, TokenPolicy,
    cache::{Cache, Verified},
    claims::{ACCESS_TYPE, AccessClaims},
    jws::Jws,
    policy::{LEEWAY, MAX_ACCESS_LIFETIME},
    rejection::TokenRejection,
    ring::KeyRing,
};
use crate::{Result, registry::Registry};

/// Verified tokens that are remembered unless told otherwise: about a kilobyte each.
const REMEMBERED: usize = 16_384;

/// Checks tokens, without asking anybody: the registry is watched, and its last known state counts while it is unreachable.
pub struct Verifier {
    pub(super) ring: KeyRing,
    cache: Cache,
    pub(super) policy: TokenPolicy,
    pub(super) service: Option<String>,
}

impl Verifier {
    /// Believes the keys of this registry. Tokens are refused until it has answered for the first time.
    pub fn new(registry: &dyn Registry, policy: TokenPolicy) -> Self {
        Verifier { ring: KeyRing::new(registry), cache: Cache::new(REMEMBERED), policy, service: None }
    }

    /// Names the service that checks; needed for messages that it replays from its own dead letters.
    #[must_use]
    pub fn for_service(mut self, name: &str) -> Self {
        self.service = Some(name.into());
        self
    }

    /// Remembers about this many verified tokens, never more than twice as many; 0 = none.
    #[must_use]
    pub fn remembering(mut self, tokens: usize) -> Self {
        self.cache = Cache::new(tokens);
        self
    }

    /// Whether the registry has answered, so that tokens can be checked.
    pub fn is_ready(&self) -> bool {
        self.ring.is_known()
    }

    /// Resolves when the registry has answered.
    pub async fn ready(&self) {
        self.ring.known().await;
    }

    /// Checks an access token: form, type, algorithm, key, signature, issuer, audience, times, revocation.
    ///
    /// # Errors
    /// `Unauthenticated`: `token-missing`, `token-invalid`, `token-expired`, `token-revoked`. `Unavailable`, code `keys-unknown`, until the
    /// registry has answered for the first time.
    pub fn verify_access(&self, token: &str) -> Result<Identity> {
        self.access(token).map_err(|rejection| {
            log::debug!("identity: access token refused: {}", rejection.why());
            rejection.access()
        })
    }

    pub(crate) fn access(&self, token: &str) -> std::result::Result<Identity, TokenRejection> {
        let now_ms = self.policy.now_ms();
        if let Some(Verified { who, kid }) = self.cache.get(token) {
            let still = self.ring.access(&kid, now_ms).and_then(|_| self.current(&who, now_ms));
            return match still {
                Ok(()) => Ok(who),
                Err(rejection) => {
                    self.cache.drop(token);
                    Err(rejection)
                }
            };
        }
        let jws = Jws::read(token, ACCESS_TYPE)?;
        jws.check(&self.ring.access(&jws.kid, now_ms)?)?;
        let claims: AccessClaims = jws.claims()?;
        if claims.iss != self.policy.issuer {
            return Err(TokenRejection::Issuer);
        }
        if claims.aud != self.policy.audience {
            return Err(TokenRejection::Audience);
        }
        in_time(claims.iat, claims.exp, MAX_ACCESS_LIFETIME, now_ms)?;
        let who = Identity::direct(claims, token);
        self.current(&who, now_ms)?;
        self.cache.put(Verified { who: who.clone(), kid: jws.kid.into() });
        Ok(who)
    }

    #[cfg(test)]
    pub(crate) fn remembered(&self) -> usize {
        self.cache.len()
    }

    /// What can change while a token is remembered.
    fn current(&self, who: &Identity, now_ms: i64) -> std::result::Result<(), TokenRejection> {
        if who.expires().saturating_add(LEEWAY) <= now_ms / 1000 {
            return Err(TokenRejection::Expired);
        }
        if who.epoch() < self.ring.epoch(who.sub())? { Err(TokenRejection::Revoked) } else { Ok(()) }
    }
}

/// Checks when a token was signed, how long it may live, and that it still does; seconds, but for `now_ms`.
pub(super) fn in_time(iat: i64, exp: i64, longest: i64, now_ms: i64) -> std::result::Result<(), TokenRejection> {
    let now = now_ms / 1000;
    if iat > now + LEEWAY {
        return Err(TokenRejection::NotYet);
    }
    if exp.checked_sub(iat).is_none_or(|life| !(0..=longest).contains(&life)) {
        return Err(TokenRejection::Lifetime);
    }
    if exp.saturating_add(LEEWAY) <= now { Err(TokenRejection::Expired) } else { Ok(()) }
}
