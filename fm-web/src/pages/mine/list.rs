use crate::{
    Web,
    pages::page_as,
    request_context::{Me, RequestContext},
    search::Search,
    text::{Texts, day, fill, number},
    view::{Beyond, Car, CarPage, Card, Conversations, Layout, Pager},
};
use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Data};
use askama::Template;
use fm_sdk::{Kind, Result, time::parse_rfc3339};
use std::collections::HashMap;

/// An ad that expires sooner can be renewed from the list; milliseconds.
const RENEWABLE: i64 = 14 * 24 * 3600 * 1000;

struct Row {
    card: Card,
    state: String,
    state_name: &'static str,
    /// When it expires or has expired.
    expires: String,
    /// Renewing it is offered.
    renewable: bool,
    /// What buyers wrote about it that the reader has not seen.
    messages: String,
}

#[derive(Template)]
#[template(path = "mine.html")]
struct Mine {
    s: Layout,
    t: &'static Texts,
    token: String,
    summary: String,
    rows: Option<Vec<Row>>,
    pages: Pager,
    beyond: Option<Beyond>,
    last_href: String,
}

/// How many messages about each car the reader has not seen; nothing if that is not known.
async fn unread(web: &Web, me: &Me) -> HashMap<String, i64> {
    let asked = web.gateway.get(&me.caller, "/api/me/conversations").query_string("unread=true&per_page=100").send().await;
    let mut counts = HashMap::new();
    for c in asked.and_then(|a| a.json::<Conversations>()).map(|found| found.items).unwrap_or_default() {
        if c.role == "seller" {
            *counts.entry(c.car.id).or_default() += i64::from(c.unread);
        }
    }
    counts
}

/// Says when an ad expires or has expired.
fn expires(context: &RequestContext, car: &Car) -> String {
    let (t, day) = (context.t(), car.expires.as_deref().map(|at| day(context.lang, at)).filter(|day| !day.is_empty()));
    day.map(|day| fill(if car.status == "expired" { t.expired_on } else { t.expires_on }, day)).unwrap_or_default()
}

fn is_renewable(car: &Car) -> bool {
    let ends = car.expires.as_deref().and_then(parse_rfc3339);
    car.status == "expired" || car.status == "listed" && ends.is_some_and(|at| at - fm_sdk::time::now_ms() < RENEWABLE)
}

/// The reader's own cars, drafts and sold ones too.
pub async fn show(web: Data<Web>, context: RequestContext, me: Me, request: HttpRequest) -> Result<HttpResponse> {
    let t = context.t();
    let search = Search::parse(context.lang, request.query_string());
    let query = format!("page={}&per_page={}", search.page, search.per_page);
    let found = match web.gateway.get(&me.caller, "/api/me/cars").query_string(&query).send().await.and_then(|a| a.json::<CarPage>()) {
        Ok(found) => Some(found),
        Err(e) if matches!(e.kind(), Kind::Unavailable | Kind::Unroutable | Kind::TimedOut) => None,
        Err(e) => return Err(e),
    };
    let unread = unread(&web, &me).await;
    let messages = |car: &str| match unread.get(car) {
        None => String::new(),
        Some(1) => t.new_messages_one.to_owned(),
        Some(n) => fill(t.new_messages_many, number(context.lang, *n)),
    };
    let state_name = |status: &str| match status {
        "draft" => t.badge_draft,
        "sold" => t.badge_sold,
        "expired" => t.badge_expired,
        _ => t.status_listed,
    };
    let total = found.as_ref().map(|f| f.total).unwrap_or_default();
    let mut pages = Pager::of(&search, total);
    let href = |number: u32| format!("/my/cars?page={number}&per_page={}", search.per_page);
    for link in &mut pages.links {
        link.href = href(link.number);
    }
    let beyond = Beyond::of(&context, &search, pages.last);
    let status = if beyond.is_some() { StatusCode::NOT_FOUND } else { StatusCode::OK };
    let mine = Mine {
        s: Layout::new(&context, "mine", t.nav_mine).hidden(),
        t,
        token: context.form_token(),
        summary: match total {
            0 => String::new(),
            1 => t.found_one.to_owned(),
            n => fill(t.found_many, number(context.lang, n)),
        },
        rows: found.map(|f| {
            let row = |car: &Car| Row {
                card: Card::of(&context, car),
                expires: expires(&context, car),
                renewable: is_renewable(car),
                state: car.status.clone(),
                state_name: state_name(&car.status),
                messages: messages(&car.id),
            };
            f.items.iter().map(row).collect()
        }),
        last_href: href(pages.last),
        pages,
        beyond,
    };
    page_as(status, &mine)
}
