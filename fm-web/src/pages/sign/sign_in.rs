use super::{Refusal, To, draw};
use crate::{
    Web,
    pages::see,
    view::Entry,
    visit::{Change, Form, Notice, Tokens, Visit, return_path},
};
use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Data};
use fm_sdk::{Kind, Result};
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize)]
pub struct SignIn {
    #[serde(default)]
    login: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    to: String,
}

fn entries(visit: &Visit, login: &str) -> Vec<Entry> {
    let t = visit.t();
    vec![
        Entry::text("login", t.login).required().complete("username").most(254).with(login),
        Entry::password("password", t.password, "current-password"),
    ]
}

pub async fn show(visit: Visit, request: HttpRequest) -> Result<HttpResponse> {
    let to = To::of(request.query_string()).to;
    if visit.user().is_some() {
        return Ok(see(return_path(Some(&to))));
    }
    draw(&visit, false, &to, entries(&visit, ""), None)
}

pub async fn submit(web: Data<Web>, visit: Visit, Form(form): Form<SignIn>) -> Result<HttpResponse> {
    let mut wish = json!({"login": form.login, "password": form.password});
    if let Some(device) = visit.device_token() {
        wish["device_token"] = device.into();
    }
    match web.gateway.post(&visit.caller, "/api/auth/sign-in").json(&wish).send().await.and_then(|a| a.json::<Tokens>()) {
        Ok(tokens) => {
            visit.change(Change::Begin(tokens));
            visit.say(Notice::Welcome);
            Ok(see(return_path(Some(&form.to))))
        }
        Err(e) => {
            let mut entries = entries(&visit, &form.login);
            let refusal = match e.kind() {
                Kind::Unauthenticated | Kind::Malformed | Kind::Invalid => {
                    Refusal::of(StatusCode::UNPROCESSABLE_ENTITY, visit.t().sign_in_failed)
                }
                _ => Refusal::read(&visit, &mut entries, e)?,
            };
            draw(&visit, false, &form.to, entries, Some(refusal))
        }
    }
}
