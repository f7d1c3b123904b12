//! The tombstone of a deleted account: the state of the saga, and what its status resource shows.

use super::User;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use utoipa::ToSchema;

/// How long the tombstone is kept after the deletion is complete, for who asks after it.
pub const TOMBSTONES_KEPT: Duration = Duration::from_secs(31 * 24 * 3600);

/// How far the deletion of an account is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Deletion {
    /// fm-cars has been told, and has not answered yet.
    Pending,
    /// All cars are gone.
    Done {
        /// How many there were.
        cars_deleted: u64,
    },
}

impl User {
    /// Leaves nothing of the user but that there was one. The tokens are revoked.
    pub fn bury(&mut self, deletion_id: &str) {
        self.revoke_tokens();
        *self = User {
            epoch: self.epoch,
            unwritten: self.unwritten,
            deletion_id: Some(deletion_id.into()),
            deletion: Some(Deletion::Pending),
            ..User::nobody(&self.id)
        };
    }
    /// All cars are gone. Only the first to say so counts; of a user who is still there it is not believed.
    pub fn cars_are_gone(&mut self, cars_deleted: u64, now_ms: i64) {
        if self.deletion == Some(Deletion::Pending) {
            self.deletion = Some(Deletion::Done { cars_deleted });
            self.done_ms = Some(now_ms);
        }
    }
}
