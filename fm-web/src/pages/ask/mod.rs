//! One box for everything: what is typed is read as filters, by fm-cars.

pub mod go;
pub mod suggest;

use crate::{Web, request_context::RequestContext};
use fm_sdk::Result;
use serde::Deserialize;
use std::time::Duration;
use url::form_urlencoded;

/// Characters that are read, at most.
const MAX_CHARACTERS: usize = 200;
/// What takes longer is not waited for.
const TIMEOUT: Duration = Duration::from_secs(2);

/// What somebody types.
#[derive(Deserialize)]
pub struct Typed {
    #[serde(default)]
    ask: String,
}

impl Typed {
    fn text(&self) -> String {
        fm_sdk::text::clean_line(&self.ask).chars().take(MAX_CHARACTERS).collect()
    }
}

#[derive(Deserialize)]
struct Suggestions {
    items: Vec<Suggestion>,
}

/// A search that may be meant.
#[derive(Deserialize)]
struct Suggestion {
    query: String,
    #[serde(default)]
    count: i64,
}

/// Asks what a text may mean, the most likely first.
async fn meanings(web: &Web, context: &RequestContext, text: &str) -> Result<Vec<Suggestion>> {
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("q", text).finish();
    let ask = web.gateway.get(&context.caller, "/api/cars/suggest").query_string(&query).within(TIMEOUT);
    Ok(ask.send().await?.json::<Suggestions>()?.items)
}
