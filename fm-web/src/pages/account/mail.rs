use super::{Refusal, Refused, draw};
use crate::{
    Web,
    gateway::Answer,
    pages::see,
    request_context::{Form, Me, Notice, RequestContext},
    view::Entry,
};
use actix_web::{HttpResponse, http::Method, web::Data};
use fm_sdk::Result;
use serde::Deserialize;
use serde_json::json;

/// What somebody is written of.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Wishes {
    messages: bool,
    alerts: bool,
}

/// A box that is not ticked is not sent.
#[derive(Deserialize)]
pub struct MailForm {
    messages: Option<String>,
    alerts: Option<String>,
}

pub fn entries(context: &RequestContext, wishes: &Wishes) -> Vec<Entry> {
    let t = context.t();
    vec![Entry::tick("messages", t.mail_messages, wishes.messages), Entry::tick("alerts", t.mail_alerts, wishes.alerts)]
}

pub async fn submit(web: Data<Web>, context: RequestContext, me: Me, Form(form): Form<MailForm>) -> Result<HttpResponse> {
    let wishes = Wishes { messages: form.messages.is_some(), alerts: form.alerts.is_some() };
    let wish = json!({"messages": wishes.messages, "alerts": wishes.alerts, "language": context.lang.tag()});
    match web.gateway.ask(Method::PUT, &me.caller, "/api/me/mail").json(&wish).send().await.and_then(Answer::success) {
        Ok(_) => {
            context.say(Notice::Saved);
            Ok(see("/account"))
        }
        Err(e) => {
            let mut entries = entries(&context, &wishes);
            let refusal = Refusal::read(&context, &mut entries, e)?;
            draw(&web, &context, &me, Some(Refused { id: "mail", entries, refusal })).await
        }
    }
}
