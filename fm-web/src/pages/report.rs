//! The form with which an ad or a conversation is reported.

use super::{Confirm, Refusal};
use crate::{
    Web,
    gateway::Answer,
    request_context::{Me, Notice, RequestContext},
    view::{Choice, Entry},
};
use actix_web::{
    HttpResponse,
    http::{Method, StatusCode},
};
use fm_sdk::{Kind, Result};
use serde::Deserialize;
use serde_json::json;

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct ReportForm {
    reason: String,
    text: String,
}

/// The fields of a report, and why it was not taken, if it was sent.
pub struct Fields {
    entries: Vec<Entry>,
    refusal: Option<Refusal>,
}

impl Fields {
    /// With what was filled in.
    pub fn of(context: &RequestContext, form: &ReportForm) -> Self {
        let t = context.t();
        let reasons = [("fraud", t.reason_fraud), ("spam", t.reason_spam), ("abuse", t.reason_abuse), ("other", t.reason_other)];
        let choices = reasons.map(|(value, label)| Choice { value: value.into(), label: label.into(), on: false });
        let why = Entry::select("reason", t.report_reason, choices.into()).required().with(&form.reason);
        Fields { entries: vec![why, Entry::area("text", t.report_text, 1000).with(&form.text)], refusal: None }
    }
    /// Draws the form of a report about what `page` shows.
    pub fn draw(
        self,
        context: &RequestContext,
        menu: &'static str,
        heading: &'static str,
        text: String,
        page: String,
    ) -> Result<HttpResponse> {
        let action = format!("{page}/report");
        let button = context.t().report_send;
        Confirm { heading, text, card: None, action, back: page, button, bad: false, entries: self.entries }.draw(
            context,
            menu,
            self.refusal,
        )
    }
    fn refused(mut self, context: &RequestContext, error: fm_sdk::Error) -> Result<Self> {
        self.refusal = Some(match (error.kind(), error.code()) {
            (Kind::Conflict, "own-car") => Refusal::of(StatusCode::CONFLICT, context.t().report_own_ad),
            _ => Refusal::read(context, &mut self.entries, error)?,
        });
        Ok(self)
    }
}

/// Sends a report; gives the form again if it is not taken.
///
/// # Errors
/// What is no complaint about the form.
pub async fn send(web: &Web, context: &RequestContext, me: &Me, api: String, form: ReportForm) -> Result<Option<Fields>> {
    let form = ReportForm { text: form.text.replace("\r\n", "\n"), ..form };
    let mut fields = Fields::of(context, &form);
    if !fields.entries[0].choices.iter().any(|c| c.on) {
        fields.entries[0].error = context.t().please_choose.to_owned();
        fields.refusal = Some(Refusal::of(StatusCode::UNPROCESSABLE_ENTITY, context.t().form_check));
        return Ok(Some(fields));
    }
    let ask = web.gateway.ask(Method::PUT, &me.caller, api).json(&json!({"reason": form.reason, "text": form.text}));
    match ask.send().await.and_then(Answer::success) {
        Ok(_) => {
            context.say(Notice::Reported);
            Ok(None)
        }
        Err(e) => fields.refused(context, e).map(Some),
    }
}
