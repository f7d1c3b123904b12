//! The context of one request: who comes, in which language, from where, and what the browser is to remember.

mod back;
mod caller;
mod cookies;
mod form;
mod layer;
mod me;
mod memory;
mod notice;
mod origin;
mod reader;
mod renewal;
mod session;
mod token;

pub use back::return_path;
pub use caller::Caller;
pub use form::{Form, OpenForm, verify_origin, verify_token};
pub use layer::layer;
pub use me::Me;
pub use memory::Heart;
pub use notice::Notice;
pub use renewal::Renewals;
pub use session::{Change, Person, Tokens};

use crate::{
    Web,
    text::{Lang, Texts},
};
use actix_web::{
    FromRequest, HttpMessage, HttpRequest,
    cookie::{Cookie, time::Duration},
    dev::Payload,
};
use fm_sdk::Kind;
use origin::Origin;
use session::Session;
use std::{
    cell::{Cell, RefCell},
    convert::Infallible,
    future::{Ready, ready},
    ops::Deref,
    rc::Rc,
};

/// The cookie that holds the chosen language.
pub const LANG: &str = "fm_lang";
/// The cookie that holds the chosen theme.
pub const THEME: &str = "fm_theme";
/// How long a browser remembers cars; the most that browsers allow (RFC 6265bis, section 5.5).
const MEMORY: Duration = Duration::days(400);

/// What a page may know of its reader. Cheap to clone.
#[derive(Clone)]
pub struct RequestContext(Rc<Reader>);

pub struct Reader {
    pub lang: Lang,
    /// `light`, `dark`, or nothing: as the system says.
    pub theme: &'static str,
    /// Path and query, for links that come back here.
    pub here: String,
    /// The origin by which this request came: for cookies and the check of forms.
    pub origin: Origin,
    /// The origin of absolute links: that of `FM_PUBLIC_URL`; empty if it is not set, for the host of a request may be made up.
    pub site: String,
    /// Asks the API for nobody in particular: what everybody sees must not fail because of a token.
    pub caller: Caller,
    session: RefCell<Session>,
    /// Whether this request has renewed the session.
    renewed: Cell<bool>,
    /// What the answer does to the session.
    change: RefCell<Change>,
    /// The token that forms carry, and whether the browser has it already.
    form_token: String,
    has_token: bool,
    /// A page with a form was made.
    needs_token: Cell<bool>,
    /// What was done by the request before this one.
    notice: Cell<Option<Notice>>,
    /// What this one has done.
    next_notice: Cell<Option<Notice>>,
    /// How many conversations have messages that the reader has not seen.
    unread: Cell<u32>,
    /// How many alerts the reader has not seen.
    alerts: Cell<u32>,
    /// What this browser remembers, and whether the answer changes it.
    hearts: RefCell<(Vec<Heart>, bool)>,
    /// What the account remembers; nothing if nobody is signed in, or it is not known.
    account_hearts: RefCell<Option<Vec<Heart>>>,
    /// What was looked at last, and whether the answer changes it.
    seen: RefCell<(Vec<String>, bool)>,
}

impl Deref for RequestContext {
    type Target = Reader;
    fn deref(&self) -> &Reader {
        &self.0
    }
}

impl RequestContext {
    /// The words of the reader's language.
    pub fn t(&self) -> &'static Texts {
        self.lang.texts()
    }
    /// The name to greet with; nobody is signed in without.
    pub fn user(&self) -> Option<String> {
        let session = self.session.borrow();
        (session.access.is_some() || session.refresh.is_some()).then(|| session.person.username.clone()).filter(|n| !n.is_empty())
    }
    /// Says whether this user is signed in. Only decides what is shown; what is allowed, the API decides.
    pub fn is(&self, user_id: &str) -> bool {
        !user_id.is_empty() && self.user().is_some() && self.session.borrow().person.id == user_id
    }
    /// The token that keeps the session alive.
    pub fn refresh_token(&self) -> Option<String> {
        self.session.borrow().refresh.clone()
    }
    /// The token that shows that somebody has signed in from this browser before.
    pub fn device_token(&self) -> Option<String> {
        self.session.borrow().device.clone()
    }
    /// Asks the API for whoever is signed in, or for nobody. Renews the session if its access token has ended: only here, because what
    /// everybody sees needs no token.
    pub async fn as_user(&self, web: &Web) -> Caller {
        let refresh = self.ended();
        if let Some(refresh) = refresh {
            self.renew(web, &refresh).await;
        }
        self.session.borrow().caller(&self.caller)
    }
    /// The refresh token of a session whose access token has ended.
    fn ended(&self) -> Option<String> {
        let session = self.session.borrow();
        if session.access.is_some() { None } else { session.refresh.clone() }
    }
    async fn renew(&self, web: &Web, refresh: &str) {
        match web.renewals.renew(&web.gateway, &self.caller, refresh).await {
            Ok(tokens) => {
                self.change(Change::Begin(tokens));
                self.renewed.set(true);
            }
            Err(e) if matches!(e.kind(), Kind::Unauthenticated | Kind::Malformed | Kind::Invalid) => {
                self.session.replace(Session::default());
                self.change(Change::End);
            }
            Err(e) => log::warn!("session: not renewed: {}", e.chain()),
        }
    }
    /// Changes the session with the answer.
    pub fn change(&self, change: Change) {
        if let Change::Begin(tokens) = &change {
            self.session.borrow_mut().renew(tokens);
        }
        self.change.replace(change);
    }
    /// Says something on the next page.
    pub fn say(&self, notice: Notice) {
        self.next_notice.set(Some(notice));
    }
    /// Gives what the request before this one has done, once.
    pub fn heard(&self) -> Option<&'static str> {
        let notice = self.notice.get()?;
        // The cookie goes unless something new is said.
        self.next_notice.set(self.next_notice.get().or(Some(Notice::Silence)));
        Some(notice.text(self.t()))
    }
    /// How many conversations have messages that the reader has not seen; 0 also if that is not known.
    pub fn unread(&self) -> u32 {
        self.unread.get()
    }
    /// One of them was read just now.
    pub fn has_read(&self) {
        self.unread.set(self.unread.get().saturating_sub(1));
    }
    /// How many alerts the reader has not seen; 0 also if that is not known.
    pub fn alerts(&self) -> u32 {
        self.alerts.get()
    }
    /// So many of them were seen just now.
    pub fn has_seen_alerts(&self, n: usize) {
        self.alerts.set(self.alerts.get().saturating_sub(u32::try_from(n).unwrap_or(u32::MAX)));
    }
    /// The hearts that this browser keeps: of somebody without an account, the newest first.
    pub fn hearts(&self) -> Vec<Heart> {
        self.hearts.borrow().0.clone()
    }
    /// Keeps these hearts in this browser.
    pub fn keep_hearts(&self, hearts: Vec<Heart>) {
        self.hearts.replace((hearts, true));
    }
    /// Gives a car a heart in this browser.
    pub fn add_heart(&self, heart: Heart) {
        let mut hearts = self.hearts();
        memory::add_heart(&mut hearts, heart);
        self.keep_hearts(hearts);
    }
    /// The reader's favourites, of the account or of this browser; nothing if the account does not answer.
    pub fn favourites(&self) -> Option<Vec<Heart>> {
        if self.user().is_some() { self.account_hearts.borrow().clone() } else { Some(self.hearts()) }
    }
    /// Whether the reader remembers a car.
    pub fn has_heart(&self, car: &str) -> bool {
        let of = |hearts: &[Heart]| hearts.iter().any(|h| h.car == car);
        if self.user().is_some() { self.account_hearts.borrow().as_deref().is_some_and(of) } else { of(&self.hearts.borrow().0) }
    }
    /// The cars that were looked at last.
    pub fn seen(&self) -> Vec<String> {
        self.seen.borrow().0.clone()
    }
    /// The reader looks at a car.
    pub fn sees(&self, car: &str) {
        let mut seen = self.seen();
        memory::add_seen(&mut seen, car);
        self.seen.replace((seen, true));
    }
    /// Gives the token for a form; the browser gets it as a cookie with the answer.
    pub fn form_token(&self) -> String {
        self.needs_token.set(true);
        token::masked(&self.form_token)
    }
    /// Says whether a form came with the token of this browser.
    fn token_is(&self, sent: &str) -> bool {
        self.has_token && token::unmasked(sent).as_deref() == Some(self.form_token.as_str())
    }
    /// The cookies that the answer sets.
    fn cookies(&self) -> Vec<Cookie<'static>> {
        let secure = self.origin.secure;
        let mut cookies = self.change.borrow().cookies(secure);
        if self.needs_token.get() && !self.has_token {
            cookies.push(cookies::make(cookies::FORM, &self.form_token, secure, None));
        }
        let mut memory = |name, text: String| {
            cookies.push(if text.is_empty() { cookies::gone(name, secure) } else { cookies::make(name, &text, secure, Some(MEMORY)) });
        };
        if let (hearts, true) = &*self.hearts.borrow() {
            memory(cookies::HEARTS, memory::write_hearts(hearts));
        }
        if let (seen, true) = &*self.seen.borrow() {
            memory(cookies::SEEN, seen.join("~"));
        }
        cookies.extend(self.next_notice.get().map(|notice| notice.cookie(secure)));
        cookies
    }
    /// Gives the context that [`layer`] has read.
    pub fn of(request: &HttpRequest) -> Self {
        let known = request.extensions().get::<RequestContext>().cloned();
        known.unwrap_or_else(|| RequestContext::read(request))
    }
    fn read(request: &HttpRequest) -> Self {
        let origin = Origin::of(request);
        let form_token = cookies::read(request, cookies::FORM, origin.secure).filter(|t| token::is_one(t));
        let cookie = |name| request.cookie(name).map(|c| c.value().to_owned());
        let accept = request.headers().get("accept-language").and_then(|v| v.to_str().ok());
        let theme = match cookie(THEME).as_deref() {
            Some("light") => "light",
            Some("dark") => "dark",
            _ => "",
        };
        RequestContext(Rc::new(Reader {
            lang: cookie(LANG).and_then(|l| Lang::of(&l)).unwrap_or_else(|| Lang::accepted(accept.unwrap_or_default())),
            theme,
            here: request.uri().path_and_query().map_or("/", |p| p.as_str()).to_owned(),
            caller: Caller::of(request),
            session: RefCell::new(Session::read(request, origin.secure)),
            renewed: Cell::new(false),
            change: RefCell::default(),
            has_token: form_token.is_some(),
            form_token: form_token.unwrap_or_else(token::fresh),
            needs_token: Cell::new(false),
            notice: Cell::new(Notice::read(request, origin.secure)),
            next_notice: Cell::new(None),
            unread: Cell::new(0),
            alerts: Cell::new(0),
            hearts: RefCell::new((memory::read_hearts(&cookies::read(request, cookies::HEARTS, origin.secure).unwrap_or_default()), false)),
            account_hearts: RefCell::new(None),
            seen: RefCell::new((memory::read_seen(&cookies::read(request, cookies::SEEN, origin.secure).unwrap_or_default()), false)),
            site: Origin::public(request).map(|site| site.to_string()).unwrap_or_default(),
            origin,
        }))
    }
}

impl FromRequest for RequestContext {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(RequestContext::of(request)))
    }
}
