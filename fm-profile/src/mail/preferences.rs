use super::Language;
use crate::User;
use serde::{Deserialize, Serialize};

/// What somebody wants to be written of, beside what concerns the account itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MailPreferences {
    /// New messages in the inbox.
    pub messages: bool,
    /// Cars that match saved searches, prices that fell.
    pub alerts: bool,
    pub language: Language,
}

impl Default for MailPreferences {
    fn default() -> Self {
        MailPreferences { messages: true, alerts: true, language: Language::default() }
    }
}

impl User {
    /// Whether mails about messages go to this user: only to an address that is confirmed.
    pub fn wants_mail_of_messages(&self) -> bool {
        self.email_confirmed && self.mail.messages && !self.is_gone()
    }
    /// Whether mails about alerts go to this user: only to an address that is confirmed.
    pub fn wants_mail_of_alerts(&self) -> bool {
        self.email_confirmed && self.mail.alerts && !self.is_gone()
    }
}
