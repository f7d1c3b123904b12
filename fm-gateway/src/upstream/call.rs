//! One request to one upstream, until the head of its answer is there.

use super::{connection::Connection, failure::Failure, head::Head, upload::Upload, watchdog::Watchdog};
use actix_http::Method;
use std::{
    future::poll_fn,
    task::{Context, Poll},
    time::Duration,
};

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
    pub(super) upload: Upload,
    pub(super) watchdog: Watchdog,
    pub(super) times: Times,
    method: Method,
}

impl Call {
    pub fn new(connection: Connection, upload: Upload, method: Method, times: Times) -> Self {
        Call { connection, upload, watchdog: Watchdog::new(), times, method }
    }

    /// Whether the connection has carried other requests before.
    pub fn reused(&self) -> bool {
        self.connection.reused
    }

    /// Sends the request and waits for the head of the answer. An early answer is taken while the body is still being sent.
    ///
    /// # Errors
    /// See [`Failure`].
    pub async fn head(&mut self) -> Result<Head, Failure> {
        poll_fn(|cx| self.poll_head(cx)).await
    }

    fn poll_head(&mut self, cx: &mut Context<'_>) -> Poll<Result<Head, Failure>> {
        loop {
            self.poll_upload(cx)?;
            if let Some(head) = Head::read(&mut self.connection.input, &self.method).map_err(Failure::BadAnswer)? {
                return Poll::Ready(Ok(head));
            }
            match self.connection.poll_more(cx) {
                Poll::Ready(Ok(())) => self.watchdog.progress(),
                Poll::Ready(Err(e)) => return Poll::Ready(Err(Failure::Broken(e))),
                Poll::Pending => break,
            }
        }
        let (limit, failure) =
            if self.upload.starved { (self.times.client, Failure::ClientTimeout) } else { (self.times.head, Failure::HeadTimeout) };
        self.watchdog.poll(cx, limit).map(|()| Err(failure))
    }

    /// Sends on, if there is something left to send.
    pub(super) fn poll_upload(&mut self, cx: &mut Context<'_>) -> Result<(), Failure> {
        if self.upload.done {
            return Ok(());
        }
        let mut moved = false;
        let sent = self.upload.poll(&self.connection.io, cx, &mut moved);
        if moved {
            self.watchdog.progress();
        }
        match sent {
            Poll::Ready(result) => result,
            Poll::Pending => Ok(()),
        }
    }
}
