use super::{Items, answer};
use crate::catalogue::Maker;
use actix_web::HttpResponse;
use fm_sdk::{
    Result,
    http::{Query, extract::Checks},
};
use serde::Deserialize;

/// Whose models are wanted.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OfMaker {
    /// A maker's value.
    maker: String,
}

/// Lists the models of a maker; a car may have another one, in free text.
#[utoipa::path(get, path = "/api/catalogue/models", tag = "catalogue", params(OfMaker), responses(
    (status = 200, body = Items), (status = 400, description = "no such maker")))]
pub async fn models(Query(of): Query<OfMaker>) -> Result<HttpResponse> {
    let maker = Maker::parse(&of.maker);
    Checks::of_query().field("maker", maker.is_some(), "not a maker of the catalogue").finish()?;
    Ok(answer(maker.map(Maker::models).unwrap_or_default()))
}
