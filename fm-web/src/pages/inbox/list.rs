use super::cars_of;
use crate::{
    Web,
    pages::page_as,
    request_context::{Me, RequestContext},
    search::Search,
    text::Texts,
    view::{Beyond, Bubble, Conversation, Conversations, Layout, Pager, Subject},
};
use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Data};
use askama::Template;
use fm_sdk::{Kind, Result};

struct Row {
    id: String,
    name: String,
    gone: bool,
    role: &'static str,
    subject: Subject,
    last: Option<Bubble>,
    unread: u32,
}

#[derive(Template)]
#[template(path = "inbox.html")]
struct Inbox {
    s: Layout,
    t: &'static Texts,
    rows: Option<Vec<Row>>,
    pages: Pager,
    beyond: Option<Beyond>,
    last_href: String,
}

/// All conversations of the reader.
pub async fn show(web: Data<Web>, context: RequestContext, me: Me, request: HttpRequest) -> Result<HttpResponse> {
    let t = context.t();
    let search = Search::parse(context.lang, request.query_string());
    let query = format!("page={}&per_page={}", search.page, search.per_page);
    let asked = web.gateway.get(&me.caller, "/api/me/conversations").query_string(&query).send().await;
    let found = match asked.and_then(|a| a.json::<Conversations>()) {
        Ok(found) => Some(found),
        Err(e) if matches!(e.kind(), Kind::Unavailable | Kind::Unroutable | Kind::TimedOut) => None,
        Err(e) => return Err(e),
    };
    let cars = match &found {
        Some(found) if !found.items.is_empty() => cars_of(&web, &context, &found.items).await,
        _ => None,
    };
    let total = found.as_ref().map(|f| f.total).unwrap_or_default();
    let mut pages = Pager::of(&search, total);
    let href = |number: u32| format!("/inbox?page={number}&per_page={}", search.per_page);
    for link in &mut pages.links {
        link.href = href(link.number);
    }
    let beyond = Beyond::of(&context, &search, pages.last);
    let status = if beyond.is_some() { StatusCode::NOT_FOUND } else { StatusCode::OK };
    let row = |c: &Conversation| Row {
        id: c.id.clone(),
        name: if c.with.deleted { t.person_gone.to_owned() } else { c.with.name.clone() },
        gone: c.with.deleted,
        role: if c.role == "seller" { t.role_buyer } else { t.role_seller },
        subject: Subject::of(&context, &c.car, cars.as_deref()),
        last: c.last.as_ref().map(|m| Bubble::of(&context, m)),
        unread: c.unread,
    };
    let inbox = Inbox {
        s: Layout::new(&context, "inbox", t.nav_inbox).hidden(),
        t,
        rows: found.map(|f| f.items.iter().map(row).collect()),
        last_href: href(pages.last),
        pages,
        beyond,
    };
    page_as(status, &inbox)
}
