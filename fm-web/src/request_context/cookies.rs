//! Cookies that guard: out of reach of scripts, of other sites and, over https, of other hosts of the same domain.

use actix_web::{
    HttpRequest,
    cookie::{Cookie, SameSite, time::Duration},
};

/// The access token.
pub const ACCESS: &str = "fm_access";
/// The refresh token.
pub const REFRESH: &str = "fm_refresh";
/// The device token, which stays when the user signs out.
pub const DEVICE: &str = "fm_device";
/// The name to greet with, and the user's id.
pub const USER: &str = "fm_user";
/// The token that forms carry.
pub const FORM: &str = "fm_form";
/// The cars that somebody without an account remembers.
pub const HEARTS: &str = "fm_hearts";
/// The cars that were looked at last.
pub const SEEN: &str = "fm_seen";
/// What has just been done, to be said on the next page.
pub const NOTICE: &str = "fm_notice";

/// Over https the name says that no other host may have set it (RFC 6265bis, section 4.1.3.2).
fn name(base: &str, secure: bool) -> String {
    if secure { format!("__Host-{base}") } else { base.to_owned() }
}

pub fn read(request: &HttpRequest, base: &str, secure: bool) -> Option<String> {
    request.cookie(&name(base, secure)).map(|c| c.value().to_owned()).filter(|v| !v.is_empty())
}

/// Makes a cookie; without a life it ends with the browser's session.
pub fn make(base: &str, value: &str, secure: bool, life: Option<Duration>) -> Cookie<'static> {
    let mut cookie =
        Cookie::build(name(base, secure), value.to_owned()).path("/").http_only(true).same_site(SameSite::Lax).secure(secure).finish();
    if let Some(life) = life {
        cookie.set_max_age(life);
    }
    cookie
}

/// Makes the cookie that takes another away.
pub fn gone(base: &str, secure: bool) -> Cookie<'static> {
    let mut cookie = make(base, "", secure, None);
    cookie.make_removal();
    cookie
}
