use super::form::CarForm;
use crate::{
    Web, assets,
    pages::page,
    request_context::{Form, RequestContext},
    text::Texts,
    view::{Completeness, EstimatedPrice, PriceGuide},
};
use actix_web::{HttpResponse, web::Data};
use askama::Template;
use fm_sdk::Result;

/// So much equipment makes an ad complete.
const OPTIONS: usize = 3;
/// So many characters of a description do.
const DESCRIPTION: usize = 100;
/// So many pictures do.
const PICTURES: usize = 5;

/// What a part of a page needs of what stands around it.
struct Around {
    assets: &'static str,
}

#[derive(Template)]
#[template(path = "parts/guide.html")]
struct Guide {
    s: Around,
    t: &'static Texts,
    guide: PriceGuide,
    complete: Completeness,
}

/// Draws what helps with a form as it is filled in now: scripts put it into the page.
pub async fn draw(web: Data<Web>, context: RequestContext, Form(form): Form<CarForm>) -> Result<HttpResponse> {
    let guide = price(&web, &context, &form).await;
    let complete = completeness(&context, &form, "");
    page(&Guide { s: Around { assets: assets::base() }, t: context.t(), guide, complete })
}

/// Asks what cars like this one cost.
pub async fn price(web: &Web, context: &RequestContext, form: &CarForm) -> PriceGuide {
    let Some(query) = form.described(web, context).await else { return PriceGuide::of(context, None) };
    let asked = web.gateway.get(&context.caller, "/api/cars/estimate").query_string(&query).send().await;
    PriceGuide::of(context, Some(asked.and_then(|answer| answer.json::<EstimatedPrice>())))
}

/// Says what an ad lacks; `form` is the address of the form with its fields, empty on the form itself.
pub fn completeness(context: &RequestContext, form: &CarForm, at: &str) -> Completeness {
    let t = context.t();
    let said = |fields: &[&str]| fields.iter().all(|field| !field.trim().is_empty());
    let field = |name: &str| format!("{at}#i-{name}");
    let pictures = if form.car.is_empty() { String::new() } else { format!("/my/cars/{}/pictures#add", form.car) };
    Completeness::of(
        context,
        [
            (t.model, said(&[&form.model]), field("model")),
            (t.complete_shape, said(&[&form.body, &form.color]), field(if form.body.is_empty() { "body" } else { "color" })),
            (t.mileage, said(&[&form.mileage]), field("mileage")),
            (t.complete_drive, said(&[&form.engine, &form.gearbox]), field(if form.engine.is_empty() { "engine" } else { "gearbox" })),
            (t.postal_code, said(&[&form.postal_code]), field("postal_code")),
            (t.complete_options, form.options.len() >= OPTIONS, format!("{at}#options")),
            (t.complete_description, form.description.trim().chars().count() >= DESCRIPTION, field("description")),
            (t.complete_pictures, form.pictures >= PICTURES, pictures),
        ],
    )
}
