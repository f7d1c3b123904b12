//! One request to one upstream, until the head of its answer is there.

use super::{
    answer::{Head, check},
    connection::{Connection, Unanswered},
    connector::Stream,
    failure::Failure,
    upload::{Progress, Upload},
    watchdog::Watchdog,
};
use bytes::Bytes;
use http::header::UPGRADE;
use hyper::{Request, body::Incoming};
use std::{rc::Rc, task::Context, time::Duration};
use tokio::time::Instant;

/// How long each part may stand still. Zero means for ever.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    pub connect: Duration,
    /// From the last byte sent to the head of the answer.
    pub head: Duration,
    /// Between two pieces of the answer's body.
    pub idle: Duration,
    /// Between two pieces of the client's body.
    pub client: Duration,
}

/// A request that is being sent. Dropping it closes the connection, which tells the upstream to stop.
pub struct Call {
    pub(super) connection: Connection,
    pub(super) upload: Option<Rc<Progress>>,
    pub(super) watchdog: Watchdog,
    pub(super) times: Times,
}

/// A call without an answer, and the request if surely nothing of it was sent.
pub struct Unsent {
    pub failure: Failure,
    pub request: Option<Request<Upload>>,
}

impl Call {
    /// Makes a call on a connection; it is over at `deadline`, whatever moves.
    pub fn new(connection: Connection, times: Times, deadline: Option<Instant>) -> Self {
        Call { connection, upload: None, watchdog: Watchdog::new(deadline), times }
    }

    /// Whether the connection has carried other requests before.
    pub fn reused(&self) -> bool {
        self.connection.reused
    }

    /// Sends the request and waits for the head of the answer. An early answer is taken while the body is still being sent.
    ///
    /// # Errors
    /// See [`Failure`].
    pub async fn send(&mut self, request: Request<Upload>) -> Result<(Head, Incoming), Unsent> {
        self.upload = request.body().progress();
        let method = request.method().clone();
        let asked = request.headers().contains_key(UPGRADE);
        let sent = self.answered(request).await?;
        let (head, body) = sent.into_parts();
        let head = check(head, &method, asked).map_err(|why| Unsent { failure: Failure::BadAnswer(why.into()), request: None })?;
        if let Some(upload) = &self.upload
            && !head.persistent
        {
            // Whoever closes after an early answer reads no more; a failed write must not cost the answer.
            upload.stop();
        }
        Ok((head, body))
    }

    /// Gives the connection that has switched.
    pub fn into_io(self) -> Option<(Stream, Bytes)> {
        self.connection.into_io()
    }

    async fn answered(&mut self, request: Request<Upload>) -> Result<hyper::Response<Incoming>, Unsent> {
        let Call { connection, upload, watchdog, times } = self;
        let overdue = |cx: &mut Context<'_>| {
            if upload.as_ref().is_some_and(|upload| upload.moved()) {
                watchdog.progress();
            }
            let (limit, failure) = match upload {
                Some(upload) if upload.is_starved() => (times.client, Failure::ClientTimeout),
                _ => (times.head, Failure::HeadTimeout),
            };
            watchdog.poll(cx, limit).map(|()| failure)
        };
        match connection.send(request, overdue).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(Unanswered { error, request })) => {
                let failure = upload.as_ref().and_then(|upload| upload.failure()).unwrap_or_else(|| Failure::of_head(error));
                Err(Unsent { failure, request })
            }
            Err(failure) => Err(Unsent { failure, request: None }),
        }
    }
}
