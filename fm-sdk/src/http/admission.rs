//! Takes no more than can be done: beyond a number of requests at once the next ones wait for a moment, then they are turned away.

use crate::{Error, Kind, metrics::Metrics};
use actix_web::{
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
};
use std::{sync::Arc, time::Duration};
use tokio::sync::{Semaphore, SemaphorePermit};

/// Longer than a hiccup, shorter than the patience of whoever waits.
const WAIT: Duration = Duration::from_millis(500);

/// How many requests a process works on at once, over all its workers. As many more may wait for half a second; the rest is refused at
/// once (503 `overloaded`, `Retry-After`), which costs next to nothing. So what is taken is answered soon, however much is asked, and
/// memory is bounded. Health and metrics are always answered: an instance that is overloaded is not sick.
///
/// A request counts until the head of its answer is there; streams do not count after that.
///
/// ```
/// # use fm_sdk::{http::Admission, metrics::Metrics};
/// use actix_web::{App, middleware::from_fn};
/// let admission = Admission::new(256, Metrics::default());
/// App::new().wrap(from_fn(move |request, next| admission.clone().pass(request, next)));
/// ```
#[derive(Clone)]
pub struct Admission {
    working: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    wait: Duration,
    metrics: Metrics,
}

impl Admission {
    /// Makes one for so many requests at once; all clones count together.
    #[must_use]
    pub fn new(at_once: u32, metrics: Metrics) -> Self {
        let at_once = at_once as usize;
        Admission { working: Arc::new(Semaphore::new(at_once)), waiting: Arc::new(Semaphore::new(at_once)), wait: WAIT, metrics }
    }

    /// The middleware, for [`actix_web::middleware::from_fn`].
    ///
    /// # Errors
    /// `Unavailable`, code `overloaded`, and what is answered inside.
    pub async fn pass<B: MessageBody + 'static>(
        self,
        request: ServiceRequest,
        next: Next<B>,
    ) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
        if super::is_operational(request.path()) {
            return next.call(request).await;
        }
        let Some(_working) = self.enter().await else {
            self.metrics.turned_away();
            return Err(Error::new(Kind::Unavailable, "overloaded", "too many requests at once").retry_after(1).into());
        };
        next.call(request).await
    }

    async fn enter(&self) -> Option<SemaphorePermit<'_>> {
        if let Ok(working) = self.working.try_acquire() {
            return Some(working);
        }
        let _waiting = self.waiting.try_acquire().ok()?;
        tokio::time::timeout(self.wait, self.working.acquire()).await.ok()?.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::{Draining, Observe};
    use actix_web::{App, body::to_bytes, dev::Service, middleware::from_fn, test, web};
    use futures::{FutureExt, future::LocalBoxFuture};
    use std::rc::Rc;
    use tokio::{sync::Notify, task::JoinHandle};

    /// A service that works on two at once, each until it is told to end.
    struct Two {
        ask: Box<dyn Fn(&'static str) -> LocalBoxFuture<'static, (u16, String)>>,
        end: Rc<Notify>,
        metrics: Metrics,
    }

    impl Two {
        async fn waiting(wait: Duration) -> Two {
            let (metrics, end) = (Metrics::default(), Rc::new(Notify::new()));
            let admission = Admission { wait, ..Admission::new(2, metrics.clone()) };
            let until = end.clone();
            let work = move || {
                let until = until.clone();
                async move {
                    until.notified().await;
                    "done"
                }
            };
            let app = App::new()
                .route("/work", web::get().to(work))
                .route("/health/ready", web::get().to(async || "ok"))
                .route("/metrics", web::get().to(async || "ok"))
                .wrap(from_fn(move |request, next| admission.clone().pass(request, next)))
                .wrap(Observe::new(metrics.clone(), Draining::default()));
            let app = Rc::new(test::init_service(app).await);
            let ask = move |path| {
                let app = app.clone();
                let asked = async move {
                    let response = match app.call(test::TestRequest::get().uri(path).to_request()).await {
                        Ok(response) => response.into_parts().1.map_into_boxed_body(),
                        Err(e) => e.error_response(),
                    };
                    let (status, after) = (response.status().as_u16(), response.headers().contains_key("retry-after"));
                    let body = String::from_utf8(to_bytes(response.into_body()).await.unwrap().to_vec()).unwrap();
                    assert_eq!(after, status == 503, "{body}");
                    (status, body)
                };
                asked.boxed_local()
            };
            Two { ask: Box::new(ask), end, metrics }
        }
        /// Asks for so many, and returns when each works, waits or is answered.
        async fn start(&self, n: usize) -> Vec<JoinHandle<(u16, String)>> {
            let asked = (0..n).map(|_| actix_web::rt::spawn((self.ask)("/work"))).collect();
            for _ in 0..10 {
                tokio::task::yield_now().await;
            }
            asked
        }
    }

    const LONG: Duration = Duration::from_secs(60);

    #[actix_web::test]
    async fn requests_beyond_the_limit_are_refused_and_the_rest_is_served() {
        let two = Two::waiting(LONG).await;
        let taken = two.start(4).await;
        for _ in 0..20 {
            let (status, body) = (two.ask)("/work").await;
            assert!(status == 503 && body.contains(r#""code":"overloaded""#), "{status} {body}");
        }
        assert!(two.metrics.text().contains("http_requests_turned_away_total 20"), "{}", two.metrics.text());
        assert_eq!(((two.ask)("/health/ready").await.0, (two.ask)("/metrics").await.0), (200, 200));
        for answer in taken {
            two.end.notify_one();
            assert_eq!(answer.await.unwrap(), (200, "done".into()));
        }
        two.end.notify_one();
        assert_eq!((two.ask)("/work").await.0, 200, "it has recovered");
    }

    #[actix_web::test]
    async fn nobody_waits_for_longer_than_a_moment() {
        let two = Two::waiting(Duration::from_millis(50)).await;
        let _working = two.start(2).await;
        let began = std::time::Instant::now();
        assert_eq!((two.ask)("/work").await.0, 503);
        assert!(began.elapsed() >= Duration::from_millis(50));
    }

    #[actix_web::test]
    async fn a_cancelled_request_releases_its_slot() {
        let two = Two::waiting(LONG).await;
        let mut asked = two.start(4).await;
        for gone in asked.drain(1..) {
            gone.abort();
            assert!(gone.await.unwrap_err().is_cancelled());
        }
        asked.extend(two.start(3).await);
        assert_eq!((two.ask)("/work").await.0, 503);
        for answer in asked {
            two.end.notify_one();
            assert_eq!(answer.await.unwrap().0, 200);
        }
    }
}
