use super::cars;
use crate::{
    Web,
    pages::page,
    request_context::{Heart, RequestContext},
    text::{Texts, fill, number, price},
    view::{Car, Card, Layout},
};
use actix_web::{HttpResponse, web::Data};
use askama::Template;
use fm_sdk::Result;

struct Kept {
    card: Card,
    /// How the price has changed since.
    change: String,
    fallen: bool,
}

#[derive(Template)]
#[template(path = "favourites.html")]
struct Favourites {
    s: Layout,
    t: &'static Texts,
    /// Nothing if they cannot be had.
    kept: Option<Vec<Kept>>,
    /// Ids of cars that are gone.
    gone: Vec<String>,
    gone_said: String,
    /// Kept in this browser alone.
    here_only: bool,
    seen: Vec<Card>,
}

/// Cars that the reader remembers, the newest first, with what has become cheaper; and those that were looked at last.
pub async fn show(web: Data<Web>, context: RequestContext) -> Result<HttpResponse> {
    let t = context.t();
    let hearts = context.favourites();
    let wanted: Vec<Heart> = hearts.clone().unwrap_or_default();
    let found = cars(&web, &context, wanted.iter().map(|h| h.car.as_str())).await;
    let seen_ids: Vec<String> = context.seen().into_iter().filter(|id| wanted.iter().all(|h| h.car != *id)).take(8).collect();
    let seen = cars(&web, &context, seen_ids.iter().map(String::as_str)).await.unwrap_or_default();
    let now = |id: &str| found.as_ref().ok().and_then(|f| f.iter().find(|c| c.id == id));
    let gone: Vec<String> = wanted.iter().filter(|h| found.is_ok() && now(&h.car).is_none()).map(|h| h.car.clone()).collect();
    let kept = wanted.iter().filter_map(|h| Some(kept(&context, h, now(&h.car)?))).collect();
    page(&Favourites {
        s: Layout::new(&context, "favourites", t.nav_favourites).hidden().with_hearts(&context),
        t,
        kept: (hearts.is_some() && found.is_ok()).then_some(kept),
        gone_said: match gone.len() {
            0 => String::new(),
            1 => t.favourites_gone_one.to_owned(),
            n => fill(t.favourites_gone_many, number(context.lang, n as i64)),
        },
        gone,
        here_only: context.user().is_none(),
        seen: seen.iter().filter(|c| c.status == "listed").map(|c| Card::of(&context, c)).collect(),
    })
}

fn kept(context: &RequestContext, heart: &Heart, car: &Car) -> Kept {
    let t = context.t();
    let change = match car.price - heart.price {
        _ if car.status != "listed" => String::new(),
        0 => String::new(),
        n if n < 0 => fill(t.favourite_fallen, price(context.lang, -n)),
        n => fill(t.favourite_risen, price(context.lang, n)),
    };
    Kept { card: Card::of(context, car), change, fallen: car.price < heart.price }
}
