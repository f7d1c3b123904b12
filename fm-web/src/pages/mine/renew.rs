use super::{Refusal, closed, id_of, own, publish::Nothing};
use crate::{
    Web,
    gateway::Answer,
    pages::{Confirm, see},
    request_context::{Form, Me, Notice, RequestContext},
    text::fill,
};
use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use fm_sdk::{Kind, Result};

async fn draw(web: &Web, context: &RequestContext, me: &Me, id: &str, refusal: Option<Refusal>) -> Result<HttpResponse> {
    let (t, car) = (context.t(), own(web, me, id).await?.car);
    if closed::is_closed(&car) {
        return closed::draw(context, &car, refusal.map_or(StatusCode::OK, |r| r.status));
    }
    let confirm = Confirm {
        heading: t.renew_title,
        text: fill(t.renew_text, &car.title),
        action: format!("/my/cars/{id}/renew"),
        back: "/my/cars".into(),
        button: t.renew,
        bad: false,
        entries: vec![],
    };
    confirm.draw(context, "mine", refusal)
}

/// Where the mail about an ad that is about to expire leads.
pub async fn show(web: Data<Web>, context: RequestContext, me: Me, id: Path<String>) -> Result<HttpResponse> {
    draw(&web, &context, &me, &id, None).await
}

/// Gives an ad its time again.
pub async fn submit(web: Data<Web>, context: RequestContext, me: Me, id: Path<String>, _: Form<Nothing>) -> Result<HttpResponse> {
    let id = id_of(&id)?;
    match web.gateway.post(&me.caller, format!("/api/cars/{id}/renew")).send().await.and_then(Answer::success) {
        Ok(_) => {
            context.say(Notice::Renewed);
            Ok(see("/my/cars"))
        }
        Err(e) => {
            let t = context.t();
            let refusal = match (e.kind(), e.code()) {
                (Kind::Conflict, "car-not-listed") => Refusal::of(StatusCode::CONFLICT, t.draft_not_renewed),
                _ if closed::was_closed(&e) => Refusal::of(StatusCode::CONFLICT, t.closed_title),
                _ => Refusal::read(&context, &mut [], e)?,
            };
            draw(&web, &context, &me, id, Some(refusal)).await
        }
    }
}
