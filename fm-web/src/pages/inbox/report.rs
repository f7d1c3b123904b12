use super::load;
use crate::{
    Web,
    pages::{
        id_of,
        report::{Fields, ReportForm, send},
        see,
    },
    request_context::{Form, Me, RequestContext},
    text::fill,
};
use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use fm_sdk::Result;

async fn draw(web: &Web, context: &RequestContext, me: &Me, id: &str, fields: Fields) -> Result<HttpResponse> {
    let (t, conversation) = (context.t(), load(web, me, id).await?);
    let name = if conversation.with.deleted { t.person_gone } else { &conversation.with.name };
    fields.draw(context, "inbox", t.report, fill(t.report_explained, name), format!("/inbox/{id}"))
}

pub async fn show(web: Data<Web>, context: RequestContext, me: Me, id: Path<String>) -> Result<HttpResponse> {
    draw(&web, &context, &me, id_of(&id)?, Fields::of(&context, &ReportForm::default())).await
}

pub async fn submit(
    web: Data<Web>,
    context: RequestContext,
    me: Me,
    id: Path<String>,
    Form(form): Form<ReportForm>,
) -> Result<HttpResponse> {
    let id = id_of(&id)?;
    match send(&web, &context, &me, format!("/api/me/conversations/{id}/report"), form).await? {
        Some(fields) => draw(&web, &context, &me, id, fields).await,
        None => Ok(see(&format!("/inbox/{id}"))),
    }
}
