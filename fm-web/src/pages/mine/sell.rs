use super::form::{CarForm, KEY_USED, Place, draw};
use crate::{
    Web,
    pages::see,
    view::Car,
    visit::{Form, Me, Notice, Visit},
};
use actix_web::{HttpResponse, http::header::HeaderName, web::Data};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use fm_sdk::Result;

const KEY: HeaderName = HeaderName::from_static("idempotency-key");

fn new_key() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 18]>())
}

/// The form for a new car. Its key makes sure that a button pressed twice sells one car.
pub async fn show(web: Data<Web>, visit: Visit, _: Me) -> Result<HttpResponse> {
    let mut form = CarForm::default();
    form.key = new_key();
    draw(&web, &visit, Place::New, &form, None).await
}

pub async fn submit(web: Data<Web>, visit: Visit, me: Me, Form(mut form): Form<CarForm>) -> Result<HttpResponse> {
    let listed = form.status == "listed";
    let mut wish = form.wish(&web, &visit, true).await;
    wish["status"] = if listed { "listed" } else { "draft" }.into();
    let mut ask = web.gateway.post(&me.caller, "/api/cars").json(&wish);
    if (1..=64).contains(&form.key.len()) && form.key.bytes().all(|b| b.is_ascii_graphic()) {
        ask = ask.header(KEY, &form.key);
    }
    match ask.send().await.and_then(|a| a.json::<Car>()) {
        Ok(car) if listed => {
            visit.say(Notice::Published);
            Ok(see(&format!("/cars/{}", super::id_of(&car.id)?)))
        }
        Ok(car) => Ok(see(&format!("/my/cars/{}/pictures", super::id_of(&car.id)?))),
        Err(e) => {
            if e.code() == KEY_USED {
                form.key = new_key();
            }
            draw(&web, &visit, Place::New, &form, Some(e)).await
        }
    }
}
