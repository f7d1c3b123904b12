use super::{Refusal, Refused, draw};
use crate::{
    Web,
    gateway::Answer,
    pages::see,
    request_context::{Form, Me, Notice, RequestContext},
    view::{Entry, Kind, Profile},
};
use actix_web::{HttpResponse, http::Method, web::Data};
use fm_sdk::Result;
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
pub struct ProfileForm {
    name: String,
    location: String,
    phone: String,
    about: String,
}

pub fn entries(context: &RequestContext, profile: &Profile) -> Vec<Entry> {
    let t = context.t();
    let value = |v: &Option<String>| v.clone().unwrap_or_default();
    let mut phone = Entry::text("phone", t.phone).complete("tel").most(40).with(value(&profile.phone));
    phone.kind = Kind::Input("tel");
    vec![
        Entry::text("name", t.full_name).complete("name").most(80).with(value(&profile.name)),
        Entry::text("location", t.location).complete("address-level2").most(120).with(value(&profile.location)),
        phone,
        Entry::area("about", t.about, 2000).with(value(&profile.about)),
    ]
}

pub async fn submit(web: Data<Web>, context: RequestContext, me: Me, Form(form): Form<ProfileForm>) -> Result<HttpResponse> {
    // Browsers write line ends of their own kind (HTML, section 4.10.22.4).
    let about = form.about.replace("\r\n", "\n");
    let wish = json!({"name": form.name, "location": form.location, "phone": form.phone, "about": about});
    match web.gateway.ask(Method::PATCH, &me.caller, "/api/me/profile").json(&wish).send().await.and_then(Answer::success) {
        Ok(_) => {
            context.say(Notice::Saved);
            Ok(see("/account"))
        }
        Err(e) => {
            let typed = Profile {
                name: Some(form.name),
                location: Some(form.location),
                phone: Some(form.phone),
                about: Some(about),
                ..Profile::default()
            };
            let mut entries = entries(&context, &typed);
            let refusal = Refusal::read(&context, &mut entries, e)?;
            draw(&web, &context, &me, Some(Refused { id: "profile", entries, refusal })).await
        }
    }
}
