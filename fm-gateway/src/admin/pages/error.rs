//! Errors as pages.

use super::{Layout, german::german, see};
use actix_web::{HttpRequest, HttpResponse, ResponseError, http::Method};
use askama::Template;
use fm_sdk::{Error, FieldError};

#[derive(Template)]
#[template(path = "error.html")]
struct Page {
    s: Layout,
    title: String,
    message: String,
    code: String,
    fields: Vec<FieldError>,
}

/// The page of an error; who is not signed in, or must change the password first, is led there.
pub fn page(request: &HttpRequest, error: &Error) -> HttpResponse {
    let reading = matches!(*request.method(), Method::GET | Method::HEAD);
    match error.code() {
        "sign-in-needed" if reading => {
            let to: String = form_urlencoded::byte_serialize(request.uri().to_string().as_bytes()).collect();
            return see(&format!("/admin/sign-in?to={to}"));
        }
        "password-change-needed" => return see("/admin/account"),
        _ => {}
    }
    let s = Layout::bare(request);
    let title = match error.code() {
        "role" => s.t("Your role does not allow this", "Ihre Rolle erlaubt das nicht"),
        "table-changed" => s.t("Another editor was faster", "Jemand anderes war schneller"),
        "draft-changed" => s.t("Your draft has changed", "Der Entwurf hat sich geändert"),
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
