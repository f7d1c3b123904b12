use super::SearchView;
use crate::{
    Profile,
    messages::FindPlace,
    routes::{NoQuery, private},
    searches::{Centre, Filters, MAX_SEARCHES, SavedSearch},
    user::own,
};
use actix_web::{HttpResponse, web::Data};
use fm_sdk::{
    Error, FieldError, Identity, Kind, Result, Work,
    http::{Checks, Json},
    text::clean_line,
};
use serde::Deserialize;
use std::time::Duration;
use utoipa::ToSchema;

/// How long fm-cars is waited for.
const ANSWER: Duration = Duration::from_secs(5);

/// A search to be saved.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSearch {
    /// 1 to 120 characters.
    name: String,
    filters: Filters,
}

/// Saves a search: cars that match are told from now on. The same filters again are the same search, which keeps its name.
#[utoipa::path(post, path = "/api/me/searches", tag = "me", operation_id = "save_search", request_body = NewSearch, security(("bearer" = [])),
    responses(
    (status = 201, description = "saved, now or before", body = SearchView),
    (status = 400, description = "not understood"),
    (status = 403, description = "scope-missing: needs profile:write"), (status = 409, description = "searches-full: 50 are saved"),
    (status = 413, description = "too large"), (status = 415, description = "not JSON"), (status = 422, description = "out of its limits")))]
pub async fn save(who: Identity, work: Work, profile: Data<Profile>, _: NoQuery, Json(m): Json<NewSearch>) -> Result<HttpResponse> {
    who.require("profile:write")?;
    own(&work, &who).await?;
    let name = clean_line(&m.name).into_owned();
    Checks::new().field("name", (1..=120).contains(&name.chars().count()), "must be one line of 1 to 120 characters").finish()?;
    let mut search = SavedSearch::new(who.sub(), name, m.filters.checked()?, profile.now_ms());
    if let Some(known) = work.doc::<SavedSearch>(&search.id).get().await? {
        return Ok(private(HttpResponse::Created(), &SearchView::new(&known, 0)));
    }
    if work.docs::<SavedSearch>().filter(SavedSearch::user.eq(who.sub())).count().await? >= MAX_SEARCHES {
        let text = format!("{MAX_SEARCHES} searches are saved already: remove one first");
        return Err(Error::new(Kind::Conflict, "searches-full", text));
    }
    if let Some(near) = &search.filters.near {
        search.centre = Some(centre(&work, near).await?);
    }
    match work.insert(search.clone(), |_, _| Ok(())).await {
        // The same press of the same button, twice.
        Err(e) if e.kind() != Kind::Conflict => return Err(e),
        _ => {}
    }
    Ok(private(HttpResponse::Created(), &SearchView::new(&search, 0)))
}

/// Asks fm-cars where a place is.
async fn centre(work: &Work, near: &str) -> Result<Centre> {
    let found = work.call(FindPlace { text: near.into() }).within(ANSWER).await;
    found.map(Centre::from).map_err(|e| match e.kind() {
        Kind::NotFound => Error::invalid(vec![FieldError { field: "near".into(), message: "not a German postal code or town".into() }]),
        _ => e,
    })
}
