use super::see;
use crate::request_context::{LANG, OpenForm, RequestContext, THEME, return_path};
use actix_web::{
    HttpResponse,
    cookie::{Cookie, SameSite, time::Duration},
};
use serde::Deserialize;

#[derive(Deserialize)]
pub struct Preferences {
    lang: Option<String>,
    theme: Option<String>,
    to: Option<String>,
}

/// Keeps language and appearance in cookies, and goes back to where the reader was.
pub async fn preferences(context: RequestContext, OpenForm(wish): OpenForm<Preferences>) -> HttpResponse {
    let mut response = see(return_path(wish.to.as_deref()));
    let mut keep = |name: &'static str, value: &'static str| {
        let mut cookie =
            Cookie::build(name, value).path("/").same_site(SameSite::Lax).http_only(true).secure(context.origin.secure).finish();
        if value.is_empty() {
            cookie.make_removal();
        } else {
            cookie.set_max_age(Duration::days(365));
        }
        // Fails only for a cookie that cannot be written, which these can.
        let _ = response.add_cookie(&cookie);
    };
    match wish.lang.as_deref() {
        Some("en") => keep(LANG, "en"),
        Some("de") => keep(LANG, "de"),
        _ => {}
    }
    match wish.theme.as_deref() {
        Some("light") => keep(THEME, "light"),
        Some("dark") => keep(THEME, "dark"),
        Some("system") => keep(THEME, ""),
        _ => {}
    }
    response
}
