use super::report::{Fields, ReportForm, send};
use crate::{
    Web,
    pages::{id_of, see},
    request_context::{Form, Me, RequestContext},
    text::fill,
    view::Car,
};
use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use fm_sdk::Result;

async fn draw(web: &Web, context: &RequestContext, me: &Me, id: &str, fields: Fields) -> Result<HttpResponse> {
    let t = context.t();
    let car = web.gateway.get(&me.caller, format!("/api/cars/{id}")).send().await?.json::<Car>()?;
    fields.draw(context, "car", t.report_ad, fill(t.report_ad_explained, car.title), format!("/cars/{id}"))
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
    match send(&web, &context, &me, format!("/api/me/reports/{id}"), form).await? {
        Some(fields) => draw(&web, &context, &me, id, fields).await,
        None => Ok(see(&format!("/cars/{id}"))),
    }
}
