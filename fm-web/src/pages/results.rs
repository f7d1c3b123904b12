use super::{page, searches::to_json};
use crate::{
    Web,
    request_context::RequestContext,
    search::{BY_DISTANCE, SORTS, Search, Unknown},
    text::{Texts, fill, number},
    view::{Beyond, CarPage, Card, Chip, Facets, Group, Layout, Names, Pager, UnknownValue, chips, groups, unknown_values},
};
use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web::Data,
};
use askama::Template;
use fm_sdk::{Error, Kind, Result};
use futures::future::{join, join_all, join3};
use serde::Deserialize;
use std::{collections::HashMap, time::Duration};

/// How many filters are tried to be left out when nothing is found.
const RELAX: usize = 6;
/// A suggestion that takes longer is not made.
const HINT: Duration = Duration::from_secs(1);

/// A filter less, and how many cars there would be.
struct Relaxed {
    href: String,
    label: String,
    cars: String,
}

#[derive(Template)]
#[template(path = "results.html")]
struct Results {
    s: Layout,
    t: &'static Texts,
    heading: String,
    summary: String,
    show: String,
    facets_there: bool,
    groups: Vec<Group>,
    chips: Vec<Chip>,
    unknown: Vec<UnknownValue>,
    /// What was written for the place, and is none.
    no_place: String,
    /// What can be saved, as a query; empty if nothing can.
    save: String,
    sorts: Vec<(&'static str, &'static str)>,
    cards: Option<Vec<Card>>,
    /// The API does not understand the search.
    refused: bool,
    beyond: Option<Beyond>,
    relax: Vec<Relaxed>,
    pages: Pager,
    search: Search,
}

#[derive(Deserialize)]
struct Count {
    count: i64,
}

/// The cars that fit a search, with its filters.
pub async fn results(web: Data<Web>, context: RequestContext, request: HttpRequest) -> Result<HttpResponse> {
    let (mut search, mut unknown) = Search::read(context.lang, request.query_string());
    let (gateway, caller, t) = (&web.gateway, &context.caller, context.t());
    // Kept for a while, so that they seldom cost anything; the API refuses a search for values that the catalogue does not have.
    let (makers, options) = join(web.catalogue.makers(gateway, caller), web.catalogue.options(gateway, caller)).await;
    let (makers, options) = (makers.ok(), options.ok());
    for (field, known) in [("maker", &makers), ("option", &options)] {
        unknown.extend(known.iter().flat_map(|known| search.retain(field, |value| known.label(value).is_some())));
    }
    let (mut answers, mut no_place) = (ask(&web, &context, &search).await, String::new());
    if answers.0.as_ref().is_err_and(|e| e.fields().iter().any(|f| f.field == "near")) {
        no_place.clone_from(&search.near);
        unknown.push(Unknown::new("near", &no_place));
        search.leave_place();
        answers = ask(&web, &context, &search).await;
    }
    Unknown::tidy(&mut unknown);
    let (found, facets, models) = answers;
    let mut status = status(found.as_ref().err());
    let (found, facets) = (found.ok(), facets.ok());
    let names = Names {
        makers: makers.as_deref(),
        models: &models,
        options: options.as_deref(),
        place: found.as_ref().and_then(|f| f.place.as_ref()),
    };
    let chips = chips(&context, &search, &names);
    let total = found.as_ref().map(|f| f.total).or(facets.as_ref().map(|f| f.total));
    let relax = if total == Some(0) && !chips.is_empty() { relaxed(&web, &context, &chips).await } else { Vec::new() };
    let heading = heading(&context, &search, &names);
    let pages = Pager::of(&search, total.unwrap_or_default());
    let beyond = Beyond::of(&context, &search, pages.last);
    if beyond.is_some() && status == StatusCode::OK {
        status = StatusCode::NOT_FOUND;
    }
    let mut layout = Layout::new(&context, "results", &heading)
        .described(t.results_description)
        .at(&search.at_page(search.page).href())
        .with_hearts(&context);
    // One page of each maker and model is enough for search engines.
    layout.hidden = search.filters().len() > 2 || !search.text.is_empty() || !unknown.is_empty() || status != StatusCode::OK;
    let html = Results {
        s: layout,
        t,
        heading,
        summary: summary(&context, &search, total, pages.last),
        show: show(&context, facets.as_ref().map(|f| f.total)),
        facets_there: facets.is_some(),
        groups: groups(&context, &search, facets.as_ref(), &names),
        chips,
        unknown: unknown_values(t, &unknown),
        no_place,
        save: if to_json(&search).as_object().is_some_and(|f| !f.is_empty()) { search.filter_query() } else { String::new() },
        sorts: SORTS.into_iter().zip(sort_names(t)).filter(|(sort, _)| *sort != BY_DISTANCE || !search.near.is_empty()).collect(),
        cards: found.map(|f| f.items.iter().map(|c| Card::of(&context, c)).collect()),
        refused: status == StatusCode::BAD_REQUEST,
        beyond,
        relax,
        pages,
        search,
    };
    let mut response = page(&html)?;
    *response.status_mut() = status;
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from_static("2"));
    }
    Ok(response)
}

type Answers = (Result<CarPage>, Result<Facets>, HashMap<String, String>);

/// Asks for the cars of a search, the counts of its filters, and the names of its models.
async fn ask(web: &Web, context: &RequestContext, search: &Search) -> Answers {
    let (gateway, caller) = (&web.gateway, &context.caller);
    join3(
        async { gateway.get(caller, "/api/cars").query_string(&search.page_query()).send().await?.json::<CarPage>() },
        async { gateway.get(caller, "/api/cars/facets").query_string(&search.filter_query()).send().await?.json::<Facets>() },
        models(web, context, search),
    )
    .await
}

/// The page is there in any case; its status tells caches and search engines whether the cars are.
fn status(error: Option<&Error>) -> StatusCode {
    match error.map(Error::kind) {
        None => StatusCode::OK,
        Some(Kind::Malformed | Kind::Invalid) => StatusCode::BAD_REQUEST,
        Some(Kind::Throttled) => StatusCode::TOO_MANY_REQUESTS,
        Some(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

fn sort_names(t: &'static Texts) -> [&'static str; 11] {
    [
        t.sort_default,
        t.sort_newest,
        t.sort_oldest,
        t.sort_near,
        t.sort_deal,
        t.sort_cheap,
        t.sort_dear,
        t.sort_low_km,
        t.sort_high_km,
        t.sort_young,
        t.sort_old,
    ]
}

/// Names of the models of all makers that are chosen.
pub(super) async fn models(web: &Web, context: &RequestContext, search: &Search) -> HashMap<String, String> {
    let makers = search.list("maker").iter().take(5);
    let lists = join_all(makers.map(|m| web.catalogue.models(&web.gateway, &context.caller, m))).await;
    lists.into_iter().flatten().flat_map(|list| list.iter().map(|c| (c.value.clone(), c.label.clone())).collect::<Vec<_>>()).collect()
}

/// The button's text.
pub fn show(context: &RequestContext, total: Option<i64>) -> String {
    let t = context.t();
    match total {
        None => t.show_plain.to_owned(),
        Some(0) => t.show_none.to_owned(),
        Some(1) => t.show_one.to_owned(),
        Some(n) => fill(t.show_many, number(context.lang, n)),
    }
}

fn cars(context: &RequestContext, n: i64) -> String {
    let t = context.t();
    match n {
        0 => t.found_none.to_owned(),
        1 => t.found_one.to_owned(),
        n => fill(t.found_many, number(context.lang, n)),
    }
}

fn summary(context: &RequestContext, search: &Search, total: Option<i64>, last: u32) -> String {
    let Some(total) = total else { return String::new() };
    if last <= 1 || search.page > last {
        return cars(context, total);
    }
    let place = fill(&fill(context.t().page_of, search.page), last);
    format!("{}, {place}", cars(context, total))
}

/// What the page is about: the makers and models, if there are few.
fn heading(context: &RequestContext, search: &Search, names: &Names) -> String {
    let makers: Vec<String> =
        search.list("maker").iter().map(|m| names.makers.map_or_else(|| crate::text::readable(m), |c| c.name(m))).collect();
    let models: Vec<&str> = search.list("model").iter().filter_map(|m| names.models.get(m)).map(String::as_str).collect();
    match (makers.as_slice(), models.as_slice()) {
        ([one], [model]) => format!("{one} {model}"),
        ([one], _) => one.clone(),
        ([one, two], _) => format!("{one}, {two}"),
        _ => context.t().results_title.to_owned(),
    }
}

/// Finds out which filter is in the way.
async fn relaxed(web: &Web, context: &RequestContext, chips: &[Chip]) -> Vec<Relaxed> {
    let asked = chips.iter().take(RELAX).map(|chip| async move {
        let query = chip.without.filter_query();
        let answer = web.gateway.get(&context.caller, "/api/cars/count").query_string(&query).within(HINT).send().await;
        answer.and_then(|a| a.json::<Count>()).map(|c| (chip, c.count))
    });
    let mut better: Vec<(&Chip, i64)> = join_all(asked).await.into_iter().flatten().filter(|(_, n)| *n > 0).collect();
    better.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    better.into_iter().map(|(chip, n)| Relaxed { href: chip.href.clone(), label: chip.label.clone(), cars: cars(context, n) }).collect()
}
