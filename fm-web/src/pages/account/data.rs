use super::{Refusal, Refused, draw};
use crate::{
    Web,
    pages::see,
    request_context::{Change, Form, Me, Notice, Person, RequestContext},
    view::{Entry, Kind},
};
use actix_web::{HttpResponse, http::Method, http::StatusCode, web::Data};
use fm_sdk::Result;
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize)]
pub struct AccountForm {
    #[serde(default)]
    username: String,
    #[serde(default)]
    email: String,
}

pub fn entries(context: &RequestContext, username: &str, email: &str) -> Vec<Entry> {
    let t = context.t();
    let mut mail = Entry::text("email", t.email).required().complete("email").most(254).with(email);
    mail.kind = Kind::Input("email");
    vec![Entry::text("username", t.username).required().complete("username").most(40).with(username), mail]
}

pub async fn submit(web: Data<Web>, context: RequestContext, me: Me, Form(form): Form<AccountForm>) -> Result<HttpResponse> {
    let (username, email) = (form.username.trim(), form.email.trim());
    let ask = web.gateway.ask(Method::PATCH, &me.caller, "/api/me").json(&json!({"username": username, "email": email}));
    match ask.send().await.and_then(|a| a.json::<super::Data>()) {
        Ok(data) => {
            context.change(Change::Rename(Person { id: me.person.id, username: data.username }));
            context.say(Notice::Saved);
            Ok(see("/account"))
        }
        Err(e) => {
            let mut entries = entries(&context, username, email);
            let refusal = if e.kind() == fm_sdk::Kind::Conflict && e.fields().is_empty() {
                Refusal::of(StatusCode::CONFLICT, context.t().taken)
            } else {
                Refusal::read(&context, &mut entries, e)?
            };
            draw(&web, &context, &me, Some(Refused { id: "data", entries, refusal })).await
        }
    }
}
