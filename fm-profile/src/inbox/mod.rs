//! The inbox: conversations between a buyer and a seller about a car. One document per conversation, so that a message and the number of
//! unread ones change in one step. Names are read with the answer and not kept: a deleted account leaves none.

mod conversation;
mod correspondent;
mod report;
mod text;
mod view;

pub use conversation::{Conversation, Message, Side, remove_deserted};
pub use correspondent::{Correspondent, Directory};
pub use report::{Reason, Report, ReportView};
pub use text::check_text;
pub use view::{ConversationSummary, ConversationView};

use fm_sdk::{Error, Identity, Result, Work};

/// A conversation of the caller, and on which side of it they are.
///
/// # Errors
/// `conversation-unknown` (404), also for a conversation of others.
pub async fn own_conversation(work: &Work, who: &Identity, id: &str) -> Result<(Conversation, Side)> {
    let found = work.doc::<Conversation>(id).get().await?;
    let side = found.as_ref().and_then(|c| c.side_of(who.sub()));
    found.map(fm_sdk::Doc::into_inner).zip(side).ok_or_else(unknown)
}

/// No such conversation for this caller.
pub fn unknown() -> Error {
    Error::not_found("conversation-unknown")
}
