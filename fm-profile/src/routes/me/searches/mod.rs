//! `/api/me/searches`, `/api/me/alerts`: searches that somebody wants to hear of, and what they hear.

pub mod alerts;
pub mod list;
pub mod remove;
pub mod save;
pub mod seen;

use crate::searches::{Filters, SavedSearch};
use fm_sdk::time::rfc3339;
use serde::Serialize;
use utoipa::ToSchema;

/// A saved search.
#[derive(Serialize, ToSchema)]
pub struct SearchView {
    id: String,
    name: String,
    filters: Filters,
    /// RFC 3339, UTC.
    added: String,
    /// Alerts of it that were not seen.
    unseen: u64,
}

impl SearchView {
    fn new(s: &SavedSearch, unseen: u64) -> Self {
        SearchView { id: s.id.clone(), name: s.name.clone(), filters: s.filters.clone(), added: rfc3339(s.at), unseen }
    }
}
