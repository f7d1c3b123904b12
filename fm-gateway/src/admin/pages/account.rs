//! The own password and sessions.

use super::{Layout, filters, html, see};
use crate::admin::{
    Access, Ask,
    api::{
        Call,
        session::{end::end_session, list::own_sessions, password::change_password},
    },
    sessions::{self, Listed},
    users::Role,
};
use actix_web::HttpResponse;
use askama::Template;
use fm_sdk::{Kind, Result, ResultExt};

pub const SHOW: Call = Call::get("/account", Role::Viewer, "Own account", |ask| Box::pin(async move { show(&ask, String::new()).await }))
    .open_to(Access::Session);
pub const PASSWORD: Call =
    Call::post("/account", Role::Viewer, "Changes the own password", |ask| Box::pin(password(ask))).open_to(Access::Session);
pub const END_SESSION: Call =
    Call::post("/account/end", Role::Viewer, "Ends an own session", |ask| Box::pin(end(ask))).open_to(Access::Session);

#[derive(Template)]
#[template(path = "account.html")]
struct Page {
    s: Layout,
    must_change: bool,
    error: String,
    sessions: Vec<Listed>,
}

async fn show(ask: &Ask, error: String) -> Result<HttpResponse> {
    let page =
        Page { s: Layout::of(ask, "account").await?, must_change: ask.caller()?.must_change, error, sessions: own_sessions(ask).await? };
    html(ask, &page)
}

async fn password(ask: Ask) -> Result<HttpResponse> {
    let field = |name: &str| ask.field(name).unwrap_or_default();
    let s = Layout::bare(&ask.request);
    if field("new") != field("again") {
        return show(&ask, s.t("The two new passwords differ.", "Die beiden neuen Passwörter sind verschieden.").into()).await;
    }
    match change_password(&ask, &field("old"), &field("new")).await {
        Ok(secret) => {
            let mut response = see("/admin/?done=password");
            response.add_cookie(&sessions::cookie(&secret, &ask.request, ask.admin.exposure)).internal()?;
            Ok(response)
        }
        Err(e) if matches!(e.kind(), Kind::Invalid | Kind::Forbidden | Kind::Throttled) => show(&ask, e.message().to_owned()).await,
        Err(e) => Err(e),
    }
}

async fn end(ask: Ask) -> Result<HttpResponse> {
    end_session(&ask, &ask.field("id").unwrap_or_default()).await?;
    Ok(see("/admin/account?done=ended"))
}
