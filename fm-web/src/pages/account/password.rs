use super::{Refusal, Refused, draw};
use crate::{
    Web,
    gateway::Answer,
    pages::see,
    request_context::{Change, Form, Me, Notice, RequestContext},
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
pub struct PasswordForm {
    #[serde(default)]
    old_password: String,
    #[serde(default)]
    new_password: String,
}

pub fn entries(context: &RequestContext) -> Vec<Entry> {
    let t = context.t();
    vec![
        Entry::password("old_password", t.old_password, "current-password"),
        Entry::password("new_password", t.new_password, "new-password").hint(t.password_hint),
    ]
}

pub async fn submit(web: Data<Web>, context: RequestContext, me: Me, Form(form): Form<PasswordForm>) -> Result<HttpResponse> {
    let wish = json!({"old_password": form.old_password, "new_password": form.new_password});
    match web.gateway.ask(Method::PUT, &me.caller, "/api/me/password").json(&wish).send().await.and_then(Answer::success) {
        Ok(_) => {
            // All access tokens are refused from now on; this session goes on with a renewal.
            context.change(Change::DropAccess);
            context.say(Notice::PasswordChanged);
            Ok(see("/account"))
        }
        Err(e) => {
            let mut entries = entries(&context);
            let refusal = match e.kind() {
                Kind::Forbidden if e.fields().is_empty() => {
                    entries[0].error = context.t().password_wrong.to_owned();
                    Refusal::of(StatusCode::UNPROCESSABLE_ENTITY, context.t().form_check)
                }
                _ => Refusal::read(&context, &mut entries, e)?,
            };
            draw(&web, &context, &me, Some(Refused { id: "password", entries, refusal })).await
        }
    }
}
