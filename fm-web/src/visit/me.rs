use super::{Caller, Person, Visit};
use actix_web::{FromRequest, HttpRequest, dev::Payload};
use fm_sdk::{Error, Kind, Result};
use std::future::{Ready, ready};

/// Whoever is signed in; for pages that make sense for nobody else. Others are led to sign in and come back.
pub struct Me {
    /// Asks the API in the user's name.
    pub caller: Caller,
    pub person: Person,
}

impl FromRequest for Me {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let visit = Visit::of(request);
        let session = visit.session.borrow();
        ready(match (&session.access, &session.refresh) {
            (Some(_), _) => Ok(Me { caller: session.caller(&visit.caller), person: session.person.clone() }),
            // There is a session; it only could not be renewed now.
            (None, Some(_)) => Err(Error::new(Kind::Unavailable, "session-not-renewed", "the session cannot be renewed now")),
            (None, None) => Err(Error::new(Kind::Unauthenticated, "sign-in-first", "nobody is signed in")),
        })
    }
}
