//! Creates a user.

use crate::admin::{
    Ask,
    api::Call,
    users::{self, Role, User},
};
use actix_web::HttpResponse;
use fm_sdk::Result;
use serde::Deserialize;
use serde_json::{Value, json};

pub const CALL: Call = Call::post("/users", Role::Admin, "Creates a user and gives the one-time password, which is shown only once", |ask| Box::pin(run(ask)))
    .with_body(|| json!({"type": "object", "required": ["name", "role"], "properties": {"name": {"type": "string"}, "role": {"enum": ["viewer", "editor", "admin"]}}}));

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    name: String,
    role: Role,
}

async fn run(ask: Ask) -> Result<HttpResponse> {
    let body: Body = ask.json()?;
    let password = create_user(&ask, &body.name, body.role).await?;
    Ok(HttpResponse::Created().json(json!({"name": body.name, "role": body.role, "password": password})))
}

/// Creates a user and gives the one-time password.
///
/// # Errors
/// `Invalid` if the name is none; `Conflict` if it is taken.
pub async fn create_user(ask: &Ask, name: &str, role: Role) -> Result<String> {
    let admin = &ask.admin;
    let password = users::one_time_password();
    let (hash, created) = (admin.passwords.hash(&password).await?, fm_sdk::time::rfc3339(ask.now));
    users::edit(&*admin.registry, |users| {
        let (name, generation) = (name.to_owned(), String::new());
        let mut user = User { name, role, active: true, hash: String::new(), must_change: true, generation, created: created.clone() };
        user.set_password(hash.clone(), true);
        let event = ask.event("user.create", &user.name, Value::Null, json!({"role": role}));
        Ok((users.add(user)?, event))
    })
    .await?;
    Ok(password)
}
