use super::{Typed, meanings};
use crate::{
    Web,
    pages::see,
    request_context::RequestContext,
    search::{Search, encoded},
};
use actix_web::{
    HttpResponse,
    web::{Data, Query},
};

/// Leads to the results of what is most likely meant; if nobody can tell, of the words themselves.
pub async fn go(web: Data<Web>, context: RequestContext, Query(typed): Query<Typed>) -> HttpResponse {
    let text = typed.text();
    if text.is_empty() {
        return see("/cars");
    }
    let meant = match meanings(&web, &context, &text).await {
        Ok(all) => all.into_iter().next(),
        Err(e) => {
            log::warn!("search: text not read as filters: {}", e.chain());
            None
        }
    };
    // Numbers of the API are plain, whatever the reader's language.
    let search = match meant {
        Some(meant) => Search::parse(context.lang, &meant.query),
        None => Search::parse(context.lang, &encoded(&[("q", text)])),
    };
    see(&search.href())
}
