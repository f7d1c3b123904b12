use super::{id_of, publish::Nothing};
use crate::{
    Web,
    gateway::Answer,
    pages::see,
    request_context::{Form, Me, Notice, RequestContext},
};
use actix_web::{
    HttpResponse,
    http::Method,
    web::{Data, Path},
};
use fm_sdk::Result;

/// Where the form was sent: a browser may come back there with a `GET`.
pub async fn back(_: Path<String>) -> HttpResponse {
    see("/my/cars")
}

/// Puts a car that was marked as sold back on the market.
pub async fn submit(web: Data<Web>, context: RequestContext, me: Me, id: Path<String>, _: Form<Nothing>) -> Result<HttpResponse> {
    let id = id_of(&id)?;
    web.gateway.ask(Method::DELETE, &me.caller, format!("/api/cars/{id}/sold")).send().await.and_then(Answer::success)?;
    context.say(Notice::SaleUndone);
    Ok(see("/my/cars"))
}
