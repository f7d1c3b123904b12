//! The account: its data, its profile, its password, its end.

pub mod data;
pub mod delete;
pub mod goodbye;
pub mod hours;
pub mod mail;
pub mod password;
pub mod profile;
pub mod show;

use super::{Refusal, page_as};
use crate::{
    Web,
    request_context::{Me, RequestContext},
    text::{Texts, day, fill},
    view::{Entry, Layout, Profile, mark_failed},
};
use actix_web::{HttpResponse, http::StatusCode};
use askama::Template;
use fm_sdk::{Kind, Result};
use futures::future::join3;
use serde::Deserialize;

/// One of the forms of the page.
struct Part {
    id: &'static str,
    heading: &'static str,
    text: &'static str,
    button: &'static str,
    entries: Vec<Entry>,
    /// What it would show could not be had.
    down: bool,
}

#[derive(Template)]
#[template(path = "account.html")]
struct Account {
    s: Layout,
    t: &'static Texts,
    email: String,
    /// The address waits to be confirmed.
    unconfirmed: bool,
    /// Sees what users report.
    moderates: bool,
    since: String,
    token: String,
    failed: Vec<String>,
    forms: Vec<Part>,
    optional: bool,
}

/// The account as fm-profile knows it.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Data {
    username: String,
    email: String,
    email_confirmed: bool,
    created: String,
    roles: Vec<String>,
}

/// A form that was refused takes the place of the one that would be drawn.
struct Refused {
    id: &'static str,
    entries: Vec<Entry>,
    refusal: Refusal,
}

async fn draw(web: &Web, context: &RequestContext, me: &Me, refused: Option<Refused>) -> Result<HttpResponse> {
    let t = context.t();
    let (data, profile, wishes) = join3(
        async { web.gateway.get(&me.caller, "/api/me").send().await?.json::<Data>() },
        async { web.gateway.get(&me.caller, "/api/me/profile").send().await?.json::<Profile>() },
        async { web.gateway.get(&me.caller, "/api/me/mail").send().await?.json::<mail::Wishes>() },
    )
    .await;
    // Without the account there is no such page; a profile that is unreachable costs its panel.
    let data = data?;
    let profile = match profile {
        // Nothing was filled in yet.
        Err(e) if e.kind() == Kind::NotFound => Ok(Profile::default()),
        profile => profile,
    };
    let opening_hours = profile
        .as_ref()
        .ok()
        .filter(|p| p.seller_type == "dealer")
        .map(|p| hours::of(context, &p.opening_hours.clone().unwrap_or_default()));
    let mut forms = vec![
        Part {
            id: "data",
            heading: t.account_data,
            text: t.account_data_text,
            button: t.save,
            entries: data::entries(context, &data.username, &data.email),
            down: false,
        },
        Part {
            id: "profile",
            heading: t.profile,
            text: t.profile_text,
            button: t.save,
            down: profile.is_err(),
            entries: profile.map(|p| profile::entries(context, &p)).unwrap_or_default(),
        },
        Part {
            id: "mail",
            heading: t.mails,
            text: t.mails_text,
            button: t.save,
            down: wishes.is_err(),
            entries: wishes.map(|w| mail::entries(context, &w)).unwrap_or_default(),
        },
        Part {
            id: "password",
            heading: t.change_password,
            text: t.change_password_text,
            button: t.change_password,
            entries: password::entries(context),
            down: false,
        },
    ];
    if let Some(entries) = opening_hours {
        let (heading, text) = (t.opening_hours, t.opening_hours_text);
        forms.insert(2, Part { id: "hours", heading, text, button: t.save, entries, down: false });
    }
    let mut s = Layout::new(context, "account", t.nav_account).hidden();
    let (mut failed, mut status) = (Vec::new(), StatusCode::OK);
    if let Some(refused) = refused {
        mark_failed(&mut s, t.form_failed);
        (failed, status) = (refused.refusal.lines, refused.refusal.status);
        if let Some(part) = forms.iter_mut().find(|f| f.id == refused.id) {
            part.entries = refused.entries;
        }
    }
    let since = day(context.lang, &data.created);
    let account = Account {
        s,
        t,
        email: data.email,
        unconfirmed: !data.email_confirmed,
        moderates: data.roles.iter().any(|role| role == "admin"),
        since: if since.is_empty() { since } else { fill(t.since, since) },
        token: context.form_token(),
        failed,
        forms,
        optional: false,
    };
    page_as(status, &account)
}
