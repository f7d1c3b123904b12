use super::{Refusal, closed, form::CarForm, guide, id_of, own};
use crate::{
    Web,
    pages::{page_as, see},
    request_context::{Me, RequestContext},
    text::Texts,
    view::{Completeness, Layout, Picture, PriceGuide, mark_failed},
};
use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use askama::Template;
use fm_sdk::Result;

#[derive(Template)]
#[template(path = "pictures.html")]
struct Pictures {
    s: Layout,
    t: &'static Texts,
    heading: &'static str,
    id: String,
    title: String,
    draft: bool,
    token: String,
    failed: Vec<String>,
    pictures: Vec<Picture>,
    guide: PriceGuide,
    complete: Completeness,
}

/// The pictures of a car: add, order, remove.
pub async fn show(web: Data<Web>, context: RequestContext, me: Me, id: Path<String>) -> Result<HttpResponse> {
    draw(&web, &context, &me, &id, None).await
}

/// Where a form of the page was sent: a browser may come back there with a `GET`.
pub async fn back(id: Path<String>) -> Result<HttpResponse> {
    Ok(see(&format!("/my/cars/{}/pictures", id_of(&id)?)))
}

pub async fn draw(web: &Web, context: &RequestContext, me: &Me, id: &str, refusal: Option<Refusal>) -> Result<HttpResponse> {
    let (t, car) = (context.t(), own(web, me, id).await?.car);
    if closed::is_closed(&car) {
        return closed::draw(context, &car, refusal.map_or(StatusCode::OK, |r| r.status));
    }
    let mut s = Layout::new(context, "mine", t.pictures).hidden();
    if refusal.is_some() {
        mark_failed(&mut s, t.form_failed);
    }
    let status = refusal.as_ref().map_or(StatusCode::OK, |r| r.status);
    let form = CarForm::of(context.lang, &car, car.model.clone().unwrap_or_default());
    let pictures = Pictures {
        guide: guide::price(web, context, &form).await,
        complete: guide::completeness(context, &form, &format!("/my/cars/{id}/edit")),
        s,
        t,
        heading: t.pictures,
        id: id.to_owned(),
        title: car.title,
        draft: car.status == "draft",
        token: context.form_token(),
        failed: refusal.map(|r| r.lines).unwrap_or_default(),
        pictures: car.images.iter().filter_map(Picture::of).collect(),
    };
    page_as(status, &pictures)
}
