//! The two ends of a watch.

use super::see;
use crate::admin::{
    Ask,
    api::{Call, watchdog::end},
    users::Role,
    watchdog::Outcome,
};
use actix_web::HttpResponse;
use fm_sdk::Result;

pub const END: Call = Call::post("/watchdog", Role::Editor, "Keeps the last publish, or rolls it back", |ask| Box::pin(submit(ask)));

async fn submit(ask: Ask) -> Result<HttpResponse> {
    match ask.field("do").as_deref() {
        Some("keep") => {
            end(&ask, Outcome::Kept).await?;
            Ok(see("/admin/history?done=kept"))
        }
        Some("rollback") => {
            end(&ask, Outcome::RolledBack).await?;
            Ok(see("/admin/history?done=rolled-back"))
        }
        _ => Ok(see("/admin/history")),
    }
}
