//! `/api/me/conversations`: the inbox.

pub mod list;
pub mod read;
pub mod reply;
pub mod report;
pub mod show;
pub mod start;

use crate::{
    inbox::{Conversation, ConversationView, Correspondent, Directory, Message, Side, check_text, unknown},
    routes::private,
};
use actix_web::{HttpResponse, HttpResponseBuilder};
use fm_sdk::{Error, Kind, Result, Work, http::Checks};

/// Checks what somebody wants to write.
fn checked(text: &str) -> Result<String> {
    let mut checks = Checks::new();
    let text = checks.parsed("text", check_text(text));
    checks.finish()?;
    text.ok_or_else(|| Error::field("text", "is missing"))
}

/// The id of a message: the same for the same key of the same user.
fn message_id(work: &Work, user: &str, key: Option<String>) -> String {
    key.map_or_else(|| work.new_id(), |key| work.repeatable(user, &key).new_id())
}

/// With whom the caller speaks; nobody reads what is written to a deleted account.
///
/// # Errors
/// `person-gone` (409).
async fn need_reader(work: &Work, user: &str) -> Result<Correspondent> {
    let with = Directory::load(work, [user]).await?.get(user);
    if with.deleted { Err(Error::new(Kind::Conflict, "person-gone", "the account of the other side is deleted")) } else { Ok(with) }
}

/// Adds a message to a conversation that is there.
async fn add(work: &Work, id: &str, message: &Message) -> Result<Conversation> {
    let conversation = work.doc::<Conversation>(id);
    let changed = conversation.change(|c, out| {
        let is_new = !c.has(&message.id);
        c.add(message)?;
        c.mail_of(message.from).filter(|_| is_new).map_or(Ok(()), |mail| out.send(mail))
    });
    let changed = changed.await;
    changed.map(fm_sdk::Doc::into_inner).map_err(|e| if e.kind() == Kind::NotFound { unknown() } else { e })
}

/// Answers with a conversation as one side sees it.
fn answer(response: HttpResponseBuilder, c: &Conversation, side: Side, with: Correspondent) -> HttpResponse {
    private(response, &ConversationView::new(c, side, with))
}
