use crate::{
    Web,
    gateway::Answer,
    pages::{id_of, see},
    request_context::{Form, Heart, Notice, RequestContext, return_path},
    view::Car,
};
use actix_web::{
    HttpRequest, HttpResponse,
    http::{Method, header},
    web::Data,
};
use fm_sdk::{Error, Kind, Result};
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize)]
pub struct HeartForm {
    add: Option<String>,
    #[serde(default)]
    remove: Vec<String>,
    to: Option<String>,
}

/// Remembers a car or forgets some. A script gets an answer of its own; a form goes back to where it was.
pub async fn submit(web: Data<Web>, context: RequestContext, request: HttpRequest, Form(form): Form<HeartForm>) -> Result<HttpResponse> {
    let script = request.headers().get(header::ACCEPT).is_some_and(|v| v.as_bytes().starts_with(b"application/json"));
    let changed = change(&web, &context, &form).await;
    if script {
        changed?;
        return Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(json!({"on": form.add.is_some()})));
    }
    match changed.as_ref().map_err(|e| (e.kind(), e.code())) {
        Err((Kind::Conflict, "favourites-full")) => context.say(Notice::FavouritesFull),
        Err((Kind::Conflict, _) | (Kind::NotFound, _)) => context.say(Notice::NotForSale),
        _ => changed?,
    }
    let place = form.add.as_deref().and_then(|id| id_of(id).ok()).map(|id| format!("#c-{id}")).unwrap_or_default();
    Ok(see(&format!("{}{place}", return_path(form.to.as_deref()))))
}

async fn change(web: &Web, context: &RequestContext, form: &HeartForm) -> Result<()> {
    let caller = context.as_user(web).await;
    if caller.token.is_none() {
        return change_here(web, context, form).await;
    }
    for car in &form.remove {
        web.gateway.ask(Method::DELETE, &caller, format!("/api/me/favourites/{}", id_of(car)?)).send().await?.success()?;
    }
    if let Some(car) = &form.add {
        web.gateway.ask(Method::PUT, &caller, format!("/api/me/favourites/{}", id_of(car)?)).send().await?.success()?;
    }
    Ok(())
}

/// Without an account the browser remembers.
async fn change_here(web: &Web, context: &RequestContext, form: &HeartForm) -> Result<()> {
    if !form.remove.is_empty() {
        let mut hearts = context.hearts();
        hearts.retain(|h| !form.remove.contains(&h.car));
        context.keep_hearts(hearts);
    }
    if let Some(id) = &form.add {
        let car = web.gateway.get(&context.caller, format!("/api/cars/{}", id_of(id)?)).send().await.and_then(Answer::json::<Car>)?;
        if car.status != "listed" {
            return Err(Error::new(Kind::Conflict, "car-not-listed", "the car is not for sale any more"));
        }
        context.add_heart(Heart { car: car.id, price: car.price });
    }
    Ok(())
}
