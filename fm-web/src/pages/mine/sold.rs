use super::{Refusal, closed, id_of, own};
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
        return closed::draw(context, &car, StatusCode::OK);
    }
    let confirm = Confirm {
        heading: t.sold_confirm,
        text: fill(t.sold_text, &car.title),
        action: format!("/my/cars/{id}/sold"),
        back: "/my/cars".into(),
        button: t.mark_sold,
        bad: false,
        entries: vec![],
    };
    confirm.draw(context, "mine", refusal)
}

pub async fn show(web: Data<Web>, context: RequestContext, me: Me, id: Path<String>) -> Result<HttpResponse> {
    draw(&web, &context, &me, &id, None).await
}

pub async fn submit(
    web: Data<Web>,
    context: RequestContext,
    me: Me,
    id: Path<String>,
    _: Form<super::publish::Nothing>,
) -> Result<HttpResponse> {
    let id = id_of(&id)?;
    match web.gateway.post(&me.caller, format!("/api/cars/{id}/sold")).send().await.and_then(Answer::success) {
        Ok(_) => {
            context.say(Notice::Sold);
            Ok(see("/my/cars"))
        }
        Err(e) => {
            let refusal = match (e.kind(), e.code()) {
                (Kind::Conflict, "car-not-listed") => Refusal::of(StatusCode::CONFLICT, context.t().draft_not_sold),
                _ => Refusal::read(&context, &mut [], e)?,
            };
            draw(&web, &context, &me, id, Some(refusal)).await
        }
    }
}
