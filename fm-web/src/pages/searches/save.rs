use super::to_json;
use crate::{
    Web,
    gateway::Answer,
    pages::{results, see},
    search::Search,
    view::{Names, chips},
    visit::{Form, Me, Notice, Visit},
};
use actix_web::{HttpResponse, web::Data};
use fm_sdk::{Kind, Result};
use serde::Deserialize;
use serde_json::json;

/// Characters that the name of a search has at most.
const NAME: usize = 120;

#[derive(Deserialize)]
pub struct SaveForm {
    #[serde(default)]
    query: String,
}

/// Saves a search under the names of its filters.
pub async fn submit(web: Data<Web>, visit: Visit, me: Me, Form(form): Form<SaveForm>) -> Result<HttpResponse> {
    let search = Search::parse(visit.lang, &form.query);
    let makers = web.catalogue.makers(&web.gateway, &visit.caller).await.ok();
    let options = web.catalogue.options(&web.gateway, &visit.caller).await.ok();
    let models = results::models(&web, &visit, &search).await;
    let names = Names { makers: makers.as_deref(), models: &models, options: options.as_deref(), place: None };
    let labels: Vec<String> = chips(&visit, &search, &names).into_iter().map(|c| c.label).collect();
    let name: String = labels.join(", ").chars().take(NAME).collect();
    let ask = web.gateway.post(&me.caller, "/api/me/searches").json(&json!({"name": name, "filters": to_json(&search)}));
    match ask.send().await.and_then(Answer::success) {
        Ok(_) => visit.say(Notice::SearchSaved),
        Err(e) if e.kind() == Kind::Conflict => visit.say(Notice::SearchesFull),
        // Only filters that cannot be saved.
        Err(e) if e.kind() == Kind::Invalid => visit.say(Notice::SearchNotSaved),
        Err(e) => return Err(e),
    }
    Ok(see("/searches"))
}
