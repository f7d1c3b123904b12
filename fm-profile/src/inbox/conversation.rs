use crate::messages::{CarNow, Mail, SendMail};
use fm_sdk::{Error, Kind, Result, Work, store::Filter};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Messages that one conversation holds.
const MAX_MESSAGES: usize = 200;

/// On which side of a conversation somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    Buyer,
    Seller,
}

/// What one side wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Derived from the idempotency key if there was one, so that the same message is kept once.
    pub id: String,
    pub from: Side,
    pub text: String,
    /// Milliseconds since the Unix epoch.
    pub at: i64,
}

/// All that a buyer and the seller of a car wrote to each other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conversation {
    /// Derived from car and buyer: there is one for both.
    pub id: String,
    pub car_id: String,
    /// The car as it was when the conversation began; what it is now, fm-cars knows.
    pub car_title: String,
    /// Whole euros.
    pub car_price: i64,
    /// The address of the main picture's thumbnail.
    pub car_image: Option<String>,
    pub buyer: String,
    pub seller: String,
    pub messages: Vec<Message>,
    /// How many messages of the seller the buyer has not read.
    pub buyer_unread: u32,
    /// How many messages of the buyer the seller has not read.
    pub seller_unread: u32,
    /// When the last message was written, in milliseconds since the Unix epoch.
    pub updated: i64,
}
fm_sdk::document!(Conversation = "conversations" {
    buyer: String [index], seller: String [index], buyer_unread: u32, seller_unread: u32, updated: i64
});

impl Conversation {
    /// Begins a conversation, without a message yet.
    pub fn about(car: &CarNow, buyer: &str) -> Self {
        Conversation {
            id: Self::id_of(&car.id, buyer),
            car_id: car.id.clone(),
            car_title: car.title.clone(),
            car_price: car.price,
            car_image: car.image.clone(),
            buyer: buyer.into(),
            seller: car.owner.clone(),
            messages: Vec::new(),
            buyer_unread: 0,
            seller_unread: 0,
            updated: 0,
        }
    }
    /// The id of the conversation of this buyer about this car.
    pub fn id_of(car: &str, buyer: &str) -> String {
        Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("conversation\n{car}\n{buyer}").as_bytes()).simple().to_string()
    }
    /// Finds the conversations of a user; only those with unread messages if `unread`.
    pub fn of(user: &str, unread: bool) -> Filter<Conversation> {
        if !unread {
            return Conversation::buyer.eq(user) | Conversation::seller.eq(user);
        }
        let some = || (Some(1), None);
        let bought = Conversation::buyer.eq(user) & Conversation::buyer_unread.between(some().0, some().1);
        let sold = Conversation::seller.eq(user) & Conversation::seller_unread.between(some().0, some().1);
        bought | sold
    }
    pub fn side_of(&self, user: &str) -> Option<Side> {
        if user == self.buyer {
            return Some(Side::Buyer);
        }
        (user == self.seller).then_some(Side::Seller)
    }
    /// The user on the other side.
    pub fn other(&self, side: Side) -> &str {
        match side {
            Side::Buyer => &self.seller,
            Side::Seller => &self.buyer,
        }
    }
    pub fn unread(&self, side: Side) -> u32 {
        match side {
            Side::Buyer => self.buyer_unread,
            Side::Seller => self.seller_unread,
        }
    }
    pub fn has(&self, message: &str) -> bool {
        self.messages.iter().any(|m| m.id == message)
    }
    /// Adds a message; one that is there already is not added again.
    ///
    /// # Errors
    /// `Conflict`, code `conversation-full`.
    pub fn add(&mut self, message: &Message) -> Result<()> {
        if self.has(&message.id) {
            return Ok(());
        }
        if self.messages.len() >= MAX_MESSAGES {
            let text = format!("a conversation holds {MAX_MESSAGES} messages");
            return Err(Error::new(Kind::Conflict, "conversation-full", text));
        }
        self.messages.push(message.clone());
        self.updated = message.at;
        match message.from {
            Side::Buyer => self.seller_unread += 1,
            Side::Seller => self.buyer_unread += 1,
        }
        Ok(())
    }
    /// The mail that goes with the message that was added last: only with the first one that the other side has not read.
    pub fn mail_of(&self, from: Side) -> Option<SendMail> {
        let to = match from {
            Side::Buyer => Side::Seller,
            Side::Seller => Side::Buyer,
        };
        let mail = || Mail::NewMessage { user: self.other(from).into(), conversation: self.id.clone() };
        (self.unread(to) == 1).then(|| SendMail { mail: mail() })
    }
    /// Notes that one side has read the first `seen` messages. What came after them stays unread.
    pub fn read(&mut self, side: Side, seen: usize) {
        let after = self.messages.iter().skip(seen).filter(|m| m.from != side).count();
        let unread = u32::try_from(after).unwrap_or(u32::MAX);
        match side {
            Side::Buyer => self.buyer_unread = self.buyer_unread.min(unread),
            Side::Seller => self.seller_unread = self.seller_unread.min(unread),
        }
    }
}

/// Removes the conversations of a deleted account whose other side is deleted, too. The others stay with whoever got the messages.
pub async fn remove_deserted(work: &Work, user: &str) -> Result<()> {
    for conversation in work.docs::<Conversation>().filter(Conversation::of(user, false)).list().await? {
        let Some(side) = conversation.side_of(user) else { continue };
        let people = super::Directory::load(work, [user, conversation.other(side)]).await?;
        if people.get(user).deleted && people.get(conversation.other(side)).deleted {
            work.doc::<Conversation>(&conversation.id).remove(|_, _| Ok(())).await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begun() -> Conversation {
        let car =
            CarNow { id: "c".into(), owner: "ann".into(), title: "BMW".into(), price: 1, status: "listed".into(), ..CarNow::default() };
        Conversation::about(&car, "ben")
    }
    fn message(id: &str, from: Side) -> Message {
        Message { id: id.into(), from, text: "Hello".into(), at: 7 }
    }

    #[test]
    fn a_message_is_unread_for_the_other_side_once() {
        let mut c = begun();
        for _ in 0..2 {
            c.add(&message("1", Side::Buyer)).unwrap();
        }
        assert_eq!((c.messages.len(), c.unread(Side::Seller), c.unread(Side::Buyer), c.updated), (1, 1, 0, 7));
    }

    #[test]
    fn messages_that_arrive_after_the_last_look_stay_unread() {
        let mut c = begun();
        for id in ["1", "2", "3"] {
            c.add(&message(id, Side::Buyer)).unwrap();
        }
        c.read(Side::Seller, 2);
        assert_eq!(c.unread(Side::Seller), 1);
        c.read(Side::Seller, 0);
        assert_eq!(c.unread(Side::Seller), 1, "nothing becomes unread again");
        c.read(Side::Seller, usize::MAX);
        assert_eq!(c.unread(Side::Seller), 0);
    }

    #[test]
    fn a_full_conversation_takes_no_more_messages() {
        let mut c = begun();
        for n in 0..MAX_MESSAGES {
            c.add(&message(&n.to_string(), Side::Buyer)).unwrap();
        }
        assert_eq!(c.add(&message("more", Side::Seller)).unwrap_err().code(), "conversation-full");
        c.add(&message("0", Side::Buyer)).unwrap();
    }
}
