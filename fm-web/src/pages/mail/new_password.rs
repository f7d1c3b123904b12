use super::{Link, link_invalid};
use crate::{
    Web,
    gateway::Answer,
    pages::{Confirm, Refusal, id_of, see},
    request_context::{Change, Form, Notice, RequestContext},
    view::Entry,
};
use actix_web::{
    HttpResponse,
    http::Method,
    web::{Data, Query},
};
use fm_sdk::{Kind, Result};
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize)]
pub struct NewPassword {
    #[serde(default)]
    new_password: String,
}

fn entries(context: &RequestContext) -> Vec<Entry> {
    let t = context.t();
    vec![Entry::password("new_password", t.new_password, "new-password").hint(t.password_hint)]
}

fn draw(context: &RequestContext, token: &str, entries: Vec<Entry>, refusal: Option<Refusal>) -> Result<HttpResponse> {
    let t = context.t();
    let page = Confirm {
        heading: t.choose_password,
        text: t.choose_password_text.into(),
        card: None,
        action: format!("/new-password?token={token}"),
        back: "/sign-in".into(),
        button: t.change_password,
        bad: false,
        entries,
    };
    page.draw(context, "sign-in", refusal)
}

pub async fn show(context: RequestContext, Query(link): Query<Link>) -> Result<HttpResponse> {
    draw(&context, id_of(&link.token)?, entries(&context), None)
}

pub async fn submit(
    web: Data<Web>,
    context: RequestContext,
    Query(link): Query<Link>,
    Form(form): Form<NewPassword>,
) -> Result<HttpResponse> {
    let token = id_of(&link.token)?;
    let wish = json!({"token": token, "new_password": form.new_password});
    match web.gateway.ask(Method::PUT, &context.caller, "/api/auth/password-reset").json(&wish).send().await.and_then(Answer::success) {
        Ok(_) => {
            // All sessions have ended, this browser's too.
            context.change(Change::End);
            context.say(Notice::PasswordChosen);
            Ok(see("/sign-in"))
        }
        Err(e) if e.kind() == Kind::NotFound => link_invalid(&context, ("/forgotten-password", context.t().forgotten_send)),
        Err(e) => {
            let mut entries = entries(&context);
            let refusal = Refusal::read(&context, &mut entries, e)?;
            draw(&context, token, entries, Some(refusal))
        }
    }
}
