use crate::{routes::NoQuery, searches::Alert, user::own};
use actix_web::HttpResponse;
use fm_sdk::{
    Identity, Result, Work,
    http::{Checks, Json},
};
use serde::Deserialize;
use utoipa::ToSchema;

/// What was seen.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SeenAlerts {
    /// Up to 100 ids.
    alerts: Vec<String>,
}

/// Marks alerts as seen. Those of others, and those that are gone, are left alone.
#[utoipa::path(put, path = "/api/me/alerts/seen", tag = "me", operation_id = "alerts_seen", request_body = SeenAlerts, security(("bearer" = [])), responses(
    (status = 204, description = "marked"), (status = 400, description = "not understood"),
    (status = 413, description = "too large"), (status = 415, description = "not JSON"), (status = 422, description = "too many")))]
pub async fn seen(who: Identity, work: Work, _: NoQuery, Json(m): Json<SeenAlerts>) -> Result<HttpResponse> {
    own(&work, &who).await?;
    Checks::new().field("alerts", m.alerts.len() <= 100, "must be up to 100 ids").finish()?;
    for id in &m.alerts {
        if work.doc::<Alert>(id).get().await?.is_some_and(|a| a.user == who.sub() && !a.seen) {
            let marked = work.doc::<Alert>(id);
            marked
                .change(|alert, _| {
                    alert.seen = true;
                    Ok(())
                })
                .await?;
        }
    }
    Ok(HttpResponse::NoContent().finish())
}
