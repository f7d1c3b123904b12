use super::Refusal;
use crate::{
    Web,
    pages::{Confirm, see},
    view::Entry,
    visit::{Change, Form, Me, Visit},
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

fn entries(visit: &Visit, typed: &str) -> Vec<Entry> {
    let t = visit.t();
    let confirm = Entry::text("confirm", t.delete_confirm).required().most(40).with(typed);
    vec![confirm, Entry::password("password", t.password, "current-password")]
}

fn draw(visit: &Visit, entries: Vec<Entry>, refusal: Option<Refusal>) -> Result<HttpResponse> {
    let t = visit.t();
    let confirm = Confirm {
        heading: t.delete_account,
        text: t.delete_account_text.to_owned(),
        action: "/account/delete".into(),
        back: "/account".into(),
        button: t.delete_account,
        bad: true,
        entries,
    };
    confirm.draw(visit, "account", refusal)
}

pub async fn show(visit: Visit, _: Me) -> Result<HttpResponse> {
    draw(&visit, entries(&visit, ""), None)
}

pub async fn submit(web: Data<Web>, visit: Visit, me: Me, Form(form): Form<DeleteForm>) -> Result<HttpResponse> {
    let t = visit.t();
    let mut entries = entries(&visit, &form.confirm);
    if form.confirm.trim() != me.person.username {
        entries[0].error = t.delete_mismatch.to_owned();
        return draw(&visit, entries, Some(Refusal::of(StatusCode::UNPROCESSABLE_ENTITY, t.form_check)));
    }
    let ask = web.gateway.ask(Method::DELETE, &me.caller, "/api/me").json(&json!({"password": form.password}));
    match ask.send().await.and_then(|a| a.json::<Accepted>()) {
        Ok(accepted) => {
            visit.change(Change::Forget);
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
                _ => Refusal::read(&visit, &mut entries, e)?,
            };
            draw(&visit, entries, Some(refusal))
        }
    }
}
