use super::Refusal;
use crate::{
    Web,
    pages::{Confirm, see},
    request_context::{Change, Form, Me, RequestContext},
    view::Entry,
};
use actix_web::{
    HttpResponse,
    http::{Method, StatusCode},
    web::Data,
};
use fm_sdk::{Kind, Result};
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize)]
pub struct DeleteForm {
    #[serde(default)]
    confirm: String,
    #[serde(default)]
    password: String,
}

#[derive(Deserialize)]
struct Accepted {
    status_url: String,
}

fn entries(context: &RequestContext, typed: &str) -> Vec<Entry> {
    let t = context.t();
    let confirm = Entry::text("confirm", t.delete_confirm).required().most(40).with(typed);
    vec![confirm, Entry::password("password", t.password, "current-password")]
}

fn draw(context: &RequestContext, entries: Vec<Entry>, refusal: Option<Refusal>) -> Result<HttpResponse> {
    let t = context.t();
    let confirm = Confirm {
        heading: t.delete_account,
        text: t.delete_account_text.to_owned(),
        card: None,
        action: "/account/delete".into(),
        back: "/account".into(),
        button: t.delete_account,
        bad: true,
        entries,
    };
    confirm.draw(context, "account", refusal)
}

pub async fn show(context: RequestContext, _: Me) -> Result<HttpResponse> {
    draw(&context, entries(&context, ""), None)
}

pub async fn submit(web: Data<Web>, context: RequestContext, me: Me, Form(form): Form<DeleteForm>) -> Result<HttpResponse> {
    let t = context.t();
    let mut entries = entries(&context, &form.confirm);
    if form.confirm.trim() != me.person.username {
        entries[0].error = t.delete_mismatch.to_owned();
        return draw(&context, entries, Some(Refusal::of(StatusCode::UNPROCESSABLE_ENTITY, t.form_check)));
    }
    let ask = web.gateway.ask(Method::DELETE, &me.caller, "/api/me").json(&json!({"password": form.password}));
    match ask.send().await.and_then(|a| a.json::<Accepted>()) {
        Ok(accepted) => {
            context.change(Change::Forget);
            let id = accepted.status_url.rsplit('/').next().unwrap_or_default();
            Ok(see(&format!("/goodbye/{id}")))
        }
        Err(e) => {
            let refusal = match (e.kind(), e.code()) {
                (Kind::Conflict, "last-admin") => Refusal::of(StatusCode::CONFLICT, t.last_admin),
                (Kind::Forbidden, "password-wrong") => {
                    entries[1].error = t.password_wrong.to_owned();
                    Refusal::of(StatusCode::UNPROCESSABLE_ENTITY, t.form_check)
                }
                _ => Refusal::read(&context, &mut entries, e)?,
            };
            draw(&context, entries, Some(refusal))
        }
    }
}
