use super::draw;
use crate::{
    Web,
    request_context::{Me, RequestContext},
};
use actix_web::{HttpResponse, web::Data};
use fm_sdk::Result;

pub async fn show(web: Data<Web>, context: RequestContext, me: Me) -> Result<HttpResponse> {
    draw(&web, &context, &me, None).await
}

/// Where a form of the page was sent: a browser may come back there with a `GET`.
pub async fn back() -> HttpResponse {
    crate::pages::see("/account")
}
