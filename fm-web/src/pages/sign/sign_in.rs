use super::{Refusal, To, draw};
use crate::{
    Web,
    pages::see,
    request_context::{Change, Form, Notice, RequestContext, Tokens, return_path},
    view::Entry,
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

fn entries(context: &RequestContext, login: &str) -> Vec<Entry> {
    let t = context.t();
    vec![
        Entry::text("login", t.login).required().complete("username").most(254).with(login),
        Entry::password("password", t.password, "current-password"),
    ]
}

pub async fn show(context: RequestContext, request: HttpRequest) -> Result<HttpResponse> {
    let to = To::of(request.query_string()).to;
    if context.user().is_some() {
        return Ok(see(return_path(Some(&to))));
    }
    draw(&context, false, &to, entries(&context, ""), None)
}

pub async fn submit(web: Data<Web>, context: RequestContext, Form(form): Form<SignIn>) -> Result<HttpResponse> {
    let mut wish = json!({"login": form.login, "password": form.password});
    if let Some(device) = context.device_token() {
        wish["device_token"] = device.into();
    }
    match web.gateway.post(&context.caller, "/api/auth/sign-in").json(&wish).send().await.and_then(|a| a.json::<Tokens>()) {
        Ok(tokens) => {
            context.change(Change::Begin(tokens));
            context.say(Notice::Welcome);
            Ok(see(return_path(Some(&form.to))))
        }
        Err(e) => {
            let mut entries = entries(&context, &form.login);
            let refusal = match e.kind() {
                Kind::Unauthenticated | Kind::Malformed | Kind::Invalid => {
                    Refusal::of(StatusCode::UNPROCESSABLE_ENTITY, context.t().sign_in_failed)
                }
                _ => Refusal::read(&context, &mut entries, e)?,
            };
            draw(&context, false, &form.to, entries, Some(refusal))
        }
    }
}
