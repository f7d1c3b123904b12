use super::{Link, Nothing, ask, link_invalid};
use crate::{
    Web,
    gateway::Answer,
    pages::{Refusal, id_of, see},
    request_context::{Form, Me, Notice, RequestContext},
};
use actix_web::{
    HttpResponse,
    http::Method,
    web::{Data, Query},
};
use fm_sdk::{Kind, Result};
use serde_json::json;

fn draw(context: &RequestContext, token: &str, refusal: Option<Refusal>) -> Result<HttpResponse> {
    let t = context.t();
    let page = ask(t.confirm_email, t.confirm_email_text, t.confirm_email_button, format!("/confirm-email?token={token}"));
    page.draw(context, "mail", refusal)
}

pub async fn show(context: RequestContext, Query(link): Query<Link>) -> Result<HttpResponse> {
    draw(&context, id_of(&link.token)?, None)
}

pub async fn submit(web: Data<Web>, context: RequestContext, Query(link): Query<Link>, _: Form<Nothing>) -> Result<HttpResponse> {
    let token = id_of(&link.token)?;
    let confirm = web.gateway.ask(Method::PUT, &context.caller, "/api/auth/email-confirmation").json(&json!({"token": token}));
    match confirm.send().await.and_then(Answer::success) {
        Ok(_) => {
            context.say(Notice::EmailConfirmed);
            Ok(see(if context.user().is_some() { "/account" } else { "/" }))
        }
        Err(e) if e.kind() == Kind::NotFound => link_invalid(&context, ("/account", context.t().nav_account)),
        Err(e) => {
            let refusal = Refusal::read(&context, &mut [], e)?;
            draw(&context, token, Some(refusal))
        }
    }
}

/// Sends the mail with the link once more.
pub async fn again(web: Data<Web>, context: RequestContext, me: Me, _: Form<Nothing>) -> Result<HttpResponse> {
    match web.gateway.post(&me.caller, "/api/me/email-confirmation").send().await.and_then(Answer::success) {
        Ok(_) => context.say(Notice::ConfirmationSent),
        // It was confirmed in the meantime, which the page shows.
        Err(e) if e.kind() == Kind::Conflict => {}
        Err(e) if e.kind() == Kind::Throttled => context.say(Notice::Throttled),
        Err(e) => return Err(e),
    }
    Ok(see("/account"))
}
