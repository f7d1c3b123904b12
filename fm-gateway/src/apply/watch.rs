//! Applies files again whenever they, or the table in the registry, have changed.

use super::{Applied, apply, files, load};
use crate::{
    pipeline::Catalogue,
    table::{PREFIX, Publication},
};
use fm_sdk::{Result, registry::Registry};
use std::{
    future::Future,
    path::{Path, PathBuf},
    pin::pin,
    time::Duration,
};

/// How often files are looked at, and how long they must stay as they are: several are not written in one step.
const POLL_INTERVAL: Duration = Duration::from_millis(500);

/// Applies the files until `stop` resolves; `report` hears of every publish, and of every error once. While something is wrong, the table
/// in force stays.
pub async fn watch(
    path: &Path,
    registry: &dyn Registry,
    plugins: &Catalogue,
    by: &Publication,
    mut report: impl FnMut(Result<Applied>),
    stop: impl Future<Output = ()>,
) {
    let (mut stop, mut snapshots) = (pin!(stop), registry.watch(PREFIX));
    let (mut seen, mut is_stable) = (read(path), true);
    // What is in force, or refused for good; the error that was reported last; whether anything was.
    let (mut settled, mut last_error, mut is_first) = (None, None, true);
    loop {
        if is_stable && settled.as_ref() != Some(&seen) {
            let result = match load(path, plugins) {
                Ok(loaded) => apply(registry, &loaded.table, by).await,
                Err(e) => Err(e),
            };
            // What is wrong with the registry gets better by itself; what is wrong with the files does not.
            let is_settled = result.as_ref().err().is_none_or(|e| matches!(e.code(), "table-invalid" | "file"));
            settled = is_settled.then(|| seen.clone());
            let error = result.as_ref().err().map(|e| e.chain().to_string());
            let is_news = match &result {
                Ok(Applied::Unchanged(_)) => is_first || last_error.is_some(),
                Ok(Applied::Published { .. }) => true,
                Err(_) => error != last_error,
            };
            (last_error, is_first) = (error, false);
            if is_news {
                report(result);
            }
        }
        tokio::select! {
            () = tokio::time::sleep(POLL_INTERVAL) => {
                let now = read(path);
                is_stable = now == seen;
                seen = now;
            }
            changed = snapshots.changed() => match changed {
                // Somebody else has published, or the registry is back.
                Ok(()) => settled = None,
                Err(_) => return,
            },
            () = &mut stop => return,
        }
    }
}

/// What the files say, or why they cannot be read.
fn read(path: &Path) -> std::result::Result<Vec<(PathBuf, String)>, String> {
    files::contents(path).map_err(|e| e.to_string())
}
