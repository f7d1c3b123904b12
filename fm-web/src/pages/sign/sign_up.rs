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

fn entries(visit: &Visit, username: &str, email: &str) -> Vec<Entry> {
    let t = visit.t();
    let mut mail = Entry::text("email", t.email).required().complete("email").most(254).with(email);
    mail.kind = crate::view::Kind::Input("email");
    vec![
        Entry::text("username", t.username).required().complete("username").most(40).hint(t.username_hint).with(username),
        mail,
        Entry::password("password", t.password, "new-password").hint(t.password_hint),
    ]
}

pub async fn show(visit: Visit, request: HttpRequest) -> Result<HttpResponse> {
    let to = To::of(request.query_string()).to;
    if visit.user().is_some() {
        return Ok(see(return_path(Some(&to))));
    }
    draw(&visit, true, &to, entries(&visit, "", ""), None)
}

pub async fn submit(web: Data<Web>, visit: Visit, Form(form): Form<SignUp>) -> Result<HttpResponse> {
    let (username, email) = (form.username.trim(), form.email.trim());
    let wish = json!({"username": username, "email": email, "password": form.password});
    match web.gateway.post(&visit.caller, "/api/auth/sign-up").json(&wish).send().await.and_then(|a| a.json::<Tokens>()) {
        Ok(tokens) => {
            visit.change(Change::Begin(tokens));
            visit.say(Notice::Welcome);
            Ok(see(return_path(Some(&form.to))))
        }
        Err(e) => {
            let mut entries = entries(&visit, username, email);
            let refusal = if e.kind() == Kind::Conflict && e.fields().is_empty() {
                Refusal::of(StatusCode::CONFLICT, visit.t().taken)
            } else {
                Refusal::read(&visit, &mut entries, e)?
            };
            draw(&visit, true, &form.to, entries, Some(refusal))
        }
    }
}
