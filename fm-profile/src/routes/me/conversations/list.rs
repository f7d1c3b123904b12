use crate::{
    inbox::{Conversation, ConversationSummary, Directory},
    routes::private,
    user::own,
};
use actix_web::HttpResponse;
use fm_sdk::{
    Identity, Result, Work,
    http::{Page, Query},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which conversations are wanted.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Wanted {
    /// Only those with messages that the caller has not read.
    #[serde(default)]
    unread: bool,
    /// 1 is the first.
    #[param(minimum = 1)]
    page: Option<u32>,
    /// 1 to 100, default 20.
    #[param(minimum = 1, maximum = 100)]
    per_page: Option<u32>,
}

/// A page of conversations, the one with the newest message first.
#[derive(Serialize, ToSchema)]
pub struct Conversations {
    items: Vec<ConversationSummary>,
    total: u64,
    page: u32,
    per_page: u32,
}

/// Lists one's own conversations, as buyer and as seller.
#[utoipa::path(get, path = "/api/me/conversations", tag = "inbox", operation_id = "conversations", params(Wanted), security(("bearer" = [])),
    responses(
    (status = 200, body = Conversations), (status = 400, description = "unknown parameter, or out of its limits")))]
pub async fn list(who: Identity, work: Work, Query(m): Query<Wanted>) -> Result<HttpResponse> {
    own(&work, &who).await?;
    let page = Page::new(m.page, m.per_page)?;
    let all = || work.docs::<Conversation>().filter(Conversation::of(who.sub(), m.unread));
    let found = all().sort(Conversation::updated, true).skip(page.skip()).limit(page.limit()).list().await?;
    let sides: Vec<_> = found.iter().filter_map(|c| Some((&**c, c.side_of(who.sub())?))).collect();
    let people = Directory::load(&work, sides.iter().map(|(c, side)| c.other(*side))).await?;
    let items = sides.iter().map(|(c, side)| ConversationSummary::new(c, *side, people.get(c.other(*side)))).collect();
    let total = all().count().await?;
    Ok(private(HttpResponse::Ok(), &Conversations { items, total, page: page.page, per_page: page.per_page }))
}
