use super::{favourites::cars as cars_by_ids, page};
use crate::{
    Web,
    request_context::RequestContext,
    search::Search,
    text::{Texts, choice, fill, number, price, values},
    view::{Car, CarPage, Card, Facets, Layout, Listings, this_year},
};
use actix_web::{HttpRequest, HttpResponse, web::Data};
use askama::Template;
use fm_sdk::Result;
use futures::future::{OptionFuture, join5};
use serde::Deserialize;

/// How many of the last cars are shown.
const LATEST: usize = 8;
/// How many of the cars that were looked at last are shown.
const SEEN: usize = 4;
/// How many makers are shown as popular.
const POPULAR: usize = 12;
const PRICES: [i64; 12] = [1_000, 2_000, 3_000, 5_000, 7_500, 10_000, 12_500, 15_000, 20_000, 30_000, 50_000, 100_000];

/// A value with its name and how many cars have it.
pub struct Tile {
    value: String,
    label: String,
    count: Option<String>,
    on: bool,
}

impl Tile {
    fn initial(&self) -> String {
        self.label.chars().next().map(String::from).unwrap_or_default()
    }
}

#[derive(Template)]
#[template(path = "home.html")]
struct Home {
    s: Layout,
    t: &'static Texts,
    search: Search,
    lead: String,
    show: String,
    makers: Vec<Tile>,
    models: Vec<Tile>,
    years: Vec<i64>,
    prices: Vec<(i64, String)>,
    bodies: Vec<Tile>,
    latest: Option<Vec<Card>>,
    popular: Option<Vec<Tile>>,
    /// Looked at last, in this browser.
    seen: Vec<Card>,
}

#[derive(Deserialize)]
struct Count {
    count: i64,
}

/// Counts the cars that fit what is chosen already.
async fn chosen(web: &Web, context: &RequestContext, search: &Search) -> Option<i64> {
    let ask = web.gateway.get(&context.caller, "/api/cars/count").query_string(&search.filter_query());
    ask.send().await.and_then(|a| a.json::<Count>()).map(|c| c.count).ok()
}

/// The start page.
pub async fn home(web: Data<Web>, context: RequestContext, request: HttpRequest) -> Result<HttpResponse> {
    let (gateway, caller, t, lang) = (&web.gateway, &context.caller, context.t(), context.lang);
    let search = Search::parse(context.lang, request.query_string());
    let maker = search.list("maker").first();
    let (facets, makers, latest, newest, models) = join5(
        async { gateway.get(caller, "/api/cars/facets").send().await?.json::<Facets>() },
        web.catalogue.makers(gateway, caller),
        async { gateway.get(caller, "/api/tracks/latest").query_string(&format!("limit={LATEST}")).send().await?.json::<Listings>() },
        async { gateway.get(caller, "/api/cars").query_string("sort=-added&per_page=24").send().await?.json::<CarPage>() },
        OptionFuture::from(maker.map(|m| web.catalogue.models(gateway, caller, m))),
    )
    .await;
    let seen: Vec<String> = context.seen().into_iter().take(SEEN).collect();
    let seen = cars_by_ids(&web, &context, seen.iter().map(String::as_str)).await.unwrap_or_default();
    let facets = facets.ok();
    let count = |field: &str, value: &str| facets.as_ref().map(|f| f.count(field, value));
    let tile = |field: &str, value: &str, label: String| Tile {
        count: count(field, value).filter(|n| *n > 0).map(|n| number(lang, n)),
        on: search.list(field).iter().any(|v| v == value),
        value: value.to_owned(),
        label,
    };
    let makers = makers.ok();
    let popular = facets.as_ref().map(|f| {
        let mut counted: Vec<_> = f.of("maker").iter().filter(|m| m.count > 0 && m.value != "other").collect();
        counted.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.value.cmp(&b.value)));
        let name = |value: &str| makers.as_ref().map_or_else(|| crate::text::readable(value), |m| m.name(value));
        counted.into_iter().take(POPULAR).map(|m| tile("maker", &m.value, name(&m.value))).collect()
    });
    let total = facets.as_ref().map(|f| f.total);
    let fitting = if search.filters().is_empty() { total } else { chosen(&web, &context, &search).await };
    let description = t.home_description;
    page(&Home {
        s: Layout::new(&context, "home", "").described(description).at("/").with_hearts(&context),
        t,
        lead: total.filter(|n| *n > 0).map_or_else(|| t.home_lead_bare.to_owned(), |n| fill(t.home_lead, number(lang, n))),
        show: super::results::show(&context, fitting),
        makers: makers.iter().flat_map(|m| m.iter()).map(|c| tile("maker", &c.value, c.label.clone())).collect(),
        models: models.and_then(Result::ok).iter().flat_map(|m| m.iter()).map(|c| tile("model", &c.value, c.label.clone())).collect(),
        years: (0..30).map(|i| this_year() - i).collect(),
        prices: PRICES.map(|p| (p, price(lang, p))).into(),
        bodies: values("body").filter(|b| *b != "other").map(|b| tile("body", b, choice(lang, "body", b).into_owned())).collect(),
        latest: cards(&context, latest.ok(), newest.ok()),
        seen: seen.iter().filter(|c| c.status == "listed").map(|c| Card::of(&context, c)).collect(),
        popular,
        search,
    })
}

/// The tracker says which cars came last, fm-cars says more about them. One of the two is enough.
fn cards(context: &RequestContext, latest: Option<Listings>, newest: Option<CarPage>) -> Option<Vec<Card>> {
    let cars: Vec<Car> = newest.map(|p| p.items).unwrap_or_default();
    match latest {
        Some(latest) => {
            let known = |id: &str| cars.iter().find(|c| c.id == id);
            Some(latest.items.iter().take(LATEST).map(|l| Card::of_listing(context, l, known(&l.car_id))).collect())
        }
        None if cars.is_empty() => None,
        None => Some(cars.iter().take(LATEST).map(|c| Card::of(context, c)).collect()),
    }
}
