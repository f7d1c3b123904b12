use super::{Link, Nothing, ask, link_invalid, tell};
use crate::{
    Web,
    gateway::Answer,
    pages::{Refusal, id_of},
    request_context::{Form, RequestContext},
};
use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Data, Query},
};
use fm_sdk::{Kind, Result};

fn draw(context: &RequestContext, token: &str, refusal: Option<Refusal>) -> Result<HttpResponse> {
    let t = context.t();
    let page = ask(t.unsubscribe, t.unsubscribe_text, t.unsubscribe_button, format!("/unsubscribe?token={token}"));
    page.draw(context, "mail", refusal)
}

pub async fn show(context: RequestContext, Query(link): Query<Link>) -> Result<HttpResponse> {
    draw(&context, id_of(&link.token)?, None)
}

pub async fn submit(web: Data<Web>, context: RequestContext, Query(link): Query<Link>, _: Form<Nothing>) -> Result<HttpResponse> {
    let (t, token) = (context.t(), id_of(&link.token)?);
    match web.gateway.post(&context.caller, "/api/auth/unsubscribe").query(&[("token", &token)]).send().await.and_then(Answer::success) {
        Ok(_) => tell(&context, StatusCode::OK, t.unsubscribed, t.unsubscribed_text, ("/account", t.nav_account)),
        Err(e) if e.kind() == Kind::NotFound => link_invalid(&context, ("/account", t.nav_account)),
        Err(e) => {
            let refusal = Refusal::read(&context, &mut [], e)?;
            draw(&context, token, Some(refusal))
        }
    }
}
