use super::claims::{AccessClaims, DelegationClaims};
use crate::{Error, Kind, Result};
use std::{fmt, sync::Arc};

/// A verified caller: the user, what the token allows, and the service that acts for the user, if one does. Cheap to clone.
///
/// An actix extractor (401 without a good token); in handlers of messages [`Work::identity`](crate::Work::identity) gives it.
///
/// ```
/// use fm_sdk::{prelude::*, testing::TestIdentities};
///
/// fn may_change(who: &Identity, owner: &str) -> Result<()> {
///     who.require("cars:write")?.acts_for(owner)
/// }
/// let identities = TestIdentities::new();
/// let ann = identities.identity("ann", &["cars:write"]);
/// assert!(may_change(&ann, "ann").is_ok());
/// assert_eq!(may_change(&ann, "bob").unwrap_err().code(), "other-user");
/// assert_eq!(may_change(&identities.identity("bob", &[]), "bob").unwrap_err().code(), "scope-missing");
/// ```
#[derive(Clone)]
pub struct Identity(Arc<Inner>);

struct Inner {
    sub: String,
    scopes: Vec<String>,
    roles: Vec<String>,
    act: Option<String>,
    epoch: u64,
    expires: i64,
    token: Arc<str>,
}

impl Identity {
    pub(crate) fn direct(claims: AccessClaims, token: &str) -> Self {
        Identity(Arc::new(Inner {
            scopes: claims.scope.split(' ').filter(|s| !s.is_empty()).map(Into::into).collect(),
            sub: claims.sub,
            roles: claims.roles,
            act: None,
            epoch: claims.epoch,
            expires: claims.exp,
            token: token.into(),
        }))
    }

    pub(crate) fn delegated(claims: DelegationClaims, token: &str) -> Self {
        Identity(Arc::new(Inner {
            scopes: claims.scope.split(' ').filter(|s| !s.is_empty()).map(Into::into).collect(),
            sub: claims.sub,
            roles: Vec::new(),
            act: Some(claims.act.sub),
            epoch: 0,
            expires: claims.exp,
            token: token.into(),
        }))
    }

    /// The user's id; for a service's own acts the service's name.
    pub fn sub(&self) -> &str {
        &self.0.sub
    }
    /// What the token allows.
    pub fn scopes(&self) -> &[String] {
        &self.0.scopes
    }
    /// The roles at sign-in; none when a service acts for the user.
    pub fn roles(&self) -> &[String] {
        &self.0.roles
    }
    /// The service that acts for the user; `None` when the user calls directly.
    pub fn act(&self) -> Option<&str> {
        self.0.act.as_deref()
    }
    /// The user's revocation counter at sign-in; 0 when a service acts for the user.
    pub fn epoch(&self) -> u64 {
        self.0.epoch
    }
    /// Until when the token is valid, in seconds since the Unix epoch.
    pub fn expires(&self) -> i64 {
        self.0.expires
    }
    /// The token itself, for forwarding an access token. Never log it.
    pub fn token(&self) -> &str {
        &self.0.token
    }
    pub(crate) fn shared_token(&self) -> Arc<str> {
        self.0.token.clone()
    }

    /// Whether the token has this scope.
    pub fn has_scope(&self, scope: &str) -> bool {
        self.0.scopes.iter().any(|s| s == scope)
    }

    /// Goes on only if the token allows this.
    ///
    /// # Errors
    /// `Forbidden`, code `scope-missing`.
    pub fn require(&self, scope: &str) -> Result<&Self> {
        if self.has_scope(scope) {
            Ok(self)
        } else {
            Err(Error::new(Kind::Forbidden, "scope-missing", format!("this needs the scope {scope}")))
        }
    }

    /// Goes on only if the caller is, or acts for, this very user.
    ///
    /// # Errors
    /// `Forbidden`, code `other-user`.
    pub fn acts_for(&self, user: &str) -> Result<()> {
        if self.0.sub == user { Ok(()) } else { Err(Error::new(Kind::Forbidden, "other-user", "this may only be done for another user")) }
    }

    /// Goes on only if this service acts for the user: a command that one service alone may give.
    ///
    /// # Errors
    /// `Forbidden`, code `other-service`.
    pub fn acted_by(&self, service: &str) -> Result<&Self> {
        if self.act() == Some(service) {
            Ok(self)
        } else {
            Err(Error::new(Kind::Forbidden, "other-service", format!("only {service} may ask for this")))
        }
    }
}

/// Shows everything but the token.
impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("sub", &self.0.sub)
            .field("scopes", &self.0.scopes)
            .field("roles", &self.0.roles)
            .field("act", &self.0.act)
            .field("epoch", &self.0.epoch)
            .field("token", &"redacted")
            .finish_non_exhaustive()
    }
}
