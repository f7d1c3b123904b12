//! Requests as they come. Without scripts one looks for a moment at a time.

use super::{Layout, filters, html};
use crate::{
    admin::{
        Ask,
        api::{
            Call,
            live::{Filter, watch},
        },
        users::Role,
    },
    live::LiveRequest,
};
use actix_web::HttpResponse;
use askama::Template;
use fm_sdk::Result;
use std::{sync::Arc, time::Duration};

/// How long a look without scripts takes.
const LOOK: Duration = Duration::from_secs(2);
const MAX_ROWS: usize = 200;

pub const SHOW: Call = Call::get("/live", Role::Viewer, "Requests as they come", |ask| Box::pin(show(ask)));

#[derive(Template)]
#[template(path = "live.html")]
struct Page {
    s: Layout,
    filter: Filter,
    query: String,
    /// None: nobody has looked.
    seen: Option<Vec<Arc<LiveRequest>>>,
}

async fn show(ask: Ask) -> Result<HttpResponse> {
    let s = Layout::of(&ask, "live").await?;
    let filter = Filter::of(&ask)?;
    let seen = match ask.query("look") {
        Some(_) => {
            let mut watcher = watch(&ask)?;
            tokio::time::sleep(LOOK).await;
            let mut seen = watcher.take().0;
            seen.retain(|request| filter.shows(request));
            seen.reverse();
            seen.truncate(MAX_ROWS);
            Some(seen)
        }
        None => None,
    };
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("route", &filter.route).append_pair("status", &filter.status).append_pair("slower", &filter.slower);
    let query = query.finish();
    html(&ask, &Page { s, filter, query, seen })
}
