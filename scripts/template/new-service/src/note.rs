use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What somebody noted on a car.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Note {
    pub id: String,
    pub car: String,
    /// The user who wrote it.
    pub author: String,
    pub text: String,
    /// RFC 3339, UTC.
    pub added: String,
}
fm_sdk::document!(Note = "notes" { car: String [index], added: String });
