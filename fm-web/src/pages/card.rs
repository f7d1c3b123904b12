use super::{id_of, page};
use crate::{
    Web, assets,
    request_context::RequestContext,
    view::{Car, Card},
};
use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use askama::Template;
use fm_sdk::Result;

/// What a part of a page needs of what stands around it.
struct Around {
    assets: &'static str,
}

#[derive(Template)]
#[template(path = "parts/card.html")]
struct CardPart {
    s: Around,
    card: Card,
    /// Of the heading; in the list of the start page.
    level: u8,
}

/// One car as lists show it, alone: scripts put it into lists that grow.
pub async fn card(web: Data<Web>, context: RequestContext, id: Path<String>) -> Result<HttpResponse> {
    let id = id_of(&id)?;
    let car: Car = web.gateway.get(&context.caller, format!("/api/cars/{id}")).send().await?.json()?;
    page(&CardPart { s: Around { assets: assets::base() }, card: Card::of(&context, &car), level: 3 })
}
