use crate::{
    routes::private,
    searches::{Alert, AlertKind},
    user::own,
};
use actix_web::HttpResponse;
use fm_sdk::{
    Identity, Result, Work,
    http::{Page, Query},
    time::rfc3339,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which alerts are wanted.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Wanted {
    /// Only those that were not seen.
    #[serde(default)]
    unseen: bool,
    /// 1 is the first.
    #[param(minimum = 1)]
    page: Option<u32>,
    /// 1 to 100, default 20.
    #[param(minimum = 1, maximum = 100)]
    per_page: Option<u32>,
}

/// What somebody is told of a car.
#[derive(Serialize, ToSchema)]
pub struct AlertView {
    id: String,
    kind: AlertKind,
    /// None for a car that is remembered.
    search_id: Option<String>,
    car_id: String,
    title: String,
    /// Whole euros.
    price: i64,
    /// What it cost before.
    from: Option<i64>,
    image: Option<String>,
    /// RFC 3339, UTC.
    at: String,
    seen: bool,
}

/// A page of alerts, the newest first.
#[derive(Serialize, ToSchema)]
pub struct Alerts {
    items: Vec<AlertView>,
    total: u64,
    page: u32,
    per_page: u32,
}

impl From<&Alert> for AlertView {
    fn from(a: &Alert) -> Self {
        AlertView {
            id: a.id.clone(),
            kind: a.kind,
            search_id: a.search.clone(),
            car_id: a.car.clone(),
            title: a.title.clone(),
            price: a.price,
            from: a.from,
            image: a.image.clone(),
            at: rfc3339(a.at),
            seen: a.seen,
        }
    }
}

/// Lists what one's own searches and favourites have told.
#[utoipa::path(get, path = "/api/me/alerts", tag = "me", operation_id = "alerts", params(Wanted), security(("bearer" = [])), responses(
    (status = 200, body = Alerts), (status = 400, description = "unknown parameter, or out of its limits")))]
pub async fn list(who: Identity, work: Work, Query(m): Query<Wanted>) -> Result<HttpResponse> {
    own(&work, &who).await?;
    let page = Page::new(m.page, m.per_page)?;
    let all = || {
        let mine = Alert::user.eq(who.sub());
        work.docs::<Alert>().filter(if m.unseen { mine & Alert::seen.eq(false) } else { mine })
    };
    let found = all().sort(Alert::at, true).skip(page.skip()).limit(page.limit()).list().await?;
    let items = found.iter().map(|a| AlertView::from(&**a)).collect();
    let total = all().count().await?;
    Ok(private(HttpResponse::Ok(), &Alerts { items, total, page: page.page, per_page: page.per_page }))
}
