//! The watch over the last publish.

pub mod keep;
pub mod rollback;
pub mod show;

use crate::admin::{
    Ask,
    watchdog::{By, Outcome},
};
use fm_sdk::{Error, Kind, Result};

/// Ends the watch that is under way, and gives the revision in force.
///
/// # Errors
/// `Conflict`, code `watch-over`, if there is none; those of [`crate::admin::Admin::end_watch`].
pub async fn end(ask: &Ask, outcome: Outcome) -> Result<i64> {
    let over = || Error::new(Kind::Conflict, "watch-over", "no publish is being watched");
    let watch = ask.admin.watch().await?.filter(|watch| watch.is_active()).ok_or_else(over)?;
    let reason = match outcome {
        Outcome::RolledBack => "rolled back by hand",
        Outcome::Kept | Outcome::StoodDown => "kept by hand",
    };
    ask.admin.end_watch(watch.revision, outcome, reason.into(), By::Operator(ask)).await
}
