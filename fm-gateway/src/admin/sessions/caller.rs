//! Who asks.

use super::{COOKIE, Secret, tokens};
use crate::admin::{
    sessions,
    users::{self, Role, User},
};
use actix_web::{HttpRequest, http::header::AUTHORIZATION};
use fm_sdk::{Result, registry::Registry};

/// Somebody who is signed in, or a program with a token.
#[derive(Clone)]
pub struct Caller {
    pub name: String,
    pub role: Role,
    pub means: Means,
    /// Only the password may be changed.
    pub must_change: bool,
}

/// By what the caller is known.
#[derive(Clone)]
pub enum Means {
    Session { secret: Secret, user: User },
    Token { id: String },
}

impl Caller {
    /// What forms of this caller must carry; programs with a token have none.
    pub fn form_token(&self) -> Option<String> {
        match &self.means {
            Means::Session { secret, .. } => Some(secret.form_token()),
            Means::Token { .. } => None,
        }
    }

    /// How the audit log names the means.
    pub fn means(&self) -> String {
        match &self.means {
            Means::Session { .. } => "session".into(),
            Means::Token { id } => format!("token {id}"),
        }
    }

    /// Finds out who asks: the bearer of a token or the holder of a session; `None` if neither is valid.
    ///
    /// # Errors
    /// Those of the registry: who cannot be looked up is not let in.
    pub async fn of(request: &HttpRequest, registry: &dyn Registry, now: i64) -> Result<Option<Caller>> {
        if let Some(value) = request.headers().get(AUTHORIZATION) {
            let Some(text) = value.to_str().ok().and_then(|v| v.strip_prefix("Bearer ")) else { return Ok(None) };
            let token = tokens::find(registry, text.trim(), now).await?;
            return Ok(token.map(|token| Caller {
                name: token.name,
                role: token.role,
                means: Means::Token { id: token.id },
                must_change: false,
            }));
        }
        let Some(secret) = request.cookie(COOKIE).and_then(|cookie| Secret::parse(cookie.value())) else { return Ok(None) };
        let Some(session) = sessions::find(registry, &secret, now).await? else { return Ok(None) };
        let users = users::load(registry).await?;
        let user = users.value.find(&session.user).filter(|user| user.active && user.generation == session.generation);
        Ok(user.map(|user| Caller {
            name: user.name.clone(),
            role: user.role,
            must_change: user.must_change,
            means: Means::Session { secret, user: user.clone() },
        }))
    }
}
