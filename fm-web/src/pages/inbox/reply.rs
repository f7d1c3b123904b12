use super::{load, not_sent, show};
use crate::{
    Web,
    gateway::Answer,
    pages::{
        id_of,
        idempotency::{KEY, key_of},
        see,
    },
    request_context::{Form, Me, Notice, RequestContext},
};
use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use fm_sdk::Result;
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize)]
pub struct ReplyForm {
    #[serde(default)]
    text: String,
    #[serde(default)]
    key: String,
}

/// Writes one more message.
pub async fn submit(
    web: Data<Web>,
    context: RequestContext,
    me: Me,
    id: Path<String>,
    Form(form): Form<ReplyForm>,
) -> Result<HttpResponse> {
    let (id, key) = (id_of(&id)?, key_of(&form.key));
    let text = form.text.replace("\r\n", "\n");
    let ask = web.gateway.post(&me.caller, format!("/api/me/conversations/{id}/messages")).header((KEY, key.as_str()));
    match ask.json(&json!({"text": text})).send().await.and_then(Answer::success) {
        Ok(_) => {
            context.say(Notice::Sent);
            Ok(see(&format!("/inbox/{id}")))
        }
        Err(e) => {
            let mut entries = show::entries(&context, &text);
            let refusal = not_sent(&context, &mut entries, e)?;
            show::draw(&web, &context, &load(&web, &me, id).await?, key, entries, Some(refusal)).await
        }
    }
}
