use super::{
    Refusal,
    inbox::report::{ReportForm, entries, reason_missing},
};
use crate::{
    Web,
    gateway::Answer,
    pages::{Confirm, id_of, see},
    request_context::{Form, Me, Notice, RequestContext},
    text::fill,
    view::{Car, Entry},
};
use actix_web::{
    HttpResponse,
    http::{Method, StatusCode},
    web::{Data, Path},
};
use fm_sdk::{Kind, Result};
use serde_json::json;

async fn draw(
    web: &Web,
    context: &RequestContext,
    me: &Me,
    id: &str,
    entries: Vec<Entry>,
    refusal: Option<Refusal>,
) -> Result<HttpResponse> {
    let t = context.t();
    let car = web.gateway.get(&me.caller, format!("/api/cars/{id}")).send().await?.json::<Car>()?;
    let confirm = Confirm {
        heading: t.report_ad,
        text: fill(t.report_ad_explained, car.title),
        action: format!("/cars/{id}/report"),
        back: format!("/cars/{id}"),
        button: t.report_send,
        bad: false,
        entries,
    };
    confirm.draw(context, "car", refusal)
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
    let ask = web.gateway.ask(Method::PUT, &me.caller, format!("/api/me/reports/{id}"));
    match ask.json(&json!({"reason": form.reason, "text": text})).send().await.and_then(Answer::success) {
        Ok(_) => {
            context.say(Notice::Reported);
            Ok(see(&format!("/cars/{id}")))
        }
        Err(e) => {
            let refusal = match e.kind() {
                Kind::Conflict => Refusal::of(StatusCode::CONFLICT, context.t().report_own_ad),
                _ => Refusal::read(&context, &mut entries, e)?,
            };
            draw(&web, &context, &me, id, entries, Some(refusal)).await
        }
    }
}
