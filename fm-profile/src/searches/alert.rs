use crate::messages::CarNow;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use utoipa::ToSchema;
use uuid::Uuid;

/// How long an alert is kept.
pub const ALERTS_KEPT: Duration = Duration::from_secs(60 * 24 * 3600);

/// Why somebody is told of a car.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AlertKind {
    /// A car that matches was listed.
    NewMatch,
    /// A car that matches, or that is remembered, has become cheaper.
    PriceDrop,
    /// An ad of one's own is about to expire.
    AdExpires,
}

/// What somebody is told of a car.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// Derived from what it is about, so that it is made once however often its event comes.
    pub id: String,
    pub user: String,
    /// None for a car that is remembered, and for one's own.
    pub search: Option<String>,
    pub kind: AlertKind,
    pub car: String,
    pub title: String,
    /// Whole euros.
    pub price: i64,
    /// What it cost before.
    pub from: Option<i64>,
    pub image: Option<String>,
    /// Milliseconds since the Unix epoch.
    pub at: i64,
    pub seen: bool,
    /// No mail is to tell of it any more.
    #[serde(default = "was_mailed")]
    pub mailed: bool,
}

/// What is stored from before there were mails is not mailed later.
fn was_mailed() -> bool {
    true
}
fm_sdk::document!(Alert = "alerts" {
    id: String [index], user: String [index], search: String [index], seen: bool, mailed: bool [index], at: i64 [index]
});

impl Alert {
    /// `version` is that of the car: each fall of its price is another one.
    pub fn new(user: &str, search: Option<&str>, kind: AlertKind, car: &CarNow, from: Option<i64>, version: i64, at: i64) -> Self {
        // A car that becomes visible again is no new match.
        let version = if kind == AlertKind::NewMatch { 0 } else { version };
        Alert {
            id: id_of(&format!("alert\n{user}\n{}\n{}\n{version}", search.unwrap_or_default(), car.id)),
            user: user.into(),
            search: search.map(str::to_owned),
            kind,
            car: car.id.clone(),
            title: car.title.clone(),
            price: car.price,
            from,
            image: car.image.clone(),
            at,
            seen: false,
            mailed: false,
        }
    }
    /// Tells a seller that an ad expires, once for each end that it has. A mail of its own tells it too.
    pub fn expiring(car: &CarNow, expires: &str, at: i64) -> Self {
        let id = id_of(&format!("expires\n{}\n{}\n{expires}", car.owner, car.id));
        Alert { id, mailed: true, ..Alert::new(&car.owner, None, AlertKind::AdExpires, car, None, 0, at) }
    }
}

fn id_of(about: &str) -> String {
    Uuid::new_v5(&Uuid::NAMESPACE_URL, about.as_bytes()).simple().to_string()
}
