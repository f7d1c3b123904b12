use super::{
    closed,
    form::{CarForm, Place, draw},
    id_of, own,
};
use crate::{
    Web,
    gateway::Answer,
    pages::see,
    request_context::{Form, Me, Notice, RequestContext},
};
use actix_web::{
    HttpResponse,
    http::{Method, StatusCode, header},
    web::{Data, Path},
};
use fm_sdk::{Kind, Result};

pub async fn show(web: Data<Web>, context: RequestContext, me: Me, id: Path<String>) -> Result<HttpResponse> {
    let own = own(&web, &me, &id).await?;
    if closed::is_closed(&own.car) {
        return closed::draw(&context, &own.car, StatusCode::OK);
    }
    let models = web.catalogue.models(&web.gateway, &context.caller, &own.car.maker).await.ok();
    let model = own.car.model.as_deref().unwrap_or_default();
    let label = models.as_ref().and_then(|m| m.label(model)).unwrap_or(model).to_owned();
    let mut form = CarForm::of(context.lang, &own.car, label);
    form.etag = own.etag;
    draw(&web, &context, Place::Of(&own.car.id), &form, None).await
}

pub async fn submit(
    web: Data<Web>,
    context: RequestContext,
    me: Me,
    id: Path<String>,
    Form(mut form): Form<CarForm>,
) -> Result<HttpResponse> {
    let id = id_of(&id)?;
    if form.is_question() {
        return draw(&web, &context, Place::Of(id), &form, None).await;
    }
    let wish = form.wish(&web, &context, false).await;
    let mut ask = web.gateway.ask(Method::PATCH, &me.caller, format!("/api/cars/{id}")).json(&wish);
    if !form.etag.is_empty() {
        ask = ask.header((header::IF_MATCH, form.etag.as_str()));
    }
    match ask.send().await.and_then(Answer::success) {
        Ok(_) => {
            context.say(Notice::Saved);
            Ok(see(&format!("/cars/{id}")))
        }
        // Sold in another tab, or by going back to this form.
        Err(e) if closed::was_closed(&e) => closed::draw(&context, &own(&web, &me, id).await?.car, StatusCode::CONFLICT),
        Err(e) => {
            if e.kind() == Kind::Stale {
                // What was typed stays; saved once more, it goes on top of what is there now.
                form.etag = own(&web, &me, id).await?.etag;
            }
            draw(&web, &context, Place::Of(id), &form, Some(e)).await
        }
    }
}
