use crate::{
    Web,
    pages::{id_of, page},
    text::{Texts, fill, number},
    view::Shell,
    visit::Visit,
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
    s: Shell,
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
pub async fn show(web: Data<Web>, visit: Visit, id: Path<String>) -> Result<HttpResponse> {
    let (id, t) = (id_of(&id)?, visit.t());
    let answer = web.gateway.get(&visit.caller, format!("/api/me/deletions/{id}")).send().await?;
    let deletion: Deletion = answer.json()?;
    let pending = deletion.state != "done";
    let heading = if pending { t.goodbye_pending } else { t.goodbye_done };
    page(&Goodbye {
        s: Shell::new(&visit, "goodbye", heading).hidden(),
        t,
        pending,
        heading,
        text: if pending {
            t.goodbye_pending_text.to_owned()
        } else {
            fill(t.goodbye_done_text, number(visit.lang, deletion.cars_deleted))
        },
    })
}
