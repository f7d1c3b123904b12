use super::{
    AccessClaims, JwkSet, Keys, Purpose, Roles, TokenPolicy, claims::ACCESS_TYPE, jws, policy::MAX_ACCESS_LIFETIME, ring::KeyRing,
    scopes::DefinedScopes,
};
use crate::{Error, Kind, Result, registry::Registry};
use std::{fmt, sync::Arc};

/// Signs access tokens. One service does: fm-profile.
pub struct Issuer {
    keys: Arc<Keys>,
    roles: Roles,
    policy: TokenPolicy,
    ring: KeyRing,
    defined: DefinedScopes,
}

/// A signed access token.
#[derive(Clone)]
pub struct AccessToken {
    /// The token itself. Never log it.
    pub token: String,
    /// How long it is valid, in seconds.
    pub expires_in: u64,
    /// Its id.
    pub id: String,
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessToken").field("id", &self.id).field("expires_in", &self.expires_in).finish_non_exhaustive()
    }
}

impl Issuer {
    /// Signs with these keys. Publish them first ([`Keys::publish`], [`Keys::keep`]), or nobody believes the tokens.
    ///
    /// # Errors
    /// `Internal`, code `issuer`, for keys of another purpose or a lifetime of more than one hour.
    pub fn new(keys: Arc<Keys>, roles: Roles, policy: TokenPolicy, registry: &dyn Registry) -> Result<Self> {
        if *keys.purpose() != Purpose::Access || !(1..=MAX_ACCESS_LIFETIME as u64).contains(&policy.access_lifetime.as_secs()) {
            return Err(Error::new(Kind::Internal, "issuer", "an issuer needs access keys and a lifetime of a second to an hour"));
        }
        Ok(Issuer { keys, roles, policy, ring: KeyRing::new(registry), defined: DefinedScopes::follow(registry) })
    }

    /// Signs a token for a user with these roles: it has their scopes, and those that services give them
    /// ([`Service::defines_scopes`](crate::Service::defines_scopes)). `epoch` is the user's revocation counter.
    ///
    /// # Errors
    /// `Internal`, code `user-id`, if the id is not fit for a token.
    pub fn issue<R: AsRef<str>>(&self, user: &str, roles: &[R], epoch: u64) -> Result<AccessToken> {
        let now = self.policy.now_ms() / 1000;
        let (id, expires_in) = (uuid::Uuid::now_v7().to_string(), self.policy.access_lifetime.as_secs());
        let claims = AccessClaims {
            sub: checked_user(user)?.into(),
            scope: [self.roles.scopes(roles), self.defined.of(roles)].concat().join(" "),
            roles: roles.iter().map(|r| r.as_ref().into()).collect(),
            epoch,
            iss: self.policy.issuer.clone(),
            aud: self.policy.audience.clone(),
            jti: id.clone(),
            iat: now,
            exp: now + expires_in as i64,
        };
        Ok(AccessToken { token: self.sign(&claims)?, expires_in, id })
    }

    pub(crate) fn sign(&self, claims: &AccessClaims) -> Result<String> {
        jws::sign(&*self.keys.signing(self.policy.now_ms())?, ACCESS_TYPE, claims)
    }

    /// All public keys whose access tokens are to be believed: this instance's and, as far as the registry is known, all others'.
    pub fn jwks(&self) -> JwkSet {
        let now = self.policy.now_ms();
        let mut keys = self.ring.access_jwks(now).unwrap_or_default();
        for own in self.keys.published(now) {
            if keys.iter().all(|k| k.kid != own.jwk.kid) {
                keys.push(own.jwk);
            }
        }
        JwkSet { keys }
    }

    /// The table of roles.
    pub fn roles(&self) -> &Roles {
        &self.roles
    }
}

/// Users' ids become parts of registry keys and of log lines, so they are letters, digits and `-_.:@`, at most 128.
pub(crate) fn checked_user(user: &str) -> Result<&str> {
    let fine = |c: u8| c.is_ascii_alphanumeric() || b"-_.:@".contains(&c);
    if (1..=128).contains(&user.len()) && user.bytes().all(fine) {
        Ok(user)
    } else {
        Err(Error::new(Kind::Internal, "user-id", "a user's id is 1 to 128 letters, digits or any of -_.:@"))
    }
}
