use super::SearchView;
use crate::{
    routes::{NoQuery, private},
    searches::{Alert, SavedSearch},
    user::own,
};
use actix_web::HttpResponse;
use fm_sdk::{Identity, Result, Work};
use serde::Serialize;
use std::collections::HashMap;
use utoipa::ToSchema;

/// All searches of a user, the newest first.
#[derive(Serialize, ToSchema)]
pub struct Searches {
    items: Vec<SearchView>,
    total: u64,
}

/// Lists one's own saved searches, with how many alerts of each were not seen.
#[utoipa::path(get, path = "/api/me/searches", tag = "me", operation_id = "searches", security(("bearer" = [])), responses(
    (status = 200, body = Searches), (status = 400, description = "unknown parameter")))]
pub async fn list(who: Identity, work: Work, _: NoQuery) -> Result<HttpResponse> {
    own(&work, &who).await?;
    let found = work.docs::<SavedSearch>().filter(SavedSearch::user.eq(who.sub())).sort(SavedSearch::at, true).list().await?;
    let mut unseen = HashMap::<String, u64>::new();
    let news = work.docs::<Alert>().filter(Alert::user.eq(who.sub()) & Alert::seen.eq(false));
    news.for_each(|alert| {
        if let Some(search) = &alert.search {
            *unseen.entry(search.clone()).or_default() += 1;
        }
    })
    .await?;
    let items: Vec<_> = found.iter().map(|s| SearchView::new(s, unseen.get(&s.id).copied().unwrap_or_default())).collect();
    let total = items.len() as u64;
    Ok(private(HttpResponse::Ok(), &Searches { items, total }))
}
