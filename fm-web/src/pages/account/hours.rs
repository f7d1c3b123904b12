use super::{Refusal, Refused, draw};
use crate::{
    Web,
    gateway::Answer,
    pages::see,
    request_context::{Form, Me, Notice, RequestContext},
    view::{
        Entry,
        hours::{OpeningHours, Span, days, read, write},
    },
};
use actix_web::{HttpResponse, http::Method, web::Data};
use fm_sdk::Result;
use serde_json::json;
use std::collections::HashMap;

/// A line for each day of the week.
pub fn entries(context: &RequestContext, value: impl Fn(&str) -> String) -> Vec<Entry> {
    days(context.t()).map(|(day, label)| Entry::text(day, label).most(60).with(value(day))).into()
}

/// The lines as a dealer left them.
pub fn of(context: &RequestContext, hours: &OpeningHours) -> Vec<Entry> {
    entries(context, |day| hours.get(day).map(|spans| write(spans)).unwrap_or_default())
}

pub async fn submit(web: Data<Web>, context: RequestContext, me: Me, Form(form): Form<HashMap<String, String>>) -> Result<HttpResponse> {
    let typed = |day: &str| form.get(day).cloned().unwrap_or_default();
    // The API refuses what is no time, beside whatever else is wrong.
    let unreadable = || vec![Span::default()];
    let hours: OpeningHours = days(context.t()).map(|(day, _)| (day.to_owned(), read(&typed(day)).unwrap_or_else(unreadable))).into();
    let wish = json!({"opening_hours": hours});
    match web.gateway.ask(Method::PATCH, &me.caller, "/api/me/profile").json(&wish).send().await.and_then(Answer::success) {
        Ok(_) => {
            context.say(Notice::Saved);
            Ok(see("/account#hours"))
        }
        Err(e) => {
            let mut entries = entries(&context, typed);
            let refusal = Refusal::read(&context, &mut entries, e)?;
            draw(&web, &context, &me, Some(Refused { id: "hours", entries, refusal })).await
        }
    }
}
