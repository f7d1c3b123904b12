//! Mail: what users are written to, and how it leaves. Whatever decides on a mail sends the command `fm-profile/send-mail` in the same step,
//! so that none is lost; its handler writes the mail and hands it over. Commands name people and not secrets: links are made when a mail is
//! written.

mod contents;
mod language;
mod mailer;
mod preferences;
mod send;
mod token;

pub use language::Language;
pub use mailer::{MailSettings, Transport};
pub use preferences::MailPreferences;
pub use send::{options, send_mail};
pub use token::{MailToken, Purpose, TOKENS_KEPT};
