//! One visit of a page: who comes, in which language, from where.

mod back;
mod caller;
pub mod cookies;
mod dress;
mod form;
mod origin;

pub use back::return_path;
pub use caller::Caller;
pub use dress::dress;
pub use form::{Form, OpenForm, verify_origin, verify_token};

use crate::text::{Lang, Texts};
use actix_web::{FromRequest, HttpMessage, HttpRequest, cookie::Cookie, dev::Payload};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use origin::Origin;
use std::{
    cell::Cell,
    convert::Infallible,
    future::{Ready, ready},
    ops::Deref,
    rc::Rc,
};

/// The cookie that holds the chosen language.
pub const LANG: &str = "fm_lang";
/// The cookie that holds the chosen theme.
pub const THEME: &str = "fm_theme";
/// Letters of a form's token: 24 bytes in base64.
const TOKEN: usize = 32;

/// What a page may know of its reader. Cheap to clone.
#[derive(Clone)]
pub struct Visit(Rc<Reader>);

pub struct Reader {
    pub lang: Lang,
    /// `light`, `dark`, or nothing: as the system says.
    pub theme: &'static str,
    /// Path and query, for links that come back here.
    pub here: String,
    /// What is before the path: `https://market.example`.
    pub origin: Origin,
    pub caller: Caller,
    /// The name to greet with; nobody is signed in without.
    pub user: Option<String>,
    /// The id of whoever is signed in. Only decides what is shown; what is allowed, the API decides.
    pub user_id: String,
    /// The token that forms carry, and whether the browser has it already.
    form_token: String,
    has_token: bool,
    /// A page with a form was made.
    needs_token: Cell<bool>,
}

impl Deref for Visit {
    type Target = Reader;
    fn deref(&self) -> &Reader {
        &self.0
    }
}

impl Visit {
    /// The words of the reader's language.
    pub fn t(&self) -> &'static Texts {
        self.lang.texts()
    }
    /// Says whether this user is signed in.
    pub fn is(&self, user_id: &str) -> bool {
        !user_id.is_empty() && self.user_id == user_id
    }
    /// Gives the token for a form; the browser gets it as a cookie with the answer.
    pub fn form_token(&self) -> String {
        self.needs_token.set(true);
        self.form_token.clone()
    }
    /// Says whether a form came with the token of this browser.
    fn token_is(&self, token: &str) -> bool {
        self.has_token && token == self.form_token
    }
    /// The cookie that the browser still needs.
    fn token_cookie(&self) -> Option<Cookie<'static>> {
        (self.needs_token.get() && !self.has_token).then(|| cookies::make(cookies::FORM, &self.form_token, self.origin.secure, None))
    }
    /// Gives the visit that [`dress`] has read.
    pub fn of(request: &HttpRequest) -> Self {
        let known = request.extensions().get::<Visit>().cloned();
        known.unwrap_or_else(|| Visit::read(request))
    }
    fn read(request: &HttpRequest) -> Self {
        let origin = Origin::of(request);
        let form_token = cookies::read(request, cookies::FORM, origin.secure).filter(|t| t.len() == TOKEN);
        let cookie = |name| request.cookie(name).map(|c| c.value().to_owned());
        let accept = request.headers().get("accept-language").and_then(|v| v.to_str().ok());
        let theme = match cookie(THEME).as_deref() {
            Some("light") => "light",
            Some("dark") => "dark",
            _ => "",
        };
        Visit(Rc::new(Reader {
            lang: cookie(LANG).and_then(|l| Lang::of(&l)).unwrap_or_else(|| Lang::accepted(accept.unwrap_or_default())),
            theme,
            here: request.uri().path_and_query().map_or("/", |p| p.as_str()).to_owned(),
            caller: Caller::of(request),
            user: None,
            user_id: String::new(),
            has_token: form_token.is_some(),
            form_token: form_token.unwrap_or_else(|| URL_SAFE_NO_PAD.encode(rand::random::<[u8; 24]>())),
            needs_token: Cell::new(false),
            origin,
        }))
    }
}

impl FromRequest for Visit {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Visit::of(request)))
    }
}
