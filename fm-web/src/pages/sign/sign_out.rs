use crate::{
    Web,
    pages::see,
    request_context::{Change, Form, Notice, RequestContext},
};
use actix_web::{HttpResponse, web::Data};
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize)]
pub struct Nothing {}

/// Signs out: this browser in any case, and at fm-profile if it can be reached.
pub async fn submit(web: Data<Web>, context: RequestContext, _: Form<Nothing>) -> HttpResponse {
    // Renewed first, if need be: the token that is good now is the one to end.
    let caller = context.as_user(&web).await;
    if let Some(refresh) = context.refresh_token() {
        let ask = web.gateway.post(&caller, "/api/auth/sign-out").json(&json!({"refresh_token": refresh}));
        if let Err(e) = ask.send().await.and_then(crate::gateway::Answer::success) {
            log::warn!("session: ended in the browser only: {}", e.chain());
        }
    }
    context.change(Change::End);
    context.say(Notice::SignedOut);
    see("/")
}

pub async fn show() -> HttpResponse {
    see("/account")
}
