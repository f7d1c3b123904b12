use crate::{
    inbox::{Report, ReportView},
    routes::{NoQuery, private},
    user::own,
};
use actix_web::HttpResponse;
use fm_sdk::{
    Identity, Kind, Result, Work,
    http::{Json, Page, Path, Query},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which reports are wanted.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Wanted {
    /// Those that were dealt with, instead of those that wait.
    #[serde(default)]
    resolved: bool,
    /// 1 is the first.
    #[param(minimum = 1)]
    page: Option<u32>,
    /// 1 to 100, default 20.
    #[param(minimum = 1, maximum = 100)]
    per_page: Option<u32>,
}

/// A page of reports, the oldest first.
#[derive(Serialize, ToSchema)]
pub struct Reports {
    items: Vec<ReportView>,
    total: u64,
    page: u32,
    per_page: u32,
}

/// Whether a report is dealt with.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Resolution {
    resolved: bool,
}

/// Lists conversations and ads that users have reported.
#[utoipa::path(get, path = "/api/admin/reports", tag = "admin", operation_id = "list_reports", params(Wanted), security(("bearer" = [])), responses(
    (status = 200, body = Reports), (status = 400, description = "unknown parameter, or out of its limits"), (status = 403, description = "scope-missing: needs users:admin")))]
pub async fn list(who: Identity, work: Work, Query(m): Query<Wanted>) -> Result<HttpResponse> {
    who.require(super::SCOPE)?;
    own(&work, &who).await?;
    let page = Page::new(m.page, m.per_page)?;
    let all = || work.docs::<Report>().filter(Report::resolved.eq(m.resolved));
    let found = all().sort(Report::at, false).skip(page.skip()).limit(page.limit()).list().await?;
    let items = found.iter().map(|r| ReportView::from(&**r)).collect();
    let total = all().count().await?;
    Ok(private(HttpResponse::Ok(), &Reports { items, total, page: page.page, per_page: page.per_page }))
}

/// Marks a report as dealt with, or as open again.
#[utoipa::path(put, path = "/api/admin/reports/{id}", tag = "admin", operation_id = "resolve_report", request_body = Resolution,
    params(("id" = String, Path)), security(("bearer" = [])), responses(
    (status = 200, body = ReportView), (status = 400, description = "not understood"),
    (status = 403, description = "scope-missing: needs users:admin"), (status = 404, description = "report-unknown"),
    (status = 413, description = "too large"), (status = 415, description = "not JSON")))]
pub async fn put(who: Identity, work: Work, id: Path<String>, _: NoQuery, Json(m): Json<Resolution>) -> Result<HttpResponse> {
    who.require(super::SCOPE)?;
    own(&work, &who).await?;
    let changed = work
        .doc::<Report>(&id)
        .change(|report, _| {
            report.resolved = m.resolved;
            Ok(())
        })
        .await;
    let report = changed.map_err(|e| if e.kind() == Kind::NotFound { fm_sdk::Error::not_found("report-unknown") } else { e })?;
    Ok(private(HttpResponse::Ok(), &ReportView::from(&*report)))
}
