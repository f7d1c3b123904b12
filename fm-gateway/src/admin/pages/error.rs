//! Errors as pages.

use super::{Layout, german::german, see};
use crate::admin::{Admin, Ask};
use actix_web::{HttpRequest, HttpResponse, ResponseError, http::Method};
use askama::Template;
use fm_sdk::{Error, FieldError};
use std::sync::Arc;

#[derive(Template)]
#[template(path = "error.html")]
struct Page {
    s: Layout,
    title: String,
    message: String,
    code: String,
    fields: Vec<FieldError>,
}

impl Page {
    /// Where to go on from here: address and name, the first one is what most want.
    fn ways(&self) -> Vec<(&'static str, &'static str)> {
        let s = &self.s;
        let mut ways = match self.code.as_str() {
            "table-changed" => vec![("/admin/publish", s.t("Compare and merge", "Vergleichen und zusammenführen"))],
            "draft-changed" => vec![("/admin/routes", s.t("To the routes", "Zu den Routen"))],
            "trace-unknown" | "trace-id" => vec![("/admin/traces", s.t("To the last traces", "Zu den letzten Traces"))],
            _ => Vec::new(),
        };
        ways.push(("/admin/", s.t("To the overview", "Zur Übersicht")));
        ways
    }
}

/// The frame of an error: for who is signed in that of all pages, so that there is a way on. What does not work at the moment is not asked once more.
async fn frame(admin: Arc<Admin>, request: &HttpRequest, error: &Error) -> Layout {
    if !error.status_code().is_server_error()
        && let Ok(ask) = Ask::refused(admin, request.clone()).await
        && let Ok(layout) = Layout::of(&ask, section(request.path())).await
    {
        return layout;
    }
    Layout::bare(request)
}

/// The entry of the navigation that an address belongs to.
fn section(path: &str) -> &'static str {
    const SECTIONS: [&str; 12] =
        ["routes", "publish", "test", "live", "history", "nodes", "bus", "plugins", "users", "tokens", "audit", "backup"];
    match path.split('/').nth(2).unwrap_or_default() {
        "new-route" => "routes",
        "traces" => "live",
        first => SECTIONS.into_iter().find(|section| *section == first).unwrap_or_default(),
    }
}

/// The page of an error; who is not signed in, or must change the password first, is led there.
pub async fn page(admin: Arc<Admin>, request: HttpRequest, error: &Error) -> HttpResponse {
    let reading = matches!(*request.method(), Method::GET | Method::HEAD);
    match error.code() {
        "sign-in-needed" if reading => {
            let to: String = form_urlencoded::byte_serialize(request.uri().to_string().as_bytes()).collect();
            return see(&format!("/admin/sign-in?to={to}"));
        }
        "password-change-needed" => return see("/admin/account"),
        _ => {}
    }
    let s = frame(admin, &request, error).await;
    let title = match error.code() {
        "role" => s.t("Your role does not allow this", "Ihre Rolle erlaubt das nicht"),
        "table-changed" => s.t("Another editor was faster", "Jemand anderes war schneller"),
        "draft-changed" => s.t("Your draft has changed", "Der Entwurf hat sich geändert"),
        "trace-unknown" => s.t("This trace is kept no longer", "Diesen Trace gibt es nicht mehr"),
        "page-unknown" => s.t("There is no such page", "Diese Seite gibt es nicht"),
        "tls-needed" => s.t("This needs TLS", "Dafür ist TLS nötig"),
        "csrf" | "origin" => s.t("The form has expired", "Das Formular ist abgelaufen"),
        _ if error.status_code().is_server_error() => s.t("This does not work at the moment", "Das geht gerade nicht"),
        _ => s.t("This was not done", "Das wurde nicht ausgeführt"),
    };
    let (title, fault) = (title.to_owned(), error.fault());
    let message = if s.de { german(&fault.message) } else { fault.message };
    let page = Page { s, title, message, code: fault.code, fields: fault.errors };
    let status = error.error_response().status();
    let body = page.render().unwrap_or_default();
    HttpResponse::build(status).content_type("text/html; charset=utf-8").body(body)
}
