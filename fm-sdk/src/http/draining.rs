//! Knows whether the process is about to leave.

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use std::{
    convert::Infallible,
    future::{Ready, ready},
    sync::Arc,
};
use tokio::sync::watch;

/// A flag that every request, stream and worker can see: the process drains, it takes leave of its clients. An extractor, for handlers
/// that answer with a stream.
#[derive(Clone, Debug)]
pub struct Draining(Arc<watch::Sender<bool>>);

impl Default for Draining {
    fn default() -> Self {
        Draining(Arc::new(watch::Sender::new(false)))
    }
}

impl Draining {
    /// Begins to drain: responses say `Connection: close`, streams end.
    pub fn begin(&self) {
        self.0.send_replace(true);
    }
    /// Says whether the drain has begun.
    #[must_use]
    pub fn begun(&self) -> bool {
        *self.0.borrow()
    }
    /// Resolves when the drain begins; for streams, which must end then.
    pub async fn wait(&self) {
        // The sender lives as long as `self`, so that this cannot fail.
        let _ = self.0.subscribe().wait_for(|begun| *begun).await;
    }
}

impl FromRequest for Draining {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    /// Gives the app's; one that never begins where the app has none.
    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(request.app_data::<Draining>().cloned().unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    #[actix_web::test]
    async fn a_stream_that_begins_during_a_drain_is_notified_too() {
        let app = Draining::default();
        let seen = Draining::extract(&TestRequest::default().app_data(app.clone()).to_http_request()).await.unwrap();
        let waiting = actix_web::rt::spawn({
            let seen = seen.clone();
            async move { seen.wait().await }
        });
        assert!(!seen.begun());
        app.begin();
        waiting.await.unwrap();
        seen.wait().await;
        assert!(seen.begun());
    }
}
