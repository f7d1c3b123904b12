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
pub struct SignUp {
    #[serde(default)]
    username: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    to: String,
}

fn entries(context: &RequestContext, username: &str, email: &str) -> Vec<Entry> {
    let t = context.t();
    let mut mail = Entry::text("email", t.email).required().complete("email").most(254).with(email);
    mail.kind = crate::view::Kind::Input("email");
    vec![
        Entry::text("username", t.username).required().complete("username").most(40).hint(t.username_hint).with(username),
        mail,
        Entry::password("password", t.password, "new-password").hint(t.password_hint),
    ]
}

pub async fn show(context: RequestContext, request: HttpRequest) -> Result<HttpResponse> {
    let to = To::of(request.query_string()).to;
    if context.user().is_some() {
        return Ok(see(return_path(Some(&to))));
    }
    draw(&context, true, &to, entries(&context, "", ""), None)
}

pub async fn submit(web: Data<Web>, context: RequestContext, Form(form): Form<SignUp>) -> Result<HttpResponse> {
    let (username, email) = (form.username.trim(), form.email.trim());
    let wish = json!({"username": username, "email": email, "password": form.password, "language": context.lang.tag()});
    match web.gateway.post(&context.caller, "/api/auth/sign-up").json(&wish).send().await.and_then(|a| a.json::<Tokens>()) {
        Ok(tokens) => {
            context.change(Change::Begin(tokens));
            context.say(Notice::Joined);
            Ok(see(return_path(Some(&form.to))))
        }
        Err(e) => {
            let mut entries = entries(&context, username, email);
            let refusal = if e.kind() == Kind::Conflict && e.fields().is_empty() {
                Refusal::of(StatusCode::CONFLICT, context.t().taken)
            } else {
                Refusal::read(&context, &mut entries, e)?
            };
            draw(&context, true, &form.to, entries, Some(refusal))
        }
    }
}
