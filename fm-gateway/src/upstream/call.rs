//! One request to one upstream, until the head of its answer is there.

use super::{
    answer::{Head, check},
    connection::{Connection, Unanswered},
    connector::Stream,
    failure::Failure,
    upload::{Upload, Uploading},
    watchdog::Watchdog,
};
use bytes::Bytes;
use http::header::UPGRADE;
use hyper::{Request, body::Incoming};
use std::{task::Context, time::Duration};
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
    pub(super) upload: Option<Uploading>,
    pub(super) watchdog: Watchdog,
    pub(super) times: Times,
}

/// A call without an answer, and the request's body if surely nothing of it was sent, or the upstream says that it has not looked at it.
pub struct Unsent {
    pub failure: Failure,
    pub body: Option<Upload>,
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
        self.upload = request.body().uploading();
        let method = request.method().clone();
        let asked = request.headers().contains_key(UPGRADE);
        let sent = self.answered(request).await?;
        let (head, body) = sent.into_parts();
        let head = check(head, &method, asked).map_err(|why| Unsent { failure: Failure::BadAnswer(why.into()), body: None })?;
        if let Some(upload) = &self.upload {
            upload.processed();
            if !head.persistent {
                // Whoever closes after an early answer reads no more; a failed write must not cost the answer.
                upload.stop();
            }
        }
        Ok((head, body))
    }

    /// Gives the connection that has switched.
    pub fn into_io(self) -> Option<(Stream, Bytes)> {
        self.connection.into_io()
    }

    /// Whether it is made over HTTP/2.
    pub fn is_http2(&self) -> bool {
        self.connection.multiplexed().is_some()
    }

    async fn answered(&mut self, request: Request<Upload>) -> Result<hyper::Response<Incoming>, Unsent> {
        let is_http2 = self.is_http2();
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
                let failed = upload.as_ref().and_then(|upload| upload.failure());
                let failure = failed.unwrap_or_else(|| Failure::of_head(error));
                let body = match &failure {
                    Failure::Unprocessed(_) => upload.as_ref().map_or_else(|| Some(Upload::none()), |upload| upload.take_back()),
                    _ => request.map(Request::into_body),
                };
                let failure = match failure {
                    // Part of its body is gone.
                    Failure::Unprocessed(e) if body.is_none() => Failure::Broken(e),
                    // It was still waiting for its stream.
                    Failure::Broken(e) if body.is_some() && is_http2 => Failure::Unprocessed(e),
                    failure => failure,
                };
                Err(Unsent { failure, body })
            }
            Err(failure) => Err(Unsent { failure, body: None }),
        }
    }
}
