use super::tell;
use crate::{
    Web,
    gateway::Answer,
    pages::{Confirm, Refusal, see},
    request_context::{Form, RequestContext},
    view::{Entry, Kind},
};
use actix_web::{HttpResponse, http::StatusCode, web::Data};
use fm_sdk::Result;
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize)]
pub struct Forgotten {
    #[serde(default)]
    email: String,
}

fn draw(context: &RequestContext, email: &str, refusal: Option<(Vec<Entry>, Refusal)>) -> Result<HttpResponse> {
    let t = context.t();
    let (entries, refusal) = match refusal {
        Some((entries, refusal)) => (entries, Some(refusal)),
        None => (entries(context, email), None),
    };
    let page = Confirm {
        heading: t.forgotten,
        text: t.forgotten_text.into(),
        card: None,
        action: "/forgotten-password".into(),
        back: "/sign-in".into(),
        button: t.forgotten_send,
        bad: false,
        entries,
    };
    page.draw(context, "sign-in", refusal)
}

fn entries(context: &RequestContext, email: &str) -> Vec<Entry> {
    let mut mail = Entry::text("email", context.t().email).required().complete("email").most(254).with(email);
    mail.kind = Kind::Input("email");
    vec![mail]
}

pub async fn show(context: RequestContext) -> Result<HttpResponse> {
    draw(&context, "", None)
}

/// Asks for the mail. What follows is the same for every address.
pub async fn submit(web: Data<Web>, context: RequestContext, Form(form): Form<Forgotten>) -> Result<HttpResponse> {
    let email = form.email.trim();
    let wish = json!({"email": email, "language": context.lang.tag()});
    match web.gateway.post(&context.caller, "/api/auth/password-reset").json(&wish).send().await.and_then(Answer::success) {
        Ok(_) => Ok(see("/forgotten-password/sent")),
        Err(e) => {
            let mut entries = entries(&context, email);
            let refusal = Refusal::read(&context, &mut entries, e)?;
            draw(&context, email, Some((entries, refusal)))
        }
    }
}

pub async fn sent(context: RequestContext) -> Result<HttpResponse> {
    let t = context.t();
    tell(&context, StatusCode::OK, t.forgotten_sent, t.forgotten_sent_text, ("/sign-in", t.nav_sign_in))
}
