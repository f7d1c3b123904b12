//! What stands in mails. Plain text: it is read everywhere, and nothing in it is loaded from elsewhere.

use super::Language;
use crate::{
    User,
    messages::CarNow,
    searches::{Alert, AlertKind},
};
use std::ops::Deref;
use time::{OffsetDateTime, format_description::well_known::Rfc3339, macros::format_description};

/// Cars that one mail lists; of more it tells the number.
const MAX_LISTED: usize = 20;

/// Links into the market. Tokens are in the query, whose values no log of the market has.
pub struct Links<'a>(pub &'a str);

impl Links<'_> {
    pub fn new_password(&self, token: &str) -> String {
        format!("{}/new-password?token={token}", self.0)
    }
    pub fn confirm(&self, token: &str) -> String {
        format!("{}/confirm-email?token={token}", self.0)
    }
    pub fn conversation(&self, id: &str) -> String {
        format!("{}/inbox/{id}", self.0)
    }
    pub fn car(&self, id: &str) -> String {
        format!("{}/cars/{id}", self.0)
    }
    /// A page that asks before it does anything, for who is signed in.
    pub fn renew(&self, car: &str) -> String {
        format!("{}/my/cars/{car}/renew", self.0)
    }
    pub fn alerts(&self) -> String {
        format!("{}/searches", self.0)
    }
    /// A page that asks before it does anything.
    pub fn unsubscribe(&self, token: &str) -> String {
        format!("{}/unsubscribe?token={token}", self.0)
    }
    /// What mail programs send a `POST` to (RFC 8058).
    pub fn one_click(&self, token: &str) -> String {
        format!("{}/api/auth/unsubscribe?token={token}", self.0)
    }
}

pub fn password_reset(language: Language, user: &User, link: &str) -> (String, String) {
    let name = &user.username;
    match language {
        Language::En => (
            "Choose a new password".into(),
            format!(
                "Hello {name},\n\nsomebody, probably you, asked for a new password for your account at Funny Market. Choose it here:\n\n{link}\n\n\
                The link works once, and for 30 minutes. If you did not ask for it, you need not do anything: your password stays as it is.\n"
            ),
        ),
        Language::De => (
            "Neues Passwort wählen".into(),
            format!(
                "Hallo {name},\n\njemand, vermutlich Sie, hat ein neues Passwort für Ihr Konto bei Funny Market angefordert. Hier wählen Sie es:\n\n{link}\n\n\
                Der Link gilt einmal und 30 Minuten lang. Haben Sie kein neues Passwort angefordert, müssen Sie nichts tun: Ihr Passwort bleibt, wie es ist.\n"
            ),
        ),
    }
}

pub fn email_confirmation(language: Language, user: &User, link: &str) -> (String, String) {
    let name = &user.username;
    match language {
        Language::En => (
            "Confirm your email address".into(),
            format!(
                "Hello {name},\n\nplease confirm that this is your email address, so that Funny Market can write to you about messages, saved searches and ads that expire:\n\n{link}\n\n\
                The link works once, and for 7 days. If you have no account at Funny Market, somebody has mistyped an address: please ignore this email.\n"
            ),
        ),
        Language::De => (
            "E-Mail-Adresse bestätigen".into(),
            format!(
                "Hallo {name},\n\nbitte bestätigen Sie, dass dies Ihre E-Mail-Adresse ist. Dann kann Funny Market Ihnen zu Nachrichten, gespeicherten Suchen und ablaufenden Anzeigen schreiben:\n\n{link}\n\n\
                Der Link gilt einmal und 7 Tage lang. Haben Sie kein Konto bei Funny Market, hat sich jemand bei der Adresse vertippt: Bitte ignorieren Sie diese E-Mail.\n"
            ),
        ),
    }
}

/// The text of the message is not repeated: it is read where it can be reported, and only by who is signed in.
pub fn new_message(language: Language, user: &User, from: &str, car: &str, link: &str, off: &str) -> (String, String) {
    let name = &user.username;
    match language {
        Language::En => (
            format!("New message about {car}"),
            format!(
                "Hello {name},\n\n{from} has written to you about {car}. Read and answer here:\n\n{link}\n\n\
                You get no further email about this conversation until you have read it. To get no emails about messages at all:\n{off}\n"
            ),
        ),
        Language::De => (
            format!("Neue Nachricht zu {car}"),
            format!(
                "Hallo {name},\n\n{from} hat Ihnen zu {car} geschrieben. Hier lesen und antworten Sie:\n\n{link}\n\n\
                Zu dieser Unterhaltung kommt keine weitere E-Mail, bis Sie sie gelesen haben. E-Mails zu Nachrichten abstellen:\n{off}\n"
            ),
        ),
    }
}

pub fn alerts(language: Language, user: &User, alerts: &[impl Deref<Target = Alert>], links: &Links<'_>, off: &str) -> (String, String) {
    let (name, all, n) = (&user.username, links.alerts(), alerts.len());
    let listed: String = alerts.iter().take(MAX_LISTED).map(|a| line(language, a, links)).collect();
    let more = n.saturating_sub(MAX_LISTED);
    match language {
        Language::En => (
            if n == 1 { format!("{}: {}", kind(language, &alerts[0]), alerts[0].title) } else { format!("{n} cars you may want to see") },
            format!(
                "Hello {name},\n\nnews of your saved searches and favourites:\n\n{listed}{}All of them: {all}\n\nTo get no emails about them:\n{off}\n",
                if more > 0 { format!("and {more} more.\n\n") } else { String::new() }
            ),
        ),
        Language::De => (
            if n == 1 {
                format!("{}: {}", kind(language, &alerts[0]), alerts[0].title)
            } else {
                format!("{n} Autos, die zu Ihnen passen könnten")
            },
            format!(
                "Hallo {name},\n\nes gibt Neues zu Ihren gespeicherten Suchen und Favoriten:\n\n{listed}{}Alle: {all}\n\nE-Mails dazu abstellen:\n{off}\n",
                if more > 0 { format!("und {more} weitere.\n\n") } else { String::new() }
            ),
        ),
    }
}

/// What concerns one's own ad is part of the account, and cannot be turned off.
pub fn ad_expires(language: Language, user: &User, car: &CarNow, expires: &str, link: &str) -> (String, String) {
    let (name, title, day, over) = (&user.username, &car.title, day(language, expires), car.status != "listed");
    match language {
        Language::En => {
            let what = if over {
                format!("expired on {day}, and buyers no longer find it")
            } else {
                format!("expires on {day}. Buyers no longer find it then")
            };
            (
                format!("Renew your ad: {title}"),
                format!(
                    "Hello {name},\n\nyour ad for {title} {what}. If the car is still for sale, renew the ad by one press:\n\n{link}\n\n\
                    If it is sold, you need not do anything.\n"
                ),
            )
        }
        Language::De => {
            let what = if over {
                format!("ist am {day} abgelaufen und in der Suche nicht mehr zu finden")
            } else {
                format!("läuft am {day} ab und ist dann in der Suche nicht mehr zu finden")
            };
            (
                format!("Verlängern Sie Ihre Anzeige: {title}"),
                format!(
                    "Hallo {name},\n\nIhre Anzeige für {title} {what}. Steht das Auto noch zum Verkauf, verlängern Sie sie mit einem Klick:\n\n{link}\n\n\
                    Ist es verkauft, müssen Sie nichts tun.\n"
                ),
            )
        }
    }
}

/// The day of a time, which is RFC 3339, as the language writes it.
fn day(language: Language, rfc3339: &str) -> String {
    let format = match language {
        Language::En => format_description!("[day padding:none] [month repr:long] [year]"),
        Language::De => format_description!("[day padding:none].[month padding:none].[year]"),
    };
    OffsetDateTime::parse(rfc3339, &Rfc3339).ok().and_then(|at| at.format(format).ok()).unwrap_or_else(|| rfc3339.to_owned())
}

fn kind(language: Language, alert: &Alert) -> &'static str {
    match (language, alert.kind) {
        (Language::En, AlertKind::NewMatch) => "New",
        (Language::En, AlertKind::PriceDrop) => "Price fell",
        (Language::En, AlertKind::AdExpires) => "Expires",
        (Language::De, AlertKind::AdExpires) => "Läuft ab",
        (Language::De, AlertKind::NewMatch) => "Neu",
        (Language::De, AlertKind::PriceDrop) => "Preis gesunken",
    }
}

fn line(language: Language, alert: &Alert, links: &Links<'_>) -> String {
    let before = alert.from.map(|from| match language {
        Language::En => format!(" (before: {})", euros(language, from)),
        Language::De => format!(" (vorher {})", euros(language, from)),
    });
    let (kind, price, link) = (kind(language, alert), euros(language, alert.price), links.car(&alert.car));
    format!("{kind}: {}, {price}{}\n{link}\n\n", alert.title, before.unwrap_or_default())
}

/// Whole euros as the language writes them.
fn euros(language: Language, amount: i64) -> String {
    let digits = amount.to_string();
    let separator = if language == Language::De { '.' } else { ',' };
    let mut grouped = String::new();
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            grouped.push(separator);
        }
        grouped.push(digit);
    }
    match language {
        Language::En => format!("€{grouped}"),
        Language::De => format!("{grouped}\u{a0}€"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_written_as_the_language_does() {
        for (amount, en, de) in
            [(900, "€900", "900\u{a0}€"), (9_900, "€9,900", "9.900\u{a0}€"), (1_234_567, "€1,234,567", "1.234.567\u{a0}€")]
        {
            assert_eq!((euros(Language::En, amount).as_str(), euros(Language::De, amount).as_str()), (en, de));
        }
    }
}
