use serde::{Deserialize, Serialize};

/// The header `typ` of an access token (RFC 9068, section 2.1).
pub(crate) const ACCESS_TYPE: &str = "at+jwt";
/// The header `typ` of a delegation token.
pub(crate) const DELEGATION_TYPE: &str = "fm-del+jwt";

/// What an access token says (RFC 9068, section 2.2). Times are seconds since the Unix epoch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessClaims {
    /// The user's id.
    pub sub: String,
    /// What it allows, separated by spaces.
    pub scope: String,
    /// The roles that the scopes were derived from at sign-in.
    pub roles: Vec<String>,
    /// The user's revocation counter at sign-in.
    pub epoch: u64,
    /// Who signed it.
    pub iss: String,
    /// For whom it is meant.
    pub aud: String,
    /// Its own id.
    pub jti: String,
    /// When it was signed.
    pub iat: i64,
    /// Until when it is valid.
    pub exp: i64,
}

/// Who acts for the subject (RFC 8693, section 4.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// The service's name.
    pub sub: String,
}

/// What a delegation token says: this service acts for this user in this very message. Times are seconds since the Unix epoch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DelegationClaims {
    /// The user's id, or the service's name for its own acts.
    pub sub: String,
    /// The service that made the message.
    pub act: Actor,
    /// The receiving service that replayed the message from its dead letters and vouches for it anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<String>,
    /// What it allows, separated by spaces.
    pub scope: String,
    /// The message's name: that of an event, or of a command or call with its owner in front.
    pub aud: String,
    /// The message's id.
    pub jti: String,
    /// SHA-256 of the body, base64url without padding.
    pub bh: String,
    /// When it was signed.
    pub iat: i64,
    /// Until when it is valid.
    pub exp: i64,
}
