use super::{OpeningHours, User};
use serde::Serialize;
use utoipa::ToSchema;

/// An account, as its owner and administrators see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Account {
    pub id: String,
    pub username: String,
    pub email: String,
    /// The user has shown to read what is sent to the address.
    pub email_confirmed: bool,
    pub roles: Vec<String>,
    /// RFC 3339, UTC.
    pub created: String,
}

impl From<&User> for Account {
    fn from(u: &User) -> Self {
        Account {
            id: u.id.clone(),
            username: u.username.clone(),
            email: u.email.clone(),
            email_confirmed: u.email_confirmed,
            roles: u.roles.clone(),
            created: u.created.clone(),
        }
    }
}

/// A user, as others see them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PublicProfile {
    pub user_id: String,
    pub username: String,
    pub name: Option<String>,
    pub location: Option<String>,
    /// Only for those who are signed in.
    pub phone: Option<String>,
    /// With stars for most of its digits, for everybody.
    pub phone_masked: Option<String>,
    pub about: Option<String>,
    /// When a dealer is there.
    pub opening_hours: Option<OpeningHours>,
    /// `dealer` or `private`.
    #[schema(pattern = "^(dealer|private)$")]
    pub seller_type: &'static str,
    /// RFC 3339, UTC.
    pub member_since: String,
}

impl PublicProfile {
    pub fn new(u: &User, with_phone: bool) -> Self {
        let data = u.profile.clone();
        let dealer = u.roles.iter().any(|r| r == "dealer");
        PublicProfile {
            user_id: u.id.clone(),
            username: u.username.clone(),
            phone_masked: data.masked_phone(),
            phone: data.phone.filter(|_| with_phone),
            name: data.name,
            location: data.location,
            about: data.about,
            opening_hours: data.opening_hours.filter(|_| dealer),
            seller_type: if dealer { "dealer" } else { "private" },
            member_since: u.created.clone(),
        }
    }
}
