//! Lets requests in once the instance is up.

use crate::{Error, Kind, http::is_operational};
use actix_web::{
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::Relaxed},
};

/// Closed until the instance has all it needs; its health and its metrics can be asked at any time.
#[derive(Clone, Default)]
pub(super) struct Gate(Arc<AtomicBool>);

impl Gate {
    pub fn open(&self) {
        self.0.store(true, Relaxed);
    }
    pub async fn pass<B: MessageBody + 'static>(
        self,
        request: ServiceRequest,
        next: Next<B>,
    ) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
        if !self.0.load(Relaxed) && !is_operational(request.path()) {
            return Err(Error::new(Kind::Unavailable, "starting", "this instance is starting").retry_after(1).into());
        }
        next.call(request).await
    }
}
