use super::{Caller, Person, RequestContext};
use crate::Web;
use actix_web::{FromRequest, HttpRequest, dev::Payload, web::Data};
use fm_sdk::{Error, Kind, Result};
use futures::{FutureExt, future::LocalBoxFuture};

/// Whoever is signed in; for pages that make sense for nobody else. Others are led to sign in and come back.
pub struct Me {
    /// Asks the API in the user's name.
    pub caller: Caller,
    pub person: Person,
}

impl FromRequest for Me {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let (context, web) = (RequestContext::of(request), request.app_data::<Data<Web>>().cloned());
        async move {
            let web = web.ok_or_else(|| Error::new(Kind::Internal, "internal", "the service has no state"))?;
            let caller = context.as_user(&web).await;
            let session = context.session.borrow();
            match (&caller.token, &session.refresh) {
                (Some(_), _) => Ok(Me { caller, person: session.person.clone() }),
                // There is a session; it only could not be renewed now.
                (None, Some(_)) => Err(Error::new(Kind::Unavailable, "session-not-renewed", "the session cannot be renewed now")),
                (None, None) => Err(Error::new(Kind::Unauthenticated, "sign-in-first", "nobody is signed in")),
            }
        }
        .boxed_local()
    }
}
