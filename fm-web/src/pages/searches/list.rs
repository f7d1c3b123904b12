use super::href_of;
use crate::{
    Web,
    gateway::Answer,
    pages::page,
    request_context::{Me, RequestContext},
    text::{Texts, day, fill, number, price},
    view::{Layout, Picture},
};
use actix_web::{HttpResponse, http::Method, web::Data};
use askama::Template;
use fm_sdk::{Kind, Result};
use futures::future::join;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// Alerts that are shown, the newest.
const ALERTS: usize = 50;

#[derive(Deserialize)]
struct Found<T> {
    items: Vec<T>,
}

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Saved {
    id: String,
    name: String,
    filters: Map<String, Value>,
    unseen: i64,
}

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Alert {
    id: String,
    kind: String,
    car_id: String,
    title: String,
    price: i64,
    from: Option<i64>,
    image: Option<String>,
    at: String,
    seen: bool,
}

struct SearchRow {
    id: String,
    name: String,
    href: String,
    unseen: String,
}

struct AlertRow {
    href: String,
    title: String,
    price: String,
    what: String,
    fallen: bool,
    image: Option<Picture>,
    day: String,
    at: String,
    fresh: bool,
}

#[derive(Template)]
#[template(path = "searches.html")]
struct Searches {
    s: Layout,
    t: &'static Texts,
    token: String,
    searches: Option<Vec<SearchRow>>,
    alerts: Option<Vec<AlertRow>>,
}

/// Nothing for a service that is unreachable; any other failure is the page's.
fn or_down<T>(found: Result<Found<T>>) -> Result<Option<Vec<T>>> {
    match found {
        Ok(found) => Ok(Some(found.items)),
        Err(e) if matches!(e.kind(), Kind::Unavailable | Kind::Unroutable | Kind::TimedOut) => Ok(None),
        Err(e) => Err(e),
    }
}

/// Saved searches and what they have told; from then on that is seen.
pub async fn show(web: Data<Web>, context: RequestContext, me: Me) -> Result<HttpResponse> {
    let t = context.t();
    let (searches, alerts) = join(async { web.gateway.get(&me.caller, "/api/me/searches").send().await?.json::<Found<Saved>>() }, async {
        web.gateway.get(&me.caller, "/api/me/alerts").query_string(&format!("per_page={ALERTS}")).send().await?.json::<Found<Alert>>()
    })
    .await;
    let (searches, alerts) = (or_down(searches)?, or_down(alerts)?);
    let fresh: Vec<&str> = alerts.iter().flatten().filter(|a| !a.seen).map(|a| a.id.as_str()).collect();
    if !fresh.is_empty() {
        let seen = web.gateway.ask(Method::PUT, &me.caller, "/api/me/alerts/seen").json(&json!({"alerts": fresh}));
        match seen.send().await.and_then(Answer::success) {
            Ok(_) => context.has_seen_alerts(fresh.len()),
            Err(e) => log::warn!("searches: alerts not marked as seen: {}", e.chain()),
        }
    }
    let search_row = |s: &Saved| SearchRow {
        id: s.id.clone(),
        name: s.name.clone(),
        href: href_of(&s.filters),
        unseen: match s.unseen {
            0 => String::new(),
            1 => t.new_cars_one.to_owned(),
            n => fill(t.new_cars_many, number(context.lang, n)),
        },
    };
    let rows = searches.as_ref().map(|all| all.iter().map(search_row).collect());
    page(&Searches {
        s: Layout::new(&context, "searches", t.searches).hidden(),
        t,
        token: context.form_token(),
        searches: rows,
        alerts: alerts.as_ref().map(|all| all.iter().map(|a| alert_row(&context, a)).collect()),
    })
}

/// Where a form of the page was sent: a browser may come back there with a `GET`.
pub async fn back() -> HttpResponse {
    crate::pages::see("/searches")
}

fn alert_row(context: &RequestContext, a: &Alert) -> AlertRow {
    let t = context.t();
    let fallen = a.kind == "price_drop";
    let key = a.image.as_deref().and_then(|url| url.strip_prefix("/images/")?.split('/').next());
    let car = a.car_id.replace(|c: char| !c.is_ascii_alphanumeric() && c != '-', "");
    let expires = a.kind == "ad_expires";
    AlertRow {
        href: if expires { format!("/my/cars/{car}/renew") } else { format!("/cars/{car}") },
        title: a.title.clone(),
        price: price(context.lang, a.price),
        what: match a.from {
            _ if expires => t.alert_ad_expires.to_owned(),
            Some(from) if fallen => fill(t.alert_price_drop, price(context.lang, (from - a.price).max(0))),
            _ => t.alert_new_match.to_owned(),
        },
        fallen,
        image: key.and_then(|key| Picture::of_key(key, 0, 0)),
        day: day(context.lang, &a.at),
        at: a.at.clone(),
        fresh: !a.seen,
    }
}
