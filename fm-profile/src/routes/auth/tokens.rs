use crate::user::{Account, RefreshToken, User};
use fm_sdk::identity::AccessToken;
use serde::Serialize;
use utoipa::ToSchema;

/// What a sign-in gives (RFC 6749, section 5.1).
#[derive(Serialize, ToSchema)]
pub struct Tokens {
    pub user: Account,
    /// For the header `Authorization: Bearer`.
    pub access_token: String,
    /// For one refresh. Keep it where no script and no log can see it.
    pub refresh_token: String,
    /// `Bearer`.
    pub token_type: String,
    /// How long the access token is valid, in seconds.
    pub expires_in: u64,
}

impl Tokens {
    pub fn new(user: &User, access: AccessToken, refresh: &RefreshToken) -> Self {
        Tokens {
            user: user.into(),
            access_token: access.token,
            refresh_token: refresh.text(),
            token_type: "Bearer".into(),
            expires_in: access.expires_in,
        }
    }
}
