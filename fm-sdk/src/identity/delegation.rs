//! Delegation tokens: a queued message proves for whom it acts, long after the user's own token has expired.

use super::{
    Actor, DelegationClaims, Identity, Keys, Purpose, Verifier,
    claims::{ACCESS_TYPE, DELEGATION_TYPE},
    issuer::checked_user,
    jws::{self, Jws},
    policy::TokenPolicy,
    rejection::TokenRejection,
    verifier::in_time,
};
use crate::{Envelope, Error, Kind, MessageKind, Result};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// Signs for one service that it acts for a user in one message.
pub struct Delegate {
    service: String,
    keys: Arc<Keys>,
    policy: TokenPolicy,
}

impl Delegate {
    /// Signs with a service's keys. Publish them ([`Keys::publish`], [`Keys::keep`]), or nobody believes the messages.
    ///
    /// # Errors
    /// `Internal`, code `delegate`, for keys that are not a service's.
    pub fn new(keys: Arc<Keys>, policy: TokenPolicy) -> Result<Self> {
        match keys.purpose().clone() {
            Purpose::Service(service) => Ok(Delegate { service, keys, policy }),
            Purpose::Access => Err(Error::new(Kind::Internal, "delegate", "the issuer's keys must not sign messages")),
        }
    }

    /// The service that signs.
    pub fn service(&self) -> &str {
        &self.service
    }

    /// The keys it signs with.
    pub fn keys(&self) -> &Arc<Keys> {
        &self.keys
    }

    /// Signs that this service acts for `user` (its own name for its own acts) in the message with this name (`audience`), id and body,
    /// and with no more than these scopes (separated by spaces). Valid for the policy's `message_lifetime`.
    ///
    /// # Errors
    /// `Internal`, code `user-id`, if the user's id is not fit for a token.
    pub fn mint(&self, user: &str, scope: &str, audience: &str, message_id: &str, body: &str) -> Result<String> {
        self.sign(self.claims(user, scope, audience, message_id, body, self.policy.message_secs())?)
    }

    /// Puts a token into an envelope that this service is about to send, for this caller or, without one, for itself.
    ///
    /// # Errors
    /// `Internal`, code `delegate`, if the envelope names another source.
    pub fn seal(&self, envelope: &mut Envelope, who: Option<&Identity>) -> Result<()> {
        let (user, scope) = who.map_or((self.service.as_str(), String::new()), |w| (w.sub(), w.scopes().join(" ")));
        self.seal_for(envelope, user, &scope)
    }

    /// Puts a token into an envelope as [`Delegate::seal`] does, for a user who is not at hand any more.
    pub(crate) fn seal_for(&self, envelope: &mut Envelope, user: &str, scope: &str) -> Result<()> {
        if envelope.source != self.service {
            return Err(Error::new(Kind::Internal, "delegate", format!("{} cannot sign for {}", self.service, envelope.source)));
        }
        let lifetime = if envelope.kind == MessageKind::Call { self.policy.call_secs() } else { self.policy.message_secs() };
        let claims = self.claims(user, scope, &envelope.name, &envelope.id, &envelope.body, lifetime)?;
        envelope.token = Some(self.sign(claims)?);
        Ok(())
    }

    /// The time by which it signs, in milliseconds since the Unix epoch.
    pub(crate) fn now_ms(&self) -> i64 {
        self.policy.now_ms()
    }

    /// For how long the token of a queued message is valid, in milliseconds.
    pub(crate) fn message_lifetime_ms(&self) -> i64 {
        self.policy.message_secs() * 1000
    }

    /// Vouches anew for a message that this service replays from its own dead letters: for the same user, from the same source, with the same
    /// scopes. Its old token may have expired but must be right otherwise; a forged message does not become true by being replayed.
    ///
    /// # Errors
    /// Those of [`Verifier::verify_envelope`], but for `delegation-expired`.
    pub fn renew(&self, verifier: &Verifier, envelope: &mut Envelope) -> Result<()> {
        let old = verifier.delegation(envelope.token.as_deref().unwrap_or_default(), envelope).or_else(|rejection| match rejection {
            (TokenRejection::Expired, Some(claims)) => Ok(*claims),
            (rejection, _) => Err(rejection.delegation()),
        })?;
        let now = self.policy.now_ms() / 1000;
        envelope.token = Some(self.sign(DelegationClaims {
            via: Some(self.service.clone()),
            iat: now,
            exp: now + self.policy.message_secs(),
            ..old
        })?);
        Ok(())
    }

    fn claims(&self, user: &str, scope: &str, name: &str, id: &str, body: &str, lifetime: i64) -> Result<DelegationClaims> {
        let now = self.policy.now_ms() / 1000;
        Ok(DelegationClaims {
            sub: checked_user(user)?.into(),
            act: Actor { sub: self.service.clone() },
            via: None,
            scope: scope.into(),
            aud: name.into(),
            jti: id.into(),
            bh: body_hash(body),
            iat: now,
            exp: now + lifetime,
        })
    }

    fn sign(&self, claims: DelegationClaims) -> Result<String> {
        jws::sign(&*self.keys.signing(self.policy.now_ms())?, DELEGATION_TYPE, &claims)
    }
}

impl Verifier {
    /// Checks that `source` acts for a user in the message with this name (`audience`), id and body.
    ///
    /// # Errors
    /// `Unauthenticated`, permanent: `delegation-missing`, `-invalid`, `-expired`, `-audience` (re-addressed), `-actor` (another
    /// service signed), `-message` (taken from another message), `-body` (edited), `-renewer`; `delegation-key-unknown` is tried again.
    pub fn verify_delegation(&self, token: &str, audience: &str, message_id: &str, body: &str, source: &str) -> Result<Identity> {
        let message = Expected { audience, message_id, body, source };
        self.delegated(token, &message).map(|claims| Identity::delegated(claims, token)).map_err(|(rejection, _)| {
            log::warn!(id = message_id, audience = audience, source = source; "identity: delegation token refused: {}", rejection.why());
            rejection.delegation()
        })
    }

    /// Tells for whom a message acts: by a delegation token, or, for a call, by the caller's own access token.
    ///
    /// # Errors
    /// Those of [`Verifier::verify_delegation`] and, for a call, of [`Verifier::verify_access`].
    pub fn verify_envelope(&self, envelope: &Envelope) -> Result<Identity> {
        let token = envelope.token.as_deref().unwrap_or_default();
        if envelope.kind == MessageKind::Call && (token.is_empty() || jws::claimed_type(token).as_deref() == Some(ACCESS_TYPE)) {
            return self.verify_access(token);
        }
        self.verify_delegation(token, &envelope.name, &envelope.id, &envelope.body, &envelope.source)
    }

    fn delegation(&self, token: &str, e: &Envelope) -> std::result::Result<DelegationClaims, Refused> {
        self.delegated(token, &Expected { audience: &e.name, message_id: &e.id, body: &e.body, source: &e.source })
    }

    /// Expiry comes last, so that whoever is told of it knows that all else was right.
    fn delegated(&self, token: &str, message: &Expected<'_>) -> std::result::Result<DelegationClaims, Refused> {
        let no = |rejection| (rejection, None);
        let now_ms = self.policy.now_ms();
        let jws = Jws::read(token, DELEGATION_TYPE).map_err(no)?;
        // Read before the signature is checked, only to know in whose key set to look.
        let claims: DelegationClaims = jws.claims().map_err(no)?;
        if claims.act.sub != message.source {
            return Err(no(TokenRejection::Actor));
        }
        if claims.via.is_some() && claims.via != self.service {
            return Err(no(TokenRejection::Renewer));
        }
        let signer = claims.via.as_deref().unwrap_or(&claims.act.sub);
        jws.check(&self.ring.service(signer, &jws.kid, now_ms).map_err(no)?).map_err(no)?;
        let rejection = if claims.aud != message.audience {
            TokenRejection::Audience
        } else if claims.jti != message.message_id {
            TokenRejection::Message
        } else if claims.bh != body_hash(message.body) {
            TokenRejection::Body
        } else {
            match in_time(claims.iat, claims.exp, self.policy.message_secs(), now_ms) {
                Ok(()) => return Ok(claims),
                Err(TokenRejection::Expired) => return Err((TokenRejection::Expired, Some(Box::new(claims)))),
                Err(rejection) => rejection,
            }
        };
        Err(no(rejection))
    }
}

struct Expected<'a> {
    audience: &'a str,
    message_id: &'a str,
    body: &'a str,
    source: &'a str,
}

/// Why, and the claims if nothing but time is wrong with them.
type Refused = (TokenRejection, Option<Box<DelegationClaims>>);

fn body_hash(body: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(body))
}
