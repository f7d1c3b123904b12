use super::to_json;
use crate::{
    Web,
    gateway::Answer,
    pages::{results, see},
    request_context::{Form, Me, Notice, RequestContext},
    search::Search,
    view::{Names, chips},
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
pub async fn submit(web: Data<Web>, context: RequestContext, me: Me, Form(form): Form<SaveForm>) -> Result<HttpResponse> {
    let search = Search::parse(context.lang, &form.query).kept();
    let makers = web.catalogue.makers(&web.gateway, &context.caller).await.ok();
    let options = web.catalogue.options(&web.gateway, &context.caller).await.ok();
    let models = results::models(&web, &context, &search).await;
    let names = Names { makers: makers.as_deref(), models: &models, options: options.as_deref(), place: None };
    let labels: Vec<String> = chips(&context, &search, &names).into_iter().map(|c| c.label).collect();
    let name: String = labels.join(", ").chars().take(NAME).collect();
    let ask = web.gateway.post(&me.caller, "/api/me/searches").json(&json!({"name": name, "filters": to_json(&search)}));
    match ask.send().await.and_then(Answer::success) {
        Ok(_) => context.say(Notice::SearchSaved),
        Err(e) if e.kind() == Kind::Conflict => context.say(Notice::SearchesFull),
        // Only filters that cannot be saved.
        Err(e) if e.kind() == Kind::Invalid => context.say(Notice::SearchNotSaved),
        Err(e) => return Err(e),
    }
    Ok(see("/searches"))
}
