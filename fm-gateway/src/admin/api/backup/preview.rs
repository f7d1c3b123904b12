//! Shows what an import would change.

use super::Upload;
use crate::{
    admin::{
        Ask,
        api::Call,
        history::{RouteChange, diff},
        users::Role,
    },
    table::Problem,
};
use actix_web::HttpResponse;
use fm_sdk::Result;
use serde::Serialize;

pub const CALL: Call =
    super::taking_an_import(Call::post("/backup/preview", Role::Admin, "Shows what an import would change, and changes nothing", |ask| {
        Box::pin(run(ask))
    }));

/// What an import would do.
#[derive(Serialize)]
pub struct Preview {
    /// The revision in force.
    pub revision: i64,
    pub changes: Vec<RouteChange>,
    /// What is wrong with the table that it would make.
    pub problems: Vec<Problem>,
    /// What could not be carried over as it is.
    pub warnings: Vec<String>,
}

async fn run(ask: Ask) -> Result<HttpResponse> {
    let upload = Upload::read(ask.json()?, &ask.query("service").unwrap_or_default()).await?;
    Ok(HttpResponse::Ok().json(preview(&ask, upload).await?))
}

/// Finds out what an import would do.
///
/// # Errors
/// Those of the registry.
pub async fn preview(ask: &Ask, upload: Upload) -> Result<Preview> {
    let (current, revision) = ask.admin.current().await?;
    let warnings = upload.warnings().to_vec();
    let mut table = upload.applied_to(&current);
    let problems = ask.admin.problems(&mut table, &current).await?;
    Ok(Preview { revision, changes: diff(&current, &table), problems, warnings })
}
