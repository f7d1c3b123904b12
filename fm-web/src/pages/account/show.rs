use super::draw;
use crate::{
    Web,
    visit::{Me, Visit},
};
use actix_web::{HttpResponse, web::Data};
use fm_sdk::Result;

pub async fn show(web: Data<Web>, visit: Visit, me: Me) -> Result<HttpResponse> {
    draw(&web, &visit, &me, None).await
}

/// Where a form of the page was sent: a browser may come back there with a `GET`.
pub async fn back() -> HttpResponse {
    crate::pages::see("/account")
}
