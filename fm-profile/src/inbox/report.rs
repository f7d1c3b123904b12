use super::{Conversation, Message, Side};
use crate::messages::CarNow;
use fm_sdk::{Kind, Result, Work, time::rfc3339};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Messages that a moderator gets with a report, the last ones.
const EXCERPT: usize = 20;

/// Why somebody reports a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    Spam,
    Fraud,
    Abuse,
    Other,
}

/// A conversation that one side has reported, or an ad. One per side, or per ad and reporter: reporting again changes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    pub id: String,
    /// Empty for an ad.
    pub conversation: String,
    pub car_id: String,
    pub reporter: String,
    pub reported: String,
    /// On which side the reporter is; of an ad the buyer's.
    pub side: Side,
    pub reason: Reason,
    pub text: Option<String>,
    /// What was written last, as it was then.
    pub excerpt: Vec<Message>,
    /// Milliseconds since the Unix epoch.
    pub at: i64,
    /// A moderator has dealt with it.
    pub resolved: bool,
}
fm_sdk::document!(Report = "reports" { resolved: bool [index], at: i64 });

impl Report {
    pub fn new(c: &Conversation, side: Side, reason: Reason, text: Option<String>, now_ms: i64) -> Self {
        let (reporter, word) = match side {
            Side::Buyer => (&c.buyer, "buyer"),
            Side::Seller => (&c.seller, "seller"),
        };
        Report {
            id: format!("{}-{word}", c.id),
            conversation: c.id.clone(),
            car_id: c.car_id.clone(),
            reporter: reporter.clone(),
            reported: c.other(side).into(),
            side,
            reason,
            text,
            excerpt: c.messages[c.messages.len().saturating_sub(EXCERPT)..].to_vec(),
            at: now_ms,
            resolved: false,
        }
    }
    /// Reports an ad.
    pub fn of_ad(car: &CarNow, reporter: &str, reason: Reason, text: Option<String>, now_ms: i64) -> Self {
        let id = Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("ad\n{}\n{reporter}", car.id).as_bytes());
        Report {
            id: format!("{}-ad", id.simple()),
            conversation: String::new(),
            car_id: car.id.clone(),
            reporter: reporter.into(),
            reported: car.owner.clone(),
            side: Side::Buyer,
            reason,
            text,
            excerpt: Vec::new(),
            at: now_ms,
            resolved: false,
        }
    }
    /// Keeps it; in the place of one that was not dealt with yet.
    pub async fn save(self, work: &Work) -> Result<()> {
        match work.insert(self.clone(), |_, _| Ok(())).await {
            Err(e) if e.kind() == Kind::Conflict => {
                let again = work.doc::<Report>(&self.id);
                let changed = again.change(|known, _| {
                    if !known.resolved {
                        known.clone_from(&self);
                    }
                    Ok(())
                });
                changed.await.map(drop)
            }
            made => made.map(drop),
        }
    }
}

/// A message as a moderator sees it.
#[derive(Serialize, ToSchema)]
pub struct ReportedMessage {
    /// Written by the user who is reported.
    by_reported: bool,
    text: String,
    /// RFC 3339, UTC.
    at: String,
}

/// A report as a moderator sees it.
#[derive(Serialize, ToSchema)]
pub struct ReportView {
    id: String,
    /// `conversation` or `ad`.
    #[schema(pattern = "^(conversation|ad)$")]
    about: &'static str,
    car_id: String,
    reporter: String,
    reported: String,
    reason: Reason,
    text: Option<String>,
    /// The last messages, the oldest first; none of an ad.
    messages: Vec<ReportedMessage>,
    /// RFC 3339, UTC.
    at: String,
    resolved: bool,
}

impl From<&Report> for ReportView {
    fn from(r: &Report) -> Self {
        let message = |m: &Message| ReportedMessage { by_reported: m.from != r.side, text: m.text.clone(), at: rfc3339(m.at) };
        ReportView {
            id: r.id.clone(),
            about: if r.conversation.is_empty() { "ad" } else { "conversation" },
            car_id: r.car_id.clone(),
            reporter: r.reporter.clone(),
            reported: r.reported.clone(),
            reason: r.reason,
            text: r.text.clone(),
            messages: r.excerpt.iter().map(message).collect(),
            at: rfc3339(r.at),
            resolved: r.resolved,
        }
    }
}
