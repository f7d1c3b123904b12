//! How many conversations have something new, for the menu of every page.

use super::Visit;
use crate::{Web, gateway::Answer};
use actix_web::{
    dev::ServiceRequest,
    http::{Method, header},
    web::Data,
};
use serde::Deserialize;
use std::time::Duration;

/// No page waits longer for a number in its menu.
const WITHIN: Duration = Duration::from_millis(300);

#[derive(Deserialize)]
struct Unread {
    total: u32,
}

/// Asks for a reader who is signed in and loads a page; for files and forms nothing is asked. Without an answer there is no number.
pub async fn look(request: &ServiceRequest, visit: &Visit) {
    let page = request.headers().get(header::ACCEPT).is_none_or(|v| v.to_str().is_ok_and(|v| v.contains("text/html") || v == "*/*"));
    let file = ["/assets/", "/favicon.ico", "/robots.txt", "/sitemap.xml"].iter().any(|f| request.path().starts_with(f));
    let caller = visit.session.borrow().caller(&visit.caller);
    let (true, false, &Method::GET, Some(_)) = (page, file, request.method(), &caller.token) else { return };
    let Some(web) = request.app_data::<Data<Web>>() else { return };
    let ask = web.gateway.get(&caller, "/api/me/conversations").query("unread=true&per_page=1").within(WITHIN);
    match ask.send().await.and_then(Answer::json::<Unread>) {
        Ok(unread) => visit.unread.set(unread.total),
        Err(e) => log::debug!("unread conversations were not counted: {}", e.chain()),
    }
}
