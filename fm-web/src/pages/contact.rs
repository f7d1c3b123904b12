//! Writing to the seller of a car, and asking for the telephone number.

use super::{
    Refusal, id_of,
    idempotency::{KEY, key_of, new_key},
    inbox::not_sent,
    page_as, see,
};
use crate::{
    Web,
    gateway::Answer,
    request_context::{Form, Me, Notice, RequestContext},
    text::Texts,
    view::{Car, Card, Conversation, Entry, Layout, Profile, mark_failed},
};
use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use askama::Template;
use fm_sdk::{Kind, Result};
use serde::Deserialize;
use serde_json::json;

#[derive(Template)]
#[template(path = "contact.html")]
struct Contact {
    s: Layout,
    t: &'static Texts,
    id: String,
    card: Option<Card>,
    seller: String,
    /// The seller can be written to.
    open: bool,
    failed: Vec<String>,
    token: String,
    key: String,
    entries: Vec<Entry>,
    optional: bool,
}

#[derive(Deserialize)]
pub struct ContactForm {
    #[serde(default)]
    text: String,
    #[serde(default)]
    key: String,
}

fn entries(context: &RequestContext, typed: &str) -> Vec<Entry> {
    let t = context.t();
    vec![Entry::area("text", t.your_message, 2000).required().hint(t.message_hint).with(typed)]
}

async fn draw(
    web: &Web,
    context: &RequestContext,
    me: &Me,
    id: &str,
    key: String,
    entries: Vec<Entry>,
    refusal: Option<Refusal>,
) -> Result<HttpResponse> {
    let t = context.t();
    let car = match web.gateway.get(&me.caller, format!("/api/cars/{id}")).send().await?.json::<Car>() {
        // It may be deleted since the form was shown; what was typed must not be lost with it.
        Err(e) if e.kind() == Kind::NotFound && refusal.is_some() => None,
        car => Some(car?),
    };
    // Whoever only looks at the form did nothing wrong.
    let refusal = refusal.or_else(|| {
        let car = car.as_ref()?;
        let line = if car.owner_id == me.person.id { t.own_car } else { t.closed_for_messages };
        (car.owner_id == me.person.id || car.status != "listed").then(|| Refusal::of(StatusCode::OK, line))
    });
    let open = car.as_ref().is_some_and(|c| c.status == "listed" && c.owner_id != me.person.id);
    let seller = match &car {
        Some(car) => web.gateway.get(&me.caller, format!("/api/profiles/{}", id_of(&car.owner_id)?)).send().await,
        None => Err(fm_sdk::Error::not_found("car-unknown")),
    };
    let seller = seller.and_then(Answer::json::<Profile>).map(|p| p.name.filter(|n| !n.is_empty()).unwrap_or(p.username));
    let mut s = Layout::new(context, "contact", t.write_to_seller).hidden();
    if refusal.as_ref().is_some_and(|r| r.status != StatusCode::OK) {
        mark_failed(&mut s, t.form_failed);
    }
    let status = refusal.as_ref().map_or(StatusCode::OK, |r| r.status);
    let contact = Contact {
        s,
        t,
        id: id.to_owned(),
        card: car.as_ref().map(|c| Card::of(context, c)),
        seller: seller.ok().filter(|n| !n.is_empty()).unwrap_or_else(|| t.somebody.to_owned()),
        open,
        failed: refusal.map(|r| r.lines).unwrap_or_default(),
        token: context.form_token(),
        key,
        entries,
        optional: false,
    };
    page_as(status, &contact)
}

/// The form for a first message.
pub async fn show(web: Data<Web>, context: RequestContext, me: Me, id: Path<String>) -> Result<HttpResponse> {
    let entries = entries(&context, "");
    draw(&web, &context, &me, id_of(&id)?, new_key(), entries, None).await
}

/// Sends it; the key makes sure that a button pressed twice writes once.
pub async fn submit(
    web: Data<Web>,
    context: RequestContext,
    me: Me,
    id: Path<String>,
    Form(form): Form<ContactForm>,
) -> Result<HttpResponse> {
    let (id, key) = (id_of(&id)?, key_of(&form.key));
    // Browsers write line ends of their own kind (HTML, section 4.10.22.4).
    let text = form.text.replace("\r\n", "\n");
    let ask = web.gateway.post(&me.caller, "/api/me/conversations").header((KEY, key.as_str())).json(&json!({"car_id": id, "text": text}));
    match ask.send().await.and_then(Answer::json::<Conversation>) {
        Ok(conversation) => {
            context.say(Notice::Sent);
            Ok(see(&format!("/inbox/{}", id_of(&conversation.id)?)))
        }
        Err(e) => {
            let mut entries = entries(&context, &text);
            let refusal = not_sent(&context, &mut entries, e)?;
            draw(&web, &context, &me, id, key, entries, Some(refusal)).await
        }
    }
}

/// Leads back to the car with the seller's number in full; only for those who are signed in.
pub async fn number(_: Me, id: Path<String>) -> Result<HttpResponse> {
    Ok(see(&format!("/cars/{}?number=shown#seller", id_of(&id)?)))
}
