use crate::user::{Account, DeviceToken, RefreshToken, User};
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
    /// To be sent with the next sign-in from this device; only sign-up and sign-in give it. Keep it when the user signs out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_token: Option<String>,
}

impl Tokens {
    pub fn new(user: &User, access: AccessToken, refresh: &RefreshToken) -> Self {
        Tokens {
            user: user.into(),
            access_token: access.token,
            refresh_token: refresh.text(),
            token_type: "Bearer".into(),
            expires_in: access.expires_in,
            device_token: None,
        }
    }
    pub fn on_device(self, device: &DeviceToken) -> Self {
        Tokens { device_token: Some(device.text()), ..self }
    }
}
