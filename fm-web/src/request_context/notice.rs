use super::cookies::{NOTICE, gone, make, read};
use crate::text::Texts;
use actix_web::{
    HttpRequest,
    cookie::{Cookie, time::Duration},
};

/// What has just been done, said on the next page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Nothing more to say.
    Silence,
    Welcome,
    Joined,
    SignedOut,
    SignInAgain,
    Saved,
    PasswordChanged,
    PasswordChosen,
    EmailConfirmed,
    ConfirmationSent,
    Throttled,
    Published,
    Sold,
    SaleUndone,
    Renewed,
    Deleted,
    Uploaded,
    Sent,
    Reported,
    NotForSale,
    FavouritesFull,
    SearchSaved,
    SearchesFull,
    SearchNotSaved,
    TryAgain,
}

const CODES: [(Notice, &str); 24] = [
    (Notice::Welcome, "welcome"),
    (Notice::Joined, "joined"),
    (Notice::SignedOut, "signed-out"),
    (Notice::SignInAgain, "sign-in-again"),
    (Notice::Saved, "saved"),
    (Notice::PasswordChanged, "password"),
    (Notice::PasswordChosen, "password-chosen"),
    (Notice::EmailConfirmed, "email-confirmed"),
    (Notice::ConfirmationSent, "confirmation-sent"),
    (Notice::Throttled, "throttled"),
    (Notice::Published, "published"),
    (Notice::Sold, "sold"),
    (Notice::SaleUndone, "sale-undone"),
    (Notice::Renewed, "renewed"),
    (Notice::Deleted, "deleted"),
    (Notice::Uploaded, "uploaded"),
    (Notice::Sent, "sent"),
    (Notice::Reported, "reported"),
    (Notice::NotForSale, "not-for-sale"),
    (Notice::FavouritesFull, "favourites-full"),
    (Notice::SearchSaved, "search-saved"),
    (Notice::SearchesFull, "searches-full"),
    (Notice::SearchNotSaved, "search-not-saved"),
    (Notice::TryAgain, "try-again"),
];

impl Notice {
    pub fn read(request: &HttpRequest, secure: bool) -> Option<Self> {
        let code = read(request, NOTICE, secure)?;
        CODES.iter().find(|(_, c)| *c == code).map(|(notice, _)| *notice)
    }
    pub fn cookie(self, secure: bool) -> Cookie<'static> {
        match CODES.iter().find(|(n, _)| *n == self) {
            Some((_, code)) => make(NOTICE, code, secure, Some(Duration::minutes(1))),
            None => gone(NOTICE, secure),
        }
    }
    pub fn text(self, t: &'static Texts) -> &'static str {
        match self {
            Notice::Silence => "",
            Notice::Welcome => t.notice_welcome,
            Notice::Joined => t.notice_joined,
            Notice::SignedOut => t.notice_signed_out,
            Notice::SignInAgain => t.notice_sign_in_again,
            Notice::Saved => t.notice_saved,
            Notice::PasswordChanged => t.notice_password,
            Notice::PasswordChosen => t.notice_password_chosen,
            Notice::EmailConfirmed => t.notice_email_confirmed,
            Notice::ConfirmationSent => t.notice_confirmation_sent,
            Notice::Throttled => t.sign_in_throttled,
            Notice::Published => t.notice_published,
            Notice::Sold => t.notice_sold,
            Notice::SaleUndone => t.notice_sale_undone,
            Notice::Renewed => t.notice_renewed,
            Notice::Deleted => t.notice_deleted,
            Notice::Uploaded => t.notice_uploaded,
            Notice::Sent => t.notice_sent,
            Notice::Reported => t.notice_reported,
            Notice::NotForSale => t.closed_for_messages,
            Notice::FavouritesFull => t.favourites_full,
            Notice::SearchSaved => t.search_saved,
            Notice::SearchesFull => t.searches_full,
            Notice::SearchNotSaved => t.search_not_saved,
            Notice::TryAgain => t.notice_try_again,
        }
    }
}
