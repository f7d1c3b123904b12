use super::{Refusal, load};
use crate::{
    Web,
    gateway::Answer,
    pages::{Confirm, id_of, see},
    request_context::{Form, Me, Notice, RequestContext},
    text::fill,
    view::{Choice, Entry},
};
use actix_web::{
    HttpResponse,
    http::{Method, StatusCode},
    web::{Data, Path},
};
use fm_sdk::Result;
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize)]
pub struct ReportForm {
    #[serde(default)]
    pub reason: String,
    #[serde(default)]
    pub text: String,
}

/// The form of a report.
pub fn entries(context: &RequestContext, reason: &str, text: &str) -> Vec<Entry> {
    let t = context.t();
    let reasons = [("fraud", t.reason_fraud), ("spam", t.reason_spam), ("abuse", t.reason_abuse), ("other", t.reason_other)];
    let choices = reasons.map(|(value, label)| Choice { value: value.into(), label: label.into(), on: false });
    let why = Entry::select("reason", t.report_reason, choices.into()).required().with(reason);
    vec![why, Entry::area("text", t.report_text, 1000).with(text)]
}

/// Refuses a report without a reason.
pub fn reason_missing(context: &RequestContext, entries: &mut [Entry]) -> Option<Refusal> {
    if entries[0].choices.iter().any(|c| c.on) {
        return None;
    }
    entries[0].error = context.t().please_choose.to_owned();
    Some(Refusal::of(StatusCode::UNPROCESSABLE_ENTITY, context.t().form_check))
}

async fn draw(
    web: &Web,
    context: &RequestContext,
    me: &Me,
    id: &str,
    entries: Vec<Entry>,
    refusal: Option<Refusal>,
) -> Result<HttpResponse> {
    let (t, conversation) = (context.t(), load(web, me, id).await?);
    let name = if conversation.with.deleted { t.person_gone } else { &conversation.with.name };
    let confirm = Confirm {
        heading: t.report,
        text: fill(t.report_explained, name),
        action: format!("/inbox/{id}/report"),
        back: format!("/inbox/{id}"),
        button: t.report_send,
        bad: false,
        entries,
    };
    confirm.draw(context, "inbox", refusal)
}

pub async fn show(web: Data<Web>, context: RequestContext, me: Me, id: Path<String>) -> Result<HttpResponse> {
    let entries = entries(&context, "", "");
    draw(&web, &context, &me, id_of(&id)?, entries, None).await
}

pub async fn submit(
    web: Data<Web>,
    context: RequestContext,
    me: Me,
    id: Path<String>,
    Form(form): Form<ReportForm>,
) -> Result<HttpResponse> {
    let id = id_of(&id)?;
    let text = form.text.replace("\r\n", "\n");
    let mut entries = entries(&context, &form.reason, &text);
    if let Some(refusal) = reason_missing(&context, &mut entries) {
        return draw(&web, &context, &me, id, entries, Some(refusal)).await;
    }
    let ask = web.gateway.ask(Method::PUT, &me.caller, format!("/api/me/conversations/{id}/report"));
    match ask.json(&json!({"reason": form.reason, "text": text})).send().await.and_then(Answer::success) {
        Ok(_) => {
            context.say(Notice::Reported);
            Ok(see(&format!("/inbox/{id}")))
        }
        Err(e) => {
            let refusal = Refusal::read(&context, &mut entries, e)?;
            draw(&web, &context, &me, id, entries, Some(refusal)).await
        }
    }
}
