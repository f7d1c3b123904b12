//! What all pages have around them.

use crate::admin::{
    Ask,
    users::Role,
    watchdog::{Outcome, Watch},
};
use actix_web::{HttpRequest, cookie::Cookie, http::header};
use fm_sdk::{Result, time::rfc3339};

const LANGUAGE: &str = "fm_gateway_lang";
/// How long pages say how a watch has ended, in milliseconds.
const SHOWN_AFTER_MS: i64 = 600_000;

/// The frame of a page: language, navigation, who is signed in.
pub struct Layout {
    pub de: bool,
    /// The entry of the navigation.
    pub section: &'static str,
    pub user: String,
    pub role: &'static str,
    pub can_edit: bool,
    pub can_admin: bool,
    pub csrf: String,
    /// How many routes the own draft changes.
    pub changes: usize,
    pub notice: String,
    pub node: String,
    /// The watch over the last publish, while it lasts and shortly after.
    pub watch: Option<Watching>,
}

/// A watch as all pages show it.
pub struct Watching {
    pub watch: Watch,
    pub seconds_left: i64,
}

impl Layout {
    /// The frame for the caller.
    ///
    /// # Errors
    /// Those of the registry.
    pub async fn of(ask: &Ask, section: &'static str) -> Result<Layout> {
        let caller = ask.caller()?;
        let can_edit = caller.role >= Role::Editor && !caller.must_change;
        let changes = if can_edit { ask.working().await?.changes(&ask.admin).len() } else { 0 };
        let mut layout = Layout::bare(&ask.request);
        layout.notice = notice(&ask.query("done").unwrap_or_default(), layout.de).into();
        Ok(Layout {
            section,
            user: caller.name.clone(),
            role: caller.role.name(),
            can_edit,
            can_admin: caller.role == Role::Admin && !caller.must_change,
            csrf: caller.form_token().unwrap_or_default(),
            changes,
            node: ask.admin.instance.clone(),
            watch: watching(ask).await,
            ..layout
        })
    }

    /// The frame for somebody who is not known.
    pub fn bare(request: &HttpRequest) -> Layout {
        Layout {
            de: is_german(request),
            section: "",
            user: String::new(),
            role: "",
            can_edit: false,
            can_admin: false,
            csrf: String::new(),
            changes: 0,
            notice: String::new(),
            node: String::new(),
            watch: None,
        }
    }

    /// A text in the language of the page.
    pub fn t<'t>(&self, english: &'t str, german: &'t str) -> &'t str {
        if self.de { german } else { english }
    }

    /// A number as the language writes it: one place behind the point, none beyond a hundred.
    pub fn number(&self, value: f64) -> String {
        let text = if value.abs() < 99.95 { format!("{value:.1}") } else { format!("{value:.0}") };
        if self.de { text.replace('.', ",") } else { text }
    }

    pub fn lang(&self) -> &'static str {
        if self.de { "de" } else { "en" }
    }

    /// The steps to a new route: number, name, address.
    pub fn steps(&self, id: &str, path: &str) -> [(u8, &'static str, String); 4] {
        let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let (id, url) = (encoded(id), encoded(&super::new_route::sample(path)));
        [
            (1, self.t("General", "Allgemein"), format!("/admin/routes/{id}?new=1#general")),
            (2, "Pipeline", format!("/admin/routes/{id}?new=1#pipeline")),
            (3, self.t("Test", "Test"), format!("/admin/test?url={url}&new={id}")),
            (4, self.t("Review", "Prüfung"), format!("/admin/publish?new={id}")),
        ]
    }

    /// Marks the entry of the navigation that is shown.
    pub fn here(&self, section: &str) -> &'static str {
        if self.section == section { "page" } else { "false" }
    }

    /// The sign of a state: its shape tells it without its colour.
    pub fn shape(&self, state: &str) -> &'static str {
        match state {
            "ok" | "added" => "●",
            "warning" | "changed" | "draining" | "ejected" => "▲",
            "error" | "removed" | "unreachable" => "■",
            _ => "○",
        }
    }

    /// What a queue is for, in words.
    pub fn queue_kind<'t>(&self, kind: &'t str) -> &'t str {
        let german = match kind {
            "events" => "Events",
            "commands" => "Commands",
            "calls" => "Calls",
            "dead letters" => "Dead Letters",
            "retries" => "warten auf den nächsten Versuch",
            "unrouted" => "ohne Empfänger",
            other => other,
        };
        self.t(kind, german)
    }

    /// What a plugin takes part in, in words.
    pub fn phase<'t>(&self, name: &'t str) -> &'t str {
        let german = match name {
            "request" => "Anfrage",
            "response" => "Antwort",
            "body" => "Inhalt",
            "log" => "Log",
            other => other,
        };
        self.t(name, german)
    }

    /// How a watch has ended, in words.
    pub fn watch_outcome(&self, outcome: &Outcome) -> &'static str {
        let (english, german) = match outcome {
            Outcome::Kept => ("was kept", "bleibt in Kraft"),
            Outcome::RolledBack => ("was rolled back", "wurde zurückgerollt"),
            Outcome::StoodDown => ("is watched no longer", "wird nicht mehr beobachtet"),
        };
        if self.de { german } else { english }
    }

    /// How the end of a watch looks: what was rolled back is no success.
    pub fn watch_class(&self, outcome: &Outcome) -> &'static str {
        if *outcome == Outcome::Kept { "" } else { "warn-box" }
    }

    /// A state in words.
    pub fn state(&self, state: &str) -> String {
        let german = match state {
            "ok" => "in Ordnung",
            "warning" => "Warnung",
            "error" => "Fehler",
            "inactive" => "inaktiv",
            "unreachable" => "nicht erreichbar",
            "draining" => "wird geleert",
            "ejected" => "ausgesetzt",
            "added" => "neu",
            "changed" => "geändert",
            "removed" => "entfernt",
            other => other,
        };
        self.t(state, german).into()
    }
}

impl Watching {
    /// The time left: `9:05`.
    pub fn left(&self) -> String {
        format!("{}:{:02}", self.seconds_left / 60, self.seconds_left % 60)
    }
}

/// The watch, if it lasts or has ended a moment ago. One that cannot be read takes no page away.
async fn watching(ask: &Ask) -> Option<Watching> {
    let watch = match ask.admin.watch().await {
        Ok(watch) => watch?,
        Err(e) => {
            log::warn!("dashboard: state of the watchdog not read, leaving it out: {}", e.chain());
            return None;
        }
    };
    let since = rfc3339(ask.now - SHOWN_AFTER_MS);
    let is_shown = watch.ended.as_ref().is_none_or(|ended| ended.at > since);
    is_shown.then(|| Watching { seconds_left: (watch.ends - ask.now).max(0) / 1000, watch })
}

/// Gives a cookie with the language that the query string names.
pub fn chosen_language(request: &HttpRequest) -> Option<Cookie<'static>> {
    let query = request.query_string();
    let lang = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "lang").map(|(_, lang)| lang.into_owned())?;
    ["de", "en"].contains(&lang.as_str()).then(|| Cookie::build(LANGUAGE, lang).path("/admin").http_only(true).permanent().finish())
}

fn is_german(request: &HttpRequest) -> bool {
    let chosen = chosen_language(request).or_else(|| request.cookie(LANGUAGE));
    let accepted = request.headers().get(header::ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    chosen.map_or_else(|| accepted.trim_start().to_lowercase().starts_with("de"), |cookie| cookie.value() == "de")
}

fn notice(code: &str, de: bool) -> &'static str {
    let (english, german) = match code {
        "saved" => (
            "Saved in your draft. Nothing changes for requests until you publish.",
            "Im Entwurf gesichert. Für Anfragen ändert sich erst mit dem Veröffentlichen etwas.",
        ),
        "discarded" => ("Your draft was discarded.", "Der Entwurf wurde verworfen."),
        "merged" => ("The changes of the other editor are in your draft now.", "Die Änderungen der anderen Person sind jetzt im Entwurf."),
        "published" => (
            "Published. Each node takes the new revision by itself.",
            "Veröffentlicht. Jeder Knoten übernimmt die neue Revision von selbst.",
        ),
        "restored" => ("Restored as a new revision.", "Als neue Revision wiederhergestellt."),
        "password" => (
            "Your password was changed. All other sessions have ended.",
            "Das Passwort wurde geändert. Alle anderen Sitzungen sind beendet.",
        ),
        "ended" => ("The session has ended.", "Die Sitzung ist beendet."),
        "changed" => ("Changed.", "Geändert."),
        "revoked" => ("The token was revoked.", "Das Token wurde widerrufen."),
        "kept" => ("The published table is kept.", "Die veröffentlichte Tabelle bleibt."),
        "rolled-back" => {
            ("The table before is in force again, as a new revision.", "Die vorige Tabelle ist wieder in Kraft, als neue Revision.")
        }
        "drained" => (
            "The instance gets no new requests. What it has in hand ends as it would.",
            "Die Instanz erhält keine neuen Anfragen. Was sie bearbeitet, geht normal zu Ende.",
        ),
        "undrained" => ("The instance gets requests again.", "Die Instanz erhält wieder Anfragen."),
        "request-deleted" => ("The saved request was deleted.", "Die gespeicherte Anfrage wurde gelöscht."),
        "replayed" => ("The message was given back to its handler.", "Die Nachricht wurde noch einmal zugestellt."),
        "dropped" => ("The message was deleted.", "Die Nachricht wurde gelöscht."),
        _ => ("", ""),
    };
    if de { german } else { english }
}
