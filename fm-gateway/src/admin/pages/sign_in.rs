//! Signing in and out.

use super::{Layout, see};
use crate::admin::{
    Access, Ask,
    api::{
        Call,
        session::{create::sign_in, delete::sign_out},
    },
    sessions,
    users::Role,
};
use actix_web::HttpResponse;
use askama::Template;
use fm_sdk::{Kind, Result, ResultExt};

pub const SHOW: Call =
    Call::get("/sign-in", Role::Viewer, "Sign in", |ask| Box::pin(async move { show(&ask, "", String::new()) })).open_to(Access::Public);
pub const SUBMIT: Call = Call::post("/sign-in", Role::Viewer, "Signs in", |ask| Box::pin(submit(ask))).open_to(Access::Public);
pub const SIGN_OUT: Call = Call::post("/sign-out", Role::Viewer, "Signs out", |ask| Box::pin(leave(ask))).open_to(Access::Session);

#[derive(Template)]
#[template(path = "sign_in.html")]
struct Page {
    s: Layout,
    name: String,
    error: String,
    to: String,
}

fn show(ask: &Ask, name: &str, error: String) -> Result<HttpResponse> {
    let to = ask.field("to").or_else(|| ask.query("to")).unwrap_or_default();
    let failed = !error.is_empty();
    let page = Page { s: Layout::bare(&ask.request), name: name.into(), error, to };
    if failed {
        return Ok(HttpResponse::UnprocessableEntity().content_type("text/html; charset=utf-8").body(page.render().internal()?));
    }
    super::html(ask, &page)
}

async fn submit(ask: Ask) -> Result<HttpResponse> {
    let (name, password) = (ask.field("name").unwrap_or_default(), ask.field("password").unwrap_or_default());
    let (secret, user) = match sign_in(&ask, &name, &password).await {
        Ok(found) => found,
        Err(e) if matches!(e.kind(), Kind::Unauthenticated | Kind::Throttled) => {
            let s = Layout::bare(&ask.request);
            let text = match e.retry_after_secs() {
                Some(seconds) => format!("{} {seconds} s", s.t("Too many attempts. Try again in", "Zu viele Versuche. Wieder möglich in")),
                None => s.t("Name or password is wrong.", "Name oder Passwort ist falsch.").into(),
            };
            return show(&ask, &name, text);
        }
        Err(e) => return Err(e),
    };
    let to = ask.field("to").filter(|to| to.starts_with("/admin/") && !to.contains(['\\', '\n', '\r'])).unwrap_or_else(|| "/admin/".into());
    let mut response = see(if user.must_change { "/admin/account" } else { &to });
    response.add_cookie(&sessions::cookie(&secret, &ask.request, ask.admin.exposure)).internal()?;
    Ok(response)
}

async fn leave(ask: Ask) -> Result<HttpResponse> {
    sign_out(&ask).await?;
    let mut response = see("/admin/sign-in");
    response.add_cookie(&sessions::no_cookie()).internal()?;
    Ok(response)
}
