use super::{add, answer, checked, message_id, need_reader};
use crate::{
    Profile,
    inbox::{Conversation, ConversationView, Message, Side},
    messages::{CarNow, ShowCar},
    routes::NoQuery,
    user::own,
};
use actix_web::{HttpResponse, http::header::LOCATION, web::Data};
use fm_sdk::{
    Error, Identity, Kind, Result, Work,
    http::{IdempotencyKey, Json},
};
use serde::Deserialize;
use std::time::Duration;
use utoipa::ToSchema;

/// How long fm-cars may take to say whose car it is.
const ANSWER: Duration = Duration::from_secs(5);
/// Longer ids are nobody's, and are not sent around.
const ID: usize = 64;

/// A first message to the seller of a car.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Enquiry {
    car_id: String,
    /// 1 to 2,000 characters.
    text: String,
}

/// Writes to the seller of a car. There is one conversation per car and buyer: a second enquiry goes on with it. With `Idempotency-Key` a
/// message that is sent twice is kept once.
#[utoipa::path(post, path = "/api/me/conversations", tag = "inbox", operation_id = "start_conversation", request_body = Enquiry,
    security(("bearer" = [])), params(("Idempotency-Key" = Option<String>, Header, description = "1 to 128 visible ASCII characters")), responses(
    (status = 201, body = ConversationView, headers(("Location", description = "the conversation's address"))),
    (status = 400, description = "not understood"),
    (status = 403, description = "scope-missing: needs profile:write"), (status = 404, description = "car-unknown"),
    (status = 409, description = "own-car, car-not-listed, person-gone, conversation-full"),
    (status = 413, description = "too large"), (status = 415, description = "not JSON"), (status = 422, description = "empty or too long"),
    (status = 429, description = "throttled", headers(("Retry-After" = u64, description = "seconds"))),
    (status = 503, description = "fm-cars does not answer")))]
pub async fn start(
    who: Identity,
    work: Work,
    profile: Data<Profile>,
    key: IdempotencyKey,
    _: NoQuery,
    Json(m): Json<Enquiry>,
) -> Result<HttpResponse> {
    who.require("profile:write")?;
    own(&work, &who).await?;
    let text = checked(&m.text)?;
    let id = Conversation::id_of(&m.car_id, who.sub());
    let message = Message { id: message_id(&work, who.sub(), key.0), from: Side::Buyer, text, at: profile.now_ms() };
    let before = work.doc::<Conversation>(&id).get().await?;
    if let Some(sent) = before.as_ref().filter(|c| c.has(&message.id)) {
        return created(&work, sent).await;
    }
    profile.throttle.message(who.sub(), before.is_none(), message.at)?;
    let car = car_for_sale(&work, &m.car_id, who.sub()).await?;
    need_reader(&work, &car.owner).await?;
    let mut conversation = Conversation::about(&car, who.sub());
    conversation.add(&message)?;
    if before.is_none() {
        match work.insert(conversation.clone(), |c, out| c.mail_of(Side::Buyer).map_or(Ok(()), |mail| out.send(mail))).await {
            Ok(_) => return created(&work, &conversation).await,
            // Another message about this car was faster.
            Err(e) if e.kind() == Kind::Conflict => {}
            Err(e) => return Err(e),
        }
    }
    created(&work, &add(&work, &id, &message).await?).await
}

/// The car, if this user may write to its seller.
async fn car_for_sale(work: &Work, id: &str, user: &str) -> Result<CarNow> {
    if id.is_empty() || id.len() > ID {
        return Err(Error::not_found("car-unknown"));
    }
    let car = work.call(ShowCar { car: id.into() }).within(ANSWER).await?;
    if car.owner == user {
        return Err(Error::new(Kind::Conflict, "own-car", "this car is your own"));
    }
    if car.status != "listed" {
        return Err(Error::new(Kind::Conflict, "car-not-listed", "this car is not for sale any more"));
    }
    Ok(car)
}

async fn created(work: &Work, conversation: &Conversation) -> Result<HttpResponse> {
    let with = need_reader(work, &conversation.seller).await?;
    let mut response = HttpResponse::Created();
    response.insert_header((LOCATION, format!("/api/me/conversations/{}", conversation.id)));
    Ok(answer(response, conversation, Side::Buyer, with))
}
