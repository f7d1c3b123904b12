//! What pages show of whoever is signed in, whatever the page: new messages, hearts on cars.

use super::{
    Caller, RequestContext,
    memory::{Heart, MAX_HEARTS},
};
use crate::{Web, gateway::Answer};
use actix_web::{
    dev::ServiceRequest,
    http::{Method, header},
    web::Data,
};
use fm_sdk::{Kind, Result};
use futures::{StreamExt, future::join3, stream};
use serde::Deserialize;
use std::time::Duration;

/// No page waits longer for what stands beside its own matter.
const WITHIN: Duration = Duration::from_millis(300);
/// A page waits no longer for the renewal of a session that it can do without.
const RENEWAL: Duration = Duration::from_secs(2);
/// Hearts that are taken into the account at the same time.
const AT_ONCE: usize = 8;

#[derive(Deserialize)]
struct Count {
    total: u32,
}

#[derive(Deserialize)]
struct Favourites {
    items: Vec<Favourite>,
}

#[derive(Deserialize)]
struct Favourite {
    car_id: String,
    price: i64,
}

/// Asks for a reader who is signed in and loads a page; for files and forms nothing is asked. What does not answer is not shown.
pub async fn look(request: &ServiceRequest, context: &RequestContext) {
    let page = request.headers().get(header::ACCEPT).is_none_or(|v| v.to_str().is_ok_and(|v| v.contains("text/html") || v == "*/*"));
    let file = ["/assets/", "/favicon.ico", "/robots.txt", "/sitemap.xml"].iter().any(|f| request.path().starts_with(f));
    let (true, false, &Method::GET, Some(web)) = (page, file, request.method(), request.app_data::<Data<Web>>()) else { return };
    let caller = caller(request, context, web).await;
    if caller.token.is_none() {
        return;
    }
    let remembered = context.hearts();
    if !remembered.is_empty() {
        context.keep_hearts(merge(web, &caller, remembered).await);
    }
    let (unread, alerts, favourites) = join3(
        count(web, &caller, "/api/me/conversations", "unread=true&per_page=1"),
        count(web, &caller, "/api/me/alerts", "unseen=true&per_page=1"),
        favourites(web, &caller),
    )
    .await;
    for (number, cell) in [(unread, &context.unread), (alerts, &context.alerts)] {
        match number {
            Ok(n) => cell.set(n),
            Err(e) => log::debug!("menu: unread messages and alerts not counted: {}", e.chain()),
        }
    }
    match favourites {
        Ok(hearts) => {
            context.account_hearts.replace(Some(hearts));
        }
        Err(e) => log::debug!("favourites: not loaded: {}", e.chain()),
    }
}

/// A reader who goes to a page has a session that is renewed if it has to be; what scripts fetch uses none up.
async fn caller(request: &ServiceRequest, context: &RequestContext, web: &Web) -> Caller {
    let goes = request.headers().get("sec-fetch-mode").is_some_and(|v| v == "navigate");
    let present = context.session.borrow().caller(&context.caller);
    if present.token.is_some() || !goes || context.user().is_none() {
        return present;
    }
    tokio::time::timeout(RENEWAL, context.as_user(web)).await.unwrap_or(present)
}

/// How many there are in a list.
async fn count(web: &Web, caller: &Caller, list: &str, query: &str) -> Result<u32> {
    Ok(web.gateway.get(caller, list).query_string(query).within(WITHIN).send().await?.json::<Count>()?.total)
}

async fn favourites(web: &Web, caller: &Caller) -> Result<Vec<Heart>> {
    let ask = web.gateway.get(caller, "/api/me/favourites").query_string("per_page=100").within(WITHIN);
    let found: Favourites = ask.send().await?.json()?;
    Ok(found.items.into_iter().map(|f| Heart { car: f.car_id, price: f.price }).collect())
}

/// Takes the hearts of this browser into the account, the oldest first, so that they keep their order. Gives those that could not be taken
/// now; cars that are gone or sold are not among them.
async fn merge(web: &Web, caller: &Caller, hearts: Vec<Heart>) -> Vec<Heart> {
    let put = |heart: Heart| async move {
        let path = format!("/api/me/favourites/{}", heart.car);
        let ask = web.gateway.ask(Method::PUT, caller, path).query_string(&format!("price={}", heart.price)).within(WITHIN);
        let failed = ask.send().await.and_then(Answer::success).err();
        let later = failed.is_some_and(|e| {
            matches!(e.kind(), Kind::Unavailable | Kind::Unroutable | Kind::TimedOut | Kind::Throttled | Kind::Unauthenticated)
        });
        later.then_some(heart)
    };
    let tried = stream::iter(hearts.into_iter().take(MAX_HEARTS).rev()).map(put).buffered(AT_ONCE);
    let mut left: Vec<Heart> = tried.filter_map(async |heart| heart).collect().await;
    left.reverse();
    left
}
