use super::form::{CarForm, KEY_USED, Place, draw};
use crate::{
    Web,
    pages::{
        idempotency::{KEY, key_of, new_key},
        see,
    },
    request_context::{Form, Me, Notice, RequestContext},
    view::Car,
};
use actix_web::{HttpResponse, web::Data};
use fm_sdk::Result;

/// The form for a new car. Its key makes sure that a button pressed twice sells one car.
pub async fn show(web: Data<Web>, context: RequestContext, _: Me) -> Result<HttpResponse> {
    let form = CarForm { key: new_key(), ..CarForm::default() };
    draw(&web, &context, Place::New, &form, None).await
}

/// Where scripts ask what helps: a browser may come there with a `GET`.
pub async fn back() -> HttpResponse {
    see("/sell")
}

pub async fn submit(web: Data<Web>, context: RequestContext, me: Me, Form(mut form): Form<CarForm>) -> Result<HttpResponse> {
    if form.is_question() {
        return draw(&web, &context, Place::New, &form, None).await;
    }
    let listed = form.status == "listed";
    let mut wish = form.wish(&web, &context, true).await;
    wish["status"] = if listed { "listed" } else { "draft" }.into();
    let ask = web.gateway.post(&me.caller, "/api/cars").json(&wish).header((KEY, key_of(&form.key)));
    match ask.send().await.and_then(|a| a.json::<Car>()) {
        Ok(car) if listed => {
            context.say(Notice::Published);
            Ok(see(&format!("/cars/{}", super::id_of(&car.id)?)))
        }
        Ok(car) => Ok(see(&format!("/my/cars/{}/pictures", super::id_of(&car.id)?))),
        Err(e) => {
            if e.code() == KEY_USED {
                form.key = new_key();
            }
            draw(&web, &context, Place::New, &form, Some(e)).await
        }
    }
}
