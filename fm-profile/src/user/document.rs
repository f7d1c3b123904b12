use super::{Deletion, KnownDevice, PersonalData, Session};
use crate::mail::MailPreferences;
use fm_sdk::{Identity, Result, text::identifier_key};
use serde::{Deserialize, Serialize};

/// Everything that is kept of one user.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct User {
    /// Never used again, also after the account is gone.
    pub id: String,
    /// As the user wrote it.
    pub username: String,
    /// What must be unique; none once the account is deleted, so that the name is free again.
    pub username_key: Option<String>,
    /// As the user wrote it.
    pub email: String,
    /// What must be unique.
    pub email_key: Option<String>,
    /// The user has shown to read what is sent to the address.
    #[serde(default)]
    pub email_confirmed: bool,
    /// PHC string.
    pub password: String,
    pub roles: Vec<String>,
    /// Counts revocations: access tokens with a smaller epoch are refused.
    pub epoch: u64,
    /// An epoch that may not be in the registry yet.
    pub unwritten: Option<u64>,
    /// RFC 3339, UTC.
    pub created: String,
    pub profile: PersonalData,
    #[serde(default)]
    pub mail: MailPreferences,
    pub sessions: Vec<Session>,
    /// From which the user has signed in.
    #[serde(default)]
    pub devices: Vec<KnownDevice>,
    /// Under which the state of the deletion can be asked.
    pub deletion_id: Option<String>,
    /// The account is gone; this is its tombstone.
    pub deletion: Option<Deletion>,
    /// When the deletion was complete, in milliseconds since the Unix epoch.
    pub done_ms: Option<i64>,
}
fm_sdk::document!(User = "users" {
    id: String [index], username_key: String [unique], email_key: String [unique], deletion_id: String [unique], roles: String, unwritten: u64 [index], done_ms: i64 [index]
});

/// The form in which names and addresses are compared. Those that are stored were made of ASCII by lower case, which is the same.
pub fn key(text: &str) -> String {
    identifier_key(text)
}

impl User {
    /// Makes an account of values that were checked.
    pub fn new(id: &str, username: &str, email: &str, password: String, roles: &[&str], created: String) -> Self {
        User {
            username: username.into(),
            username_key: Some(key(username)),
            email: email.into(),
            email_key: Some(key(email)),
            password,
            roles: roles.iter().map(|&r| r.into()).collect(),
            created,
            ..User::nobody(id)
        }
    }
    pub(super) fn nobody(id: &str) -> Self {
        User {
            id: id.into(),
            username: String::new(),
            username_key: None,
            email: String::new(),
            email_key: None,
            email_confirmed: false,
            password: String::new(),
            roles: Vec::new(),
            epoch: 0,
            unwritten: None,
            created: String::new(),
            profile: PersonalData::default(),
            mail: MailPreferences::default(),
            sessions: Vec::new(),
            devices: Vec::new(),
            deletion_id: None,
            deletion: None,
            done_ms: None,
        }
    }
    pub fn rename(&mut self, username: &str) {
        self.username = username.into();
        self.username_key = Some(key(username));
    }
    /// Gives the account another address, which is not confirmed. `false` if it is the one that it has.
    pub fn move_to(&mut self, email: &str) -> bool {
        let is_other = self.email != email;
        self.email_confirmed &= !is_other;
        self.email = email.into();
        self.email_key = Some(key(email));
        is_other
    }
    pub fn is_gone(&self) -> bool {
        self.deletion.is_some()
    }
    /// From now on no access token that was issued before is good; `revocation` tells the others.
    pub fn revoke_tokens(&mut self) {
        self.epoch += 1;
        self.unwritten = Some(self.epoch);
    }
    /// Goes on only if the token was not revoked; stricter than the registry, which may not know of it yet.
    ///
    /// # Errors
    /// `Unauthenticated`, code `token-revoked`.
    pub fn accepts(&self, who: &Identity) -> Result<()> {
        if self.is_gone() || who.epoch() < self.epoch { Err(super::revoked()) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::key;

    #[test]
    fn keys_of_names_that_are_stored_stay_what_they_were() {
        let all: String = (' '..='~').collect();
        for stored in ["Ann.Lee-2", "O'Neil+Cars@Mail.example.com", &all] {
            assert_eq!(key(stored), stored.to_lowercase());
        }
    }
    #[test]
    fn a_name_is_found_however_it_is_typed() {
        for typed in ["ann", "ANN", "Ａｎｎ", "a\u{200b}nn", "\u{202a}ann\u{202c}"] {
            assert_eq!(key(typed), "ann", "{typed:?}");
        }
    }
}
