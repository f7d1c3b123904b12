use super::id_of;
use crate::{
    Web,
    gateway::Answer,
    pages::see,
    visit::{Form, Me, Notice, Visit},
};
use actix_web::{
    HttpResponse,
    http::Method,
    web::{Data, Path},
};
use fm_sdk::Result;
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize)]
pub struct Nothing {}

/// Brings a draft to the market.
pub async fn submit(web: Data<Web>, visit: Visit, me: Me, id: Path<String>, _: Form<Nothing>) -> Result<HttpResponse> {
    let id = id_of(&id)?;
    let ask = web.gateway.ask(Method::PATCH, &me.caller, format!("/api/cars/{id}")).json(&json!({"status": "listed"}));
    ask.send().await.and_then(Answer::success)?;
    visit.say(Notice::Published);
    Ok(see(&format!("/cars/{id}")))
}
