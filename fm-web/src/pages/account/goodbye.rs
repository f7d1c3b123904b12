use crate::{
    Web,
    pages::{id_of, page},
    request_context::RequestContext,
    text::{Texts, fill, number},
    view::Layout,
};
use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use askama::Template;
use fm_sdk::Result;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "goodbye.html")]
struct Goodbye {
    s: Layout,
    t: &'static Texts,
    pending: bool,
    heading: &'static str,
    text: String,
}

#[derive(Deserialize)]
struct Deletion {
    state: String,
    #[serde(default)]
    cars_deleted: i64,
}

/// How far the deletion of an account is. Looks again by itself while it is pending; needs no session.
pub async fn show(web: Data<Web>, context: RequestContext, id: Path<String>) -> Result<HttpResponse> {
    let (id, t) = (id_of(&id)?, context.t());
    let answer = web.gateway.get(&context.caller, format!("/api/me/deletions/{id}")).send().await?;
    let deletion: Deletion = answer.json()?;
    let pending = deletion.state != "done";
    let heading = if pending { t.goodbye_pending } else { t.goodbye_done };
    page(&Goodbye {
        s: Layout::new(&context, "goodbye", heading).hidden(),
        t,
        pending,
        heading,
        text: if pending {
            t.goodbye_pending_text.to_owned()
        } else {
            fill(t.goodbye_done_text, number(context.lang, deletion.cars_deleted))
        },
    })
}
