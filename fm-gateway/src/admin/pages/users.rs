//! Users and their roles.

use super::{Layout, filters, html, see};
use crate::admin::{
    Ask,
    api::{
        Call,
        users::{create::create_user, delete::delete_user, reset::reset_password, update::update_user},
    },
    users::{self, Profile, Role, User},
};
use actix_web::HttpResponse;
use askama::Template;
use fm_sdk::{Error, Result};

pub const SHOW: Call = Call::get("/users", Role::Admin, "Users", |ask| Box::pin(async move { show(&ask, None).await }));
pub const CREATE: Call = Call::post("/users", Role::Admin, "Creates a user", |ask| Box::pin(create(ask)));
pub const CHANGE: Call = Call::post("/users/{name}", Role::Admin, "Changes a user", |ask| Box::pin(change(ask)));

#[derive(Template)]
#[template(path = "users.html")]
struct Page {
    s: Layout,
    users: Vec<Profile>,
    /// A name and the one-time password that was made for it.
    made: Option<(String, String)>,
}

async fn show(ask: &Ask, made: Option<(String, String)>) -> Result<HttpResponse> {
    let s = Layout::of(ask, "users").await?;
    let users = users::load(&*ask.admin.registry).await?.value.iter().map(User::profile).collect();
    html(ask, &Page { s, users, made })
}

async fn create(ask: Ask) -> Result<HttpResponse> {
    let name = ask.field("name").unwrap_or_default();
    let password = create_user(&ask, &name, role(&ask)?).await?;
    show(&ask, Some((name, password))).await
}

async fn change(ask: Ask) -> Result<HttpResponse> {
    let name = ask.param("name").to_owned();
    match ask.field("do").unwrap_or_default().as_str() {
        "reset" => {
            let password = reset_password(&ask, &name).await?;
            return show(&ask, Some((name, password))).await;
        }
        "delete" => delete_user(&ask, &name).await?,
        "off" => drop(update_user(&ask, &name, None, Some(false)).await?),
        "on" => drop(update_user(&ask, &name, None, Some(true)).await?),
        _ => drop(update_user(&ask, &name, Some(role(&ask)?), None).await?),
    }
    Ok(see("/admin/users?done=changed"))
}

/// The role that a form names.
///
/// # Errors
/// `Invalid`, with the field `role`.
pub fn role(ask: &Ask) -> Result<Role> {
    Role::parse(&ask.field("role").unwrap_or_default()).ok_or_else(|| Error::field("role", "must be viewer, editor or admin"))
}
