use super::{id_of, page};
use crate::{
    Web,
    request_context::RequestContext,
    search::encoded,
    text::{OptionGroup, Texts, day, fill, number, option, price},
    view::{
        Car, CarPage, Card, Fact, History, Layout, Picture, PriceHistory, PricePanel, Profile, RatedPrice, Viewed, facts_of,
        hours::{OpenDays, week},
        json_ld, key_facts, shape_of,
    },
};
use actix_web::{HttpRequest, HttpResponse, web::Data};
use askama::Template;
use fm_sdk::{Error, Kind, Result};
use futures::future::{join4, join5};
use std::collections::BTreeMap;

/// How many similar cars are shown.
const SIMILAR: usize = 4;

struct Crumb {
    href: String,
    label: String,
}

/// Who sells it.
struct Seller {
    name: String,
    initial: String,
    since: String,
    place: String,
    phone: String,
    tel: String,
    phone_open: bool,
    about: String,
    dealer: bool,
    hours: Vec<OpenDays>,
}

#[derive(Template)]
#[template(path = "car.html")]
struct CarView {
    s: Layout,
    t: &'static Texts,
    json_ld: String,
    crumbs: Vec<Crumb>,
    id: String,
    title: String,
    status: Option<(&'static str, &'static str)>,
    pictures: Vec<Picture>,
    shape: String,
    paint: String,
    facts: Vec<Fact>,
    key: Vec<Fact>,
    /// Equipment by its groups.
    options: Vec<(&'static str, Vec<String>)>,
    description: String,
    history: Option<History>,
    /// What to say if no price is known.
    no_history: &'static str,
    price: String,
    price_note: String,
    /// It has damage that is not repaired.
    damaged: bool,
    card: Card,
    /// Nothing if fm-cars does not say.
    rated: Option<PricePanel>,
    owner: String,
    mine: bool,
    /// What is sold cannot be changed.
    sold: bool,
    /// Its ad can be renewed.
    expired: bool,
    /// The seller can be written to.
    contact: bool,
    seller: Option<Seller>,
    similar: Vec<Card>,
}

/// One car.
pub async fn car(web: Data<Web>, context: RequestContext, id: actix_web::web::Path<String>, request: HttpRequest) -> Result<HttpResponse> {
    let id = id_of(&id)?;
    let (gateway, caller, t) = (&web.gateway, &context.caller, context.t());
    let (car, history, makers, options) = join4(
        async { gateway.get(&context.as_user(&web).await, format!("/api/cars/{id}")).send().await?.json::<Car>() },
        async { gateway.get(caller, format!("/api/cars/{id}/price-history")).send().await?.json::<PriceHistory>() },
        web.catalogue.makers(gateway, caller),
        web.catalogue.options(gateway, caller),
    )
    .await;
    let car = car?;
    let makers = makers.ok();
    let maker = makers.as_ref().map_or_else(|| crate::text::readable(&car.maker), |m| m.name(&car.maker));
    let (seller, similar, models, rated, viewed) = join5(
        seller(&web, &context, &car.owner_id, asks_for_number(&request)),
        similar(&web, &context, &car),
        web.catalogue.models(gateway, caller, &car.maker),
        async { gateway.get(&context.as_user(&web).await, format!("/api/cars/{id}/rating")).send().await?.json::<RatedPrice>() },
        async { gateway.get(caller, format!("/api/tracks/views/{id}")).send().await?.json::<Viewed>() },
    )
    .await;
    count_view(&web, &context, &request, &car);
    if car.status == "listed" && !is_early(&request) {
        context.sees(&car.id);
    }

    let now_ms = fm_sdk::time::now_ms();
    let history = match history {
        // fm-tracker has not heard of it: a draft, or a car that was listed a moment ago.
        Err(e) if is_missing(&e) => Some(History::of(&context, &[], now_ms)),
        history => history.ok().map(|h| History::of(&context, &h.items, now_ms)),
    };
    let fallen = history.as_ref().map_or(0, |h| h.fallen);
    let mut crumbs = vec![Crumb { href: format!("/cars?{}", encoded(&[("maker", car.maker.clone())])), label: maker.clone() }];
    if let Some(model) = &car.model {
        let label = models.ok().and_then(|m| m.label(model).map(str::to_owned)).unwrap_or_else(|| crate::text::readable(model));
        crumbs.push(Crumb { href: format!("/cars?{}", encoded(&[("maker", car.maker.clone()), ("model", model.clone())])), label });
    }
    let mut facts = facts_of(&context, &car);
    // Nobody has counted the views of a draft, and an outage costs no more than this line.
    facts.extend(viewed.ok().map(|v| Fact { icon: "eye", label: t.views, value: number(context.lang, v.views), paint: String::new() }));
    let path = format!("/cars/{id}");
    let money = price(context.lang, car.price);
    let mut layout = Layout::new(&context, "car", &format!("{} {}", car.title, fill(t.at_price, &money))).at(&path).with_hearts(&context);
    layout.description = car.description.as_deref().map(|d| d.chars().take(155).collect()).unwrap_or_else(|| car.title.clone());
    layout.hidden = car.status != "listed";
    let card = Card::of(&context, &car);
    page(&CarView {
        json_ld: json_ld(&context, &car, &maker, &layout.canonical),
        s: layout,
        t,
        crumbs,
        id: id.to_owned(),
        title: car.title.clone(),
        status: (!card.badge.is_empty()).then_some((card.badge_kind, card.badge)),
        pictures: car.images.iter().filter_map(Picture::of).collect(),
        shape: shape_of(car.body.as_deref()).into(),
        paint: card.paint.clone(),
        facts,
        key: key_facts(&context, &car),
        options: grouped(&context, &car.options, |o| option(context.lang, o, options.as_ref().ok().and_then(|known| known.label(o)))),
        description: car.description.clone().unwrap_or_default(),
        history,
        no_history: if car.status == "draft" { t.history_draft } else { t.history_empty },
        sold: car.status == "sold",
        expired: car.status == "expired",
        contact: car.status == "listed" && !context.is(&car.owner_id),
        card,
        rated: rated.ok().map(|r| PricePanel::of(&context, &r)),
        price: money,
        price_note: if fallen > 0 { fill(t.price_down, price(context.lang, fallen)) } else { String::new() },
        damaged: car.unrepaired_damage == Some(true),
        mine: context.is(&car.owner_id),
        owner: car.owner_id,
        seller: seller.ok(),
        similar,
    })
}

/// Puts equipment under its headings.
fn grouped(context: &RequestContext, options: &[String], label: impl Fn(&str) -> String) -> Vec<(&'static str, Vec<String>)> {
    let mut groups = BTreeMap::<OptionGroup, Vec<String>>::new();
    for option in options {
        groups.entry(OptionGroup::of(option)).or_default().push(label(option));
    }
    groups.into_iter().map(|(group, options)| (group.label(context.lang), options)).collect()
}

/// Nothing is kept about it, which is no outage.
fn is_missing(error: &Error) -> bool {
    error.kind() == Kind::NotFound
}

/// The number is shown in full only to those who ask for it.
fn asks_for_number(request: &HttpRequest) -> bool {
    url::form_urlencoded::parse(request.query_string().as_bytes()).any(|(name, value)| name == "number" && value == "shown")
}

async fn seller(web: &Web, context: &RequestContext, owner: &str, asks_for_number: bool) -> Result<Seller> {
    let owner = id_of(owner)?;
    let found = web.gateway.get(&context.as_user(web).await, format!("/api/profiles/{owner}")).send().await?.json::<Profile>();
    let p = match found {
        // Their account is gone, and the car is about to follow.
        Err(e) if is_missing(&e) => Profile::default(),
        found => found?,
    };
    let t = context.t();
    let name = p.name.filter(|n| !n.is_empty()).or(Some(p.username)).filter(|n| !n.is_empty()).unwrap_or_else(|| t.somebody.to_owned());
    let since = p.member_since.map(|at| day(context.lang, &at)).filter(|d| !d.is_empty()).map(|d| fill(t.since, d)).unwrap_or_default();
    let phone_open = p.phone.is_some() && asks_for_number;
    let phone = p.phone.filter(|_| asks_for_number).or(p.phone_masked).unwrap_or_default();
    Ok(Seller {
        initial: name.chars().next().map(|c| c.to_uppercase().to_string()).unwrap_or_default(),
        name,
        since,
        place: p.location.unwrap_or_default(),
        tel: phone.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect(),
        phone,
        phone_open,
        about: p.about.unwrap_or_default(),
        hours: p.opening_hours.as_ref().filter(|_| p.seller_type == "dealer").map(|hours| week(context, hours)).unwrap_or_default(),
        dealer: p.seller_type == "dealer",
    })
}

/// Cars of the same maker and model at a like price; none if fm-cars does not say.
async fn similar(web: &Web, context: &RequestContext, car: &Car) -> Vec<Card> {
    let mut query = vec![("maker", car.maker.clone())];
    query.extend(car.model.clone().map(|m| ("model", m)));
    query.push(("price_from", (car.price * 6 / 10).clamp(1, 10_000_000).to_string()));
    query.push(("price_to", (car.price.saturating_mul(14) / 10).clamp(1, 10_000_000).to_string()));
    query.push(("per_page", (SIMILAR + 1).to_string()));
    let found = web.gateway.get(&context.caller, "/api/cars").query_string(&encoded(&query)).send().await.and_then(|a| a.json::<CarPage>());
    let others = found.map(|f| f.items).unwrap_or_default();
    others.iter().filter(|c| c.id != car.id).take(SIMILAR).map(|c| Card::of(context, c)).collect()
}

/// A browser loads the page in advance, and perhaps for nothing.
fn is_early(request: &HttpRequest) -> bool {
    request.headers().get("sec-purpose").is_some_and(|v| v.as_bytes().starts_with(b"prefetch"))
}

/// Tells the tracker, without waiting for it. Pages that a browser loads in advance are not views.
fn count_view(web: &Data<Web>, context: &RequestContext, request: &HttpRequest, car: &Car) {
    if is_early(request) || car.status != "listed" || context.is(&car.owner_id) {
        return;
    }
    let view = web.gateway.post(&context.caller, "/api/tracks/views").json(&serde_json::json!({"car_id": car.id}));
    actix_web::rt::spawn(async move {
        if let Err(e) = view.send().await.and_then(crate::gateway::Answer::success) {
            log::debug!("car: view not counted: {}", e.chain());
        }
    });
}
