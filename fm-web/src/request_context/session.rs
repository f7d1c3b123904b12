//! Who is signed in: tokens in cookies that no script can read, renewed when the access token has ended.

use super::{
    Caller,
    cookies::{ACCESS, DEVICE, REFRESH, USER, gone, make, read},
};
use actix_web::{
    HttpRequest,
    cookie::{Cookie, time::Duration},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

/// How long a browser stays signed in without being used; fm-profile may end a session earlier.
const STAY: Duration = Duration::days(30);
/// How long a browser is known after a sign-in; the most that browsers allow a cookie (RFC 6265bis, section 5.5).
const DEVICE_STAY: Duration = Duration::days(400);
/// An access token is renewed this long before it ends; seconds.
const MARGIN: i64 = 20;

/// What fm-profile answers to who signs up, in, or renews.
#[derive(Clone, Debug, Deserialize)]
pub struct Tokens {
    #[serde(default)]
    pub user: Person,
    pub access_token: String,
    pub refresh_token: String,
    #[serde(default)]
    expires_in: i64,
    /// Only from a sign-up or sign-in.
    #[serde(default)]
    device_token: Option<String>,
}

/// The signed-in user, as the header of a page shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Person {
    pub id: String,
    pub username: String,
}

/// What a browser brings.
#[derive(Clone, Debug, Default)]
pub struct Session {
    pub person: Person,
    pub access: Option<String>,
    pub refresh: Option<String>,
    /// Shows that somebody has signed in from this browser before.
    pub device: Option<String>,
}

/// What the answer does to the browser's session.
#[derive(Clone, Debug, Default)]
pub enum Change {
    #[default]
    Nothing,
    /// Somebody has signed in, or the tokens are new.
    Begin(Tokens),
    /// The name has changed.
    Rename(Person),
    /// The access token is of no use any more.
    DropAccess,
    End,
    /// The account is gone: nothing of it stays.
    Forget,
}

/// It goes into a header. What a browser sends instead is no session.
fn is_token(text: &str) -> bool {
    text.len() <= 4096 && text.bytes().all(|b| b.is_ascii_graphic())
}

impl Session {
    pub fn read(request: &HttpRequest, secure: bool) -> Self {
        let person = read(request, USER, secure).and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
        Session {
            person: person.and_then(|json| serde_json::from_slice(&json).ok()).unwrap_or_default(),
            access: read(request, ACCESS, secure).filter(|t| is_token(t)),
            refresh: read(request, REFRESH, secure).filter(|t| is_token(t)),
            device: read(request, DEVICE, secure).filter(|t| is_token(t)),
        }
    }
    /// Takes over new tokens.
    pub fn renew(&mut self, tokens: &Tokens) {
        if !tokens.user.id.is_empty() {
            self.person = tokens.user.clone();
        }
        self.access = Some(tokens.access_token.clone());
        self.refresh = Some(tokens.refresh_token.clone());
    }
    pub fn caller(&self, anonymous: &Caller) -> Caller {
        Caller { token: self.access.clone(), ..anonymous.clone() }
    }
}

impl Change {
    /// The cookies that do it.
    pub fn cookies(&self, secure: bool) -> Vec<Cookie<'static>> {
        let person = |p: &Person| {
            let json = serde_json::to_vec(p).unwrap_or_default();
            make(USER, &URL_SAFE_NO_PAD.encode(json), secure, Some(STAY))
        };
        match self {
            Change::Nothing => vec![],
            Change::Begin(tokens) => {
                let life = Duration::seconds((tokens.expires_in - MARGIN).max(1));
                let mut cookies =
                    vec![make(ACCESS, &tokens.access_token, secure, Some(life)), make(REFRESH, &tokens.refresh_token, secure, Some(STAY))];
                if !tokens.user.id.is_empty() {
                    cookies.push(person(&tokens.user));
                }
                cookies.extend(tokens.device_token.iter().map(|token| make(DEVICE, token, secure, Some(DEVICE_STAY))));
                cookies
            }
            Change::Rename(p) => vec![person(p)],
            Change::DropAccess => vec![gone(ACCESS, secure)],
            Change::End => [ACCESS, REFRESH, USER].map(|name| gone(name, secure)).into(),
            Change::Forget => [ACCESS, REFRESH, USER, DEVICE].map(|name| gone(name, secure)).into(),
        }
    }
}
