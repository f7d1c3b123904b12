//! One request of an operator: who asks for what, and whether that is allowed.

use super::{
    Admin,
    audit::Event,
    drafts::Working,
    sessions::{Caller, check_origin, is_same},
    users::Role,
};
use actix_web::{
    HttpRequest,
    http::{Method, header},
    web::Bytes,
};
use fm_sdk::{Error, Kind, Result};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::{
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
};
use tokio::sync::OnceCell;

/// The largest body: a table, or a backup with one.
pub const MAX_BODY: usize = 16 << 20;
/// What a request made with a session must carry when it changes something; forms have a field `csrf` instead.
pub const FORM_TOKEN: &str = "x-csrf-token";

/// Who may make a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anybody.
    Public,
    /// Users with a session, also those who must change their password first.
    Session,
    /// Users and tokens with this role, or one that may more.
    Role(Role),
}

/// A request whose sender is known and may make it.
pub struct Ask {
    pub admin: Arc<Admin>,
    pub request: HttpRequest,
    pub body: Bytes,
    pub from: IpAddr,
    pub now: i64,
    caller: Option<Caller>,
    working: OnceCell<Working>,
}

impl Ask {
    /// Finds out who asks, and lets in who may.
    ///
    /// # Errors
    /// `Unauthenticated` or `Forbidden`; those of the registry.
    pub async fn admit(admin: Arc<Admin>, request: HttpRequest, body: Bytes, access: Access) -> Result<Ask> {
        admin.exposure.check()?;
        let now = admin.clock.now_ms();
        let peer = request.peer_addr().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |a| a.ip());
        let from = admin.trusted.client(peer, request.headers());
        let safe = matches!(*request.method(), Method::GET | Method::HEAD);
        if !safe {
            check_origin(request.headers())?;
        }
        let caller = match access {
            Access::Public => None,
            _ => Caller::of(&request, &*admin.registry, now).await?,
        };
        let ask = Ask { admin, request, body, from, now, caller, working: OnceCell::new() };
        ask.check_access(access)?;
        if !safe {
            ask.check_form_token()?;
        }
        Ok(ask)
    }

    /// A request that was refused, with its sender if that is somebody, to say so on a page of theirs: nothing is done, and its body is not looked at.
    ///
    /// # Errors
    /// Those of the registry.
    pub async fn refused(admin: Arc<Admin>, request: HttpRequest) -> Result<Ask> {
        admin.exposure.check()?;
        let now = admin.clock.now_ms();
        let caller = Caller::of(&request, &*admin.registry, now).await?;
        Ok(Ask { admin, request, body: Bytes::new(), from: IpAddr::V4(Ipv4Addr::UNSPECIFIED), now, caller, working: OnceCell::new() })
    }

    fn check_access(&self, access: Access) -> Result<()> {
        let (caller, role) = match access {
            Access::Public => return Ok(()),
            Access::Session => {
                return match self.caller()?.form_token() {
                    Some(_) => Ok(()),
                    None => Err(Error::new(Kind::Forbidden, "session-needed", "an API token cannot do this")),
                };
            }
            Access::Role(role) => (self.caller()?, role),
        };
        if caller.must_change {
            return Err(Error::new(Kind::Forbidden, "password-change-needed", "change the one-time password first"));
        }
        if caller.role < role {
            return Err(Error::new(Kind::Forbidden, "role", format!("this needs the role {}", role.name())));
        }
        Ok(())
    }

    /// A browser sends the cookie also for other pages; only ours know the token.
    fn check_form_token(&self) -> Result<()> {
        let Some(expected) = self.caller.as_ref().and_then(Caller::form_token) else { return Ok(()) };
        let header = self.request.headers().get(FORM_TOKEN).and_then(|v| v.to_str().ok()).map(str::to_owned);
        match header.or_else(|| self.field("csrf")) {
            Some(token) if is_same(&token, &expected) => Ok(()),
            _ => Err(Error::new(Kind::Forbidden, "csrf", "the form has expired, load the page again")),
        }
    }

    /// Who asks.
    ///
    /// # Errors
    /// `Unauthenticated`, code `sign-in-needed`; never behind an [`Access`] other than public.
    pub fn caller(&self) -> Result<&Caller> {
        self.caller.as_ref().ok_or_else(|| Error::new(Kind::Unauthenticated, "sign-in-needed", "sign in first"))
    }

    /// The table as the caller sees it: the own draft of an editor, else the one in force. Read once for the parts of a page, so that all of them
    /// show the same; what changes the draft loads it anew.
    ///
    /// # Errors
    /// Those of the registry.
    pub async fn working(&self) -> Result<&Working> {
        self.working.get_or_try_init(|| Working::seen_by(self)).await
    }

    /// A part of the path; empty if the call has none of this name.
    pub fn param(&self, name: &str) -> &str {
        self.request.match_info().get(name).unwrap_or_default()
    }

    /// A parameter of the query.
    pub fn query(&self, name: &str) -> Option<String> {
        form_urlencoded::parse(self.request.query_string().as_bytes()).find(|(n, _)| n == name).map(|(_, v)| v.into_owned())
    }

    /// All fields of a form, in order.
    pub fn fields(&self) -> Vec<(String, String)> {
        let form = "application/x-www-form-urlencoded";
        if !self.has_type(form) {
            return Vec::new();
        }
        form_urlencoded::parse(&self.body).into_owned().collect()
    }

    /// A field of a form.
    pub fn field(&self, name: &str) -> Option<String> {
        self.fields().into_iter().find(|(n, _)| n == name).map(|(_, v)| v)
    }

    /// The body as JSON. Only with its content type: forms of other sites cannot send that.
    ///
    /// # Errors
    /// `Unsupported` and `Malformed`.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        if !self.has_type("application/json") {
            return Err(Error::new(Kind::Unsupported, "content-type", "the body must be application/json"));
        }
        serde_json::from_slice(&self.body).map_err(|e| Error::new(Kind::Malformed, "malformed", e.to_string()))
    }

    /// The revision that a change is based on.
    ///
    /// # Errors
    /// `Malformed`, code `if-match`.
    pub fn if_match(&self) -> Result<i64> {
        let value = self.request.headers().get(header::IF_MATCH).and_then(|v| v.to_str().ok());
        let revision = value.and_then(|v| v.trim().trim_matches('"').parse().ok());
        revision.ok_or_else(|| Error::new(Kind::Malformed, "if-match", "say in If-Match which revision of the table is changed"))
    }

    /// An entry of the audit log.
    pub fn event(&self, action: &str, target: &str, before: Value, after: Value) -> Event {
        let (who, means) = match &self.caller {
            Some(caller) => (caller.name.clone(), caller.means()),
            None => (String::new(), "sign-in".into()),
        };
        let at = fm_sdk::time::rfc3339(self.now);
        Event { at, who, means, from: self.from.to_string(), action: action.into(), target: target.into(), before, after }
    }

    /// The program that asks, as it calls itself.
    pub fn agent(&self) -> &str {
        self.request.headers().get(header::USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or_default()
    }

    fn has_type(&self, media: &str) -> bool {
        let value = self.request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok());
        value.is_some_and(|v| v.split(';').next().is_some_and(|essence| essence.trim().eq_ignore_ascii_case(media)))
    }
}
