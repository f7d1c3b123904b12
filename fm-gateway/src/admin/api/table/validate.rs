//! Checks a table.

use super::TableBody;
use crate::admin::{Ask, api::Call, users::Role};
use actix_web::HttpResponse;
use fm_sdk::Result;
use serde_json::json;

pub const CALL: Call =
    Call::post("/table/validate", Role::Viewer, "Checks a table, names all that is wrong with it and changes nothing", |ask| {
        Box::pin(run(ask))
    })
    .with_body(|| json!({"$ref": "#/components/schemas/TableBody"}));

async fn run(ask: Ask) -> Result<HttpResponse> {
    let TableBody { mut table } = ask.json()?;
    let (current, _) = ask.admin.current().await?;
    let problems = ask.admin.problems(&mut table, &current).await?;
    Ok(HttpResponse::Ok().json(json!({"valid": problems.is_empty(), "problems": problems})))
}
