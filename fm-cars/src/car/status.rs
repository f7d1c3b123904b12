use serde::{Deserialize, Serialize};

/// Where an ad is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Its owner still writes it; nobody else sees it.
    Draft,
    /// Everybody sees and finds it.
    Listed,
    /// Sold: by its address it is still there, the search does not find it.
    Sold,
    /// Its time is over.
    Expired,
}

impl Status {
    /// What the API gives.
    pub fn value(self) -> &'static str {
        match self {
            Status::Draft => "draft",
            Status::Listed => "listed",
            Status::Sold => "sold",
            Status::Expired => "expired",
        }
    }
    /// What an owner may ask for when he writes an ad.
    pub fn parse_writable(text: &str) -> Option<Self> {
        [Status::Draft, Status::Listed].into_iter().find(|s| s.value() == text)
    }
}
