use super::{Typed, meanings};
use crate::{
    Web,
    pages::{page, results},
    request_context::RequestContext,
    search::Search,
    text::number,
    view::{Names, chips},
};
use actix_web::{
    HttpResponse,
    web::{Data, Query},
};
use askama::Template;
use fm_sdk::Result;
use futures::future::join;
use std::collections::HashMap;

/// Suggestions that are shown.
const SHOWN: usize = 5;

/// A search that may be meant, in the reader's words.
struct Row {
    href: String,
    labels: Vec<String>,
    cars: String,
}

#[derive(Template)]
#[template(path = "parts/suggestions.html")]
struct Rows {
    rows: Vec<Row>,
}

/// Suggests searches for what is typed so far, as a part of a page.
pub async fn suggest(web: Data<Web>, context: RequestContext, Query(typed): Query<Typed>) -> Result<HttpResponse> {
    let text = typed.text();
    if text.is_empty() {
        return page(&Rows { rows: Vec::new() });
    }
    let (gateway, caller) = (&web.gateway, &context.caller);
    let (makers, options) = join(web.catalogue.makers(gateway, caller), web.catalogue.options(gateway, caller)).await;
    let (makers, options) = (makers.ok(), options.ok());
    let mut meant = meanings(&web, &context, &text).await?;
    // What finds nothing helps nobody while there is something else.
    if meant.iter().any(|m| m.count > 0) {
        meant.retain(|m| m.count > 0);
    }
    let mut rows = Vec::new();
    for meant in meant.into_iter().take(SHOWN) {
        let search = Search::parse(context.lang, &meant.query);
        let models: HashMap<String, String> = results::models(&web, &context, &search).await;
        let names = Names { makers: makers.as_deref(), models: &models, options: options.as_deref(), place: None };
        let labels = chips(&context, &search, &names).into_iter().map(|chip| chip.label).collect();
        rows.push(Row { href: search.href(), labels, cars: number(context.lang, meant.count) });
    }
    page(&Rows { rows })
}
