use super::{Refusal, id_of, own};
use crate::{
    Web,
    gateway::Answer,
    pages::{Confirm, see},
    request_context::{Form, Me, Notice, RequestContext},
    text::fill,
};
use actix_web::{
    HttpResponse,
    http::Method,
    web::{Data, Path},
};
use fm_sdk::{Kind, Result};

async fn draw(web: &Web, context: &RequestContext, me: &Me, id: &str, refusal: Option<Refusal>) -> Result<HttpResponse> {
    let (t, car) = (context.t(), own(web, me, id).await?.car);
    let confirm = Confirm {
        heading: t.delete_car,
        text: fill(t.delete_car_text, &car.title),
        action: format!("/my/cars/{id}/delete"),
        back: "/my/cars".into(),
        button: t.delete,
        bad: true,
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
    match web.gateway.ask(Method::DELETE, &me.caller, format!("/api/cars/{id}")).send().await.and_then(Answer::success) {
        Err(e) if e.kind() != Kind::NotFound => {
            let refusal = Refusal::read(&context, &mut [], e)?;
            draw(&web, &context, &me, id, Some(refusal)).await
        }
        // What is gone already is deleted.
        _ => {
            context.say(Notice::Deleted);
            Ok(see("/my/cars"))
        }
    }
}
