use super::{closed, id_of, own};
use crate::{
    Web,
    gateway::Answer,
    pages::see,
    request_context::{Form, Me, Notice, RequestContext},
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
pub struct Nothing {}

/// Brings a draft to the market.
pub async fn submit(web: Data<Web>, context: RequestContext, me: Me, id: Path<String>, _: Form<Nothing>) -> Result<HttpResponse> {
    let id = id_of(&id)?;
    let ask = web.gateway.ask(Method::PATCH, &me.caller, format!("/api/cars/{id}")).json(&json!({"status": "listed"}));
    match ask.send().await.and_then(Answer::success) {
        Err(e) if closed::was_closed(&e) => return closed::draw(&context, &own(&web, &me, id).await?.car, StatusCode::CONFLICT),
        answer => answer?,
    };
    context.say(Notice::Published);
    Ok(see(&format!("/cars/{id}")))
}
