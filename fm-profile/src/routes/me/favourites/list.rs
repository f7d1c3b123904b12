use crate::{favourite::Favourite, routes::private, user::own};
use actix_web::HttpResponse;
use fm_sdk::{Identity, Result, Work, http::Page, time::rfc3339};
use serde::Serialize;
use utoipa::ToSchema;

/// A car that is remembered.
#[derive(Serialize, ToSchema)]
pub struct FavouriteView {
    car_id: String,
    /// When it was remembered; whole euros.
    price: i64,
    /// RFC 3339, UTC.
    added: String,
}

/// A page of favourites, the newest first.
#[derive(Serialize, ToSchema)]
pub struct Favourites {
    items: Vec<FavouriteView>,
    total: u64,
    page: u32,
    per_page: u32,
}

/// Lists one's own favourites. What the cars are now, `/api/cars/batch` says; those that are gone stay here until they are removed.
#[utoipa::path(get, path = "/api/me/favourites", tag = "me", operation_id = "favourites", security(("bearer" = [])), params(
    ("page" = Option<u32>, Query, minimum = 1), ("per_page" = Option<u32>, Query, minimum = 1, maximum = 100)), responses(
    (status = 200, body = Favourites), (status = 400, description = "unknown parameter, or out of its limits")))]
pub async fn list(who: Identity, work: Work, page: Page) -> Result<HttpResponse> {
    own(&work, &who).await?;
    let all = || work.docs::<Favourite>().filter(Favourite::user.eq(who.sub()));
    let found = all().sort(Favourite::at, true).skip(page.skip()).limit(page.limit()).list().await?;
    let items = found.iter().map(|f| FavouriteView { car_id: f.car.clone(), price: f.price, added: rfc3339(f.at) }).collect();
    let total = all().count().await?;
    Ok(private(HttpResponse::Ok(), &Favourites { items, total, page: page.page, per_page: page.per_page }))
}
