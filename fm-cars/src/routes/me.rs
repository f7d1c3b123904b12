use super::cars::{CarList, CarView};
use crate::car::Car;
use fm_sdk::{
    Identity, Result, Work,
    http::{Page, extract::Json},
};

/// Lists the caller's own cars, drafts and sold ones too, the newest first.
#[utoipa::path(get, path = "/api/me/cars", tag = "cars", security(("bearer" = [])), params(
    ("page" = Option<u32>, Query, minimum = 1), ("per_page" = Option<u32>, Query, minimum = 1, maximum = 100)), responses(
    (status = 200, body = CarList), (status = 400, description = "a parameter is unknown or out of its limits")))]
pub async fn cars(work: Work, who: Identity, page: Page) -> Result<Json<CarList>> {
    let mine = || work.docs::<Car>().filter(Car::owner.eq(who.sub()));
    let total = mine().count().await?;
    let cars = mine().sort(Car::added, true).skip(page.skip()).limit(page.limit()).list().await?;
    let items = cars.iter().map(|car| CarView::from(&**car)).collect();
    Ok(Json(CarList { items, total, page: page.page, per_page: page.per_page, place: None }))
}
