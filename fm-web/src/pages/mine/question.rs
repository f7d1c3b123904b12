use super::{Refusal, closed, id_of, own};
use crate::{
    Web,
    gateway::Answer,
    pages::{Confirm, see},
    request_context::{Me, Notice, RequestContext},
    text::{Texts, fill},
    view::Card,
};
use actix_web::{
    HttpResponse,
    http::{Method, StatusCode},
};
use fm_sdk::{Error, Kind, Result};

/// What a page asks before something is done with one of the reader's own cars.
pub struct Words {
    pub heading: &'static str,
    /// Has a place for the car's title.
    pub text: &'static str,
    pub button: &'static str,
    /// Why it cannot be done with a draft.
    pub draft: &'static str,
}

/// A question, and what is done when the answer is yes.
pub struct Question {
    /// The last segment of the page's address.
    pub page: &'static str,
    pub words: fn(&'static Texts) -> Words,
    /// Something is lost by it.
    pub bad: bool,
    /// It makes no sense of a car that was sold.
    pub open: bool,
    pub method: Method,
    /// What the API is asked, behind the car's address.
    pub call: &'static str,
    pub done: Notice,
    /// That what was to be done is done already.
    pub is_done: fn(&Error) -> bool,
}

impl Question {
    /// Draws the page.
    pub async fn ask(&self, web: &Web, context: &RequestContext, me: &Me, id: &str) -> Result<HttpResponse> {
        self.draw(web, context, me, id, None).await
    }
    /// Does it, and leads back to the list; draws the page again with the reason if it cannot be done.
    pub async fn answer(&self, web: &Web, context: &RequestContext, me: &Me, id: &str) -> Result<HttpResponse> {
        let (id, t) = (id_of(id)?, context.t());
        let asked = web.gateway.ask(self.method.clone(), &me.caller, format!("/api/cars/{id}{}", self.call)).send().await;
        match asked.and_then(Answer::success) {
            Err(e) if !(self.is_done)(&e) => {
                let refusal = match (e.kind(), e.code()) {
                    (Kind::Conflict, "car-not-listed") => Refusal::of(StatusCode::CONFLICT, (self.words)(t).draft),
                    _ if closed::was_closed(&e) => Refusal::of(StatusCode::CONFLICT, t.closed_title),
                    _ => Refusal::read(context, &mut [], e)?,
                };
                self.draw(web, context, me, id, Some(refusal)).await
            }
            _ => {
                context.say(self.done);
                Ok(see("/my/cars"))
            }
        }
    }
    async fn draw(&self, web: &Web, context: &RequestContext, me: &Me, id: &str, refusal: Option<Refusal>) -> Result<HttpResponse> {
        let car = own(web, me, id).await?.car;
        if self.open && closed::is_closed(&car) {
            return closed::draw(context, &car, refusal.map_or(StatusCode::OK, |r| r.status));
        }
        let words = (self.words)(context.t());
        let confirm = Confirm {
            heading: words.heading,
            text: fill(words.text, &car.title),
            card: Some(Card::of(context, &car)),
            action: format!("/my/cars/{id}/{}", self.page),
            back: "/my/cars".into(),
            button: words.button,
            bad: self.bad,
            entries: vec![],
        };
        confirm.draw(context, "mine", refusal)
    }
}
