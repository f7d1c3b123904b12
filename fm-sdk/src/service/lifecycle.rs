//! Where in its life an instance is, and what that means for a request.

use crate::{Error, Kind};
use actix_web::{
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
};
use std::sync::Arc;
use tokio::sync::watch;

/// The stations of an instance's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Waits for what it needs, fills what it keeps in memory.
    Starting,
    /// Does what it is there for.
    Up,
    /// Takes leave.
    Draining,
}

/// The station, seen from everywhere.
#[derive(Clone)]
pub(crate) struct Phase(Arc<watch::Sender<Stage>>);

impl Default for Phase {
    fn default() -> Self {
        Phase(Arc::new(watch::Sender::new(Stage::Starting)))
    }
}

impl Phase {
    pub fn enter(&self, stage: Stage) {
        self.0.send_replace(stage);
    }
    pub fn stage(&self) -> Stage {
        *self.0.borrow()
    }
    /// Lets a request in once the instance is up; its health and its metrics can be asked at any time.
    pub async fn gate<B: MessageBody + 'static>(
        self,
        request: ServiceRequest,
        next: Next<B>,
    ) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
        let path = request.path();
        if self.stage() == Stage::Starting && !path.starts_with("/health/") && path != "/metrics" {
            return Err(Error::new(Kind::Unavailable, "starting", "this instance is starting").retry_after(1).into());
        }
        next.call(request).await
    }
}
