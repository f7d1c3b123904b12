//! fm-profile: the people of the market. Accounts, sign-in, roles, public profiles, and the keys that sign access tokens.

mod admin;
mod favourite;
mod handlers;
mod inbox;
mod mail;
pub mod messages;
mod openapi;
mod passwords;
mod revocation;
mod routes;
mod searches;
mod settings;
mod setup;
mod state;
mod throttle;
mod user;

pub use favourite::Favourite;
pub use inbox::{Conversation, Report};
pub use mail::{Language, MailSettings, MailToken, Transport};
pub use passwords::{Cost, Secret};
pub use searches::{Alert, AlertMail, SavedSearch};
pub use settings::Own;
pub use setup::{FirstAdmin, Setup};
pub use state::Profile;
pub use throttle::{Limit, Limits};
pub use user::User;

use fm_sdk::Service;
use std::time::Duration;

/// How soon a revocation that could not be written is tried again.
const REVOKE: Duration = Duration::from_secs(1);

/// How often alerts are gathered into mails.
const MAIL_ALERTS: Duration = Duration::from_secs(60);

/// The service.
pub fn profile(setup: Setup) -> Service<Profile> {
    let admin = setup.admin.clone();
    Service::new("fm-profile", Profile::new(setup))
        .version(env!("CARGO_PKG_VERSION"))
        .scopes(&["profile:write", "users:admin"])
        .expires(User::done_ms, user::TOMBSTONES_KEPT)
        .expires(MailToken::at, mail::TOKENS_KEPT)
        .keeps::<Conversation>()
        .keeps::<Report>()
        .keeps::<Favourite>()
        .keeps::<SavedSearch>()
        .expires(Alert::at, searches::ALERTS_KEPT)
        .expires(AlertMail::at, searches::ALERT_MAILS_KEPT)
        .at_start(state::publish_keys)
        .at_start(async move |profile, work| admin::make_first(&profile, &work, &admin).await)
        .command_with(mail::options(), mail::send_mail)
        .on(handlers::user_deleted)
        .on(handlers::ad_expires)
        .on(searches::listed)
        .on(searches::price_fell)
        .every(REVOKE, "write-revocations", revocation::catch_up)
        .every_once(MAIL_ALERTS, "mail-alerts", searches::mail_alerts)
        .http(routes::configure)
        .openapi(openapi::document)
}
