//! Conversations, as fm-profile tells them.

use super::{Car, Picture};
use crate::{
    request_context::RequestContext,
    text::{day, price},
};
use serde::Deserialize;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Conversation {
    pub id: String,
    pub car: ConversationCar,
    /// `buyer` or `seller`: the reader's side.
    pub role: String,
    pub with: Correspondent,
    pub last: Option<Message>,
    pub unread: u32,
    pub messages: Vec<Message>,
}

/// The car as it was when the conversation began.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ConversationCar {
    pub id: String,
    pub title: String,
    pub price: i64,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Correspondent {
    pub user_id: String,
    pub name: String,
    pub deleted: bool,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Message {
    pub mine: bool,
    pub text: String,
    pub at: String,
}

/// A page of conversations.
#[derive(Clone, Debug, Deserialize)]
pub struct Conversations {
    pub items: Vec<Conversation>,
    #[serde(default)]
    pub total: i64,
}

/// The car of a conversation as it is now.
pub struct Subject {
    pub href: String,
    pub title: String,
    pub price: String,
    pub image: Option<Picture>,
    /// `sold`, `expired`, `gone`, or nothing.
    pub state: &'static str,
    pub state_name: &'static str,
}

impl Subject {
    /// `now` has the cars that are there; nothing if fm-cars does not say.
    pub fn of(context: &RequestContext, car: &ConversationCar, now: Option<&[Car]>) -> Self {
        let t = context.t();
        let found = now.and_then(|cars| cars.iter().find(|c| c.id == car.id));
        let (state, state_name) = match (now, found) {
            (Some(_), None) => ("gone", t.car_gone),
            (_, Some(found)) if found.status == "sold" => ("sold", t.badge_sold),
            (_, Some(found)) if found.status == "expired" => ("expired", t.badge_expired),
            _ => ("", ""),
        };
        Subject {
            href: if state == "gone" { String::new() } else { format!("/cars/{}", car.id) },
            title: car.title.clone(),
            price: price(context.lang, found.map_or(car.price, |c| c.price)),
            image: found.and_then(|c| c.images.iter().find_map(Picture::of)),
            state,
            state_name,
        }
    }
}

/// A message on a page.
pub struct Bubble {
    pub mine: bool,
    pub text: String,
    pub day: String,
    pub at: String,
}

impl Bubble {
    pub fn of(context: &RequestContext, m: &Message) -> Self {
        Bubble { mine: m.mine, text: m.text.clone(), day: day(context.lang, &m.at), at: m.at.clone() }
    }
}
