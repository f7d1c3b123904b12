use super::{Conversation, Correspondent, Message, Side};
use fm_sdk::time::rfc3339;
use serde::Serialize;
use utoipa::ToSchema;

/// The car that a conversation is about, as it was when the conversation began.
#[derive(Serialize, ToSchema)]
pub struct CarSummary {
    id: String,
    title: String,
    /// Whole euros.
    price: i64,
    /// The address of the main picture's thumbnail.
    image: Option<String>,
}

/// A message as one side sees it.
#[derive(Serialize, ToSchema)]
pub struct MessageView {
    id: String,
    /// Written by the caller.
    mine: bool,
    text: String,
    /// RFC 3339, UTC.
    at: String,
}

/// A conversation in a list.
#[derive(Serialize, ToSchema)]
pub struct ConversationSummary {
    id: String,
    car: CarSummary,
    /// The caller's side.
    role: Side,
    with: Correspondent,
    last: Option<MessageView>,
    /// How many messages the caller has not read.
    unread: u32,
}

/// A conversation, whole.
#[derive(Serialize, ToSchema)]
pub struct ConversationView {
    #[serde(flatten)]
    summary: ConversationSummary,
    /// The oldest first.
    messages: Vec<MessageView>,
}

impl MessageView {
    fn new(m: &Message, side: Side) -> Self {
        MessageView { id: m.id.clone(), mine: m.from == side, text: m.text.clone(), at: rfc3339(m.at) }
    }
}

impl ConversationSummary {
    pub fn new(c: &Conversation, side: Side, with: Correspondent) -> Self {
        let car = CarSummary { id: c.car_id.clone(), title: c.car_title.clone(), price: c.car_price, image: c.car_image.clone() };
        let last = c.messages.last().map(|m| MessageView::new(m, side));
        ConversationSummary { id: c.id.clone(), car, role: side, with, last, unread: c.unread(side) }
    }
}

impl ConversationView {
    pub fn new(c: &Conversation, side: Side, with: Correspondent) -> Self {
        let messages = c.messages.iter().map(|m| MessageView::new(m, side)).collect();
        ConversationView { summary: ConversationSummary::new(c, side, with), messages }
    }
}
