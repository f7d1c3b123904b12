//! The answer on its way to the client; what happens to it is noted when it is over.

use super::{Body, Exchange, spans};
use crate::{front::InFlight, grpc, upstream::Failure};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use hyper::body::{Frame, SizeHint};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

/// How a request ended.
#[derive(Clone, Copy, Debug)]
pub struct Outcome {
    pub status: StatusCode,
    /// Bytes of the body that were handed over.
    pub sent: u64,
    /// From the request's head to the last byte.
    pub took: Duration,
    /// False if client or upstream went away before the end.
    pub complete: bool,
    /// It lasts as long as its client likes: an event stream or a WebSocket.
    pub is_stream: bool,
}

/// A body that runs the phases `body` and `log`.
pub struct Delivery {
    body: Body,
    /// Bytes of the whole body, if they are known beforehand.
    length: Option<u64>,
    exchange: Option<Box<Exchange>>,
    status: StatusCode,
    sent: u64,
    complete: bool,
    is_stream: bool,
    /// While the answer lasts its connection knows that a request is in flight.
    _in_flight: InFlight,
}

impl Delivery {
    /// Without an exchange nothing is noted: the request never came as far as a route.
    pub fn new(status: StatusCode, body: Body, mut exchange: Option<Box<Exchange>>, in_flight: InFlight) -> Self {
        let changes = exchange.as_ref().is_some_and(|x| x.route.phases.body);
        // A plugin that changes the body may change its length.
        let length = body.length().filter(|length| !changes || *length == 0);
        let is_stream = body.is_events() || status == StatusCode::SWITCHING_PROTOCOLS;
        if let Some(exchange) = exchange.as_mut().filter(|_| is_stream) {
            // It may last for days, and its beginning is what somebody waited for.
            spans::end(&mut exchange.span, Some(&exchange.route), status, true);
        }
        Delivery { body, length, exchange, status, sent: 0, complete: length == Some(0), is_stream, _in_flight: in_flight }
    }

    fn next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, std::io::Error>>> {
        let piece = loop {
            let piece = ready!(self.body.poll_next(cx));
            match piece {
                Some(Ok(piece)) => {
                    let piece = self.changed(piece);
                    // An empty chunk would be the end of the body.
                    if !piece.is_empty() {
                        break Some(Ok(piece));
                    }
                }
                other => break other,
            }
        };
        Poll::Ready(match piece {
            Some(Ok(piece)) => {
                // Nobody asks for the end whose length is known.
                self.complete = self.body.is_ended();
                Some(Ok(piece))
            }
            Some(Err(failure)) => {
                if let Some(x) = &self.exchange {
                    let trace = x.trace.trace_id();
                    log::warn!(trace_id = trace.as_str(), route = x.route.id.as_str(); "pipeline: response to the client cut off: {failure}");
                }
                Some(Err(failure))
            }
            None => {
                self.complete = true;
                None
            }
        })
    }

    /// A piece of the body, or the trailers behind it.
    fn frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        Poll::Ready(match ready!(self.next(cx)) {
            Some(Ok(piece)) => Some(Ok(Frame::data(piece))),
            // A call of gRPC is told of its end, and of why, by trailers.
            Some(Err(failure)) if self.exchange.as_ref().is_some_and(|x| grpc::is_asked(&x.head)) => {
                Some(Ok(Frame::trailers(grpc_trailers(&failure))))
            }
            Some(Err(failure)) => Some(Err(failure)),
            None => self.body.take_trailers().map(|trailers| Ok(Frame::trailers(trailers))),
        })
    }

    fn changed(&mut self, mut piece: Bytes) -> Bytes {
        if let Some(x) = &mut self.exchange
            && x.route.phases.body
        {
            let route = x.route.clone();
            for step in route.steps.iter().rev().filter(|step| step.phases.body) {
                piece = step.step.body(x, piece);
            }
        }
        self.sent += piece.len() as u64;
        piece
    }
}

/// The trailers of a call of gRPC that has failed after its head.
fn grpc_trailers(failure: &std::io::Error) -> HeaderMap {
    match failure.get_ref().and_then(|cause| cause.downcast_ref()) {
        Some(Failure::BodyTimeout) => grpc::trailers(grpc::Code::DeadlineExceeded, "the upstream did not answer in time"),
        Some(Failure::Broken(_) | Failure::Truncated(_)) => {
            grpc::trailers(grpc::Code::Unavailable, "the upstream stopped in the middle of its answer")
        }
        _ => grpc::trailers(grpc::Code::Internal, "the upstream's answer cannot be handed on"),
    }
}

impl hyper::body::Body for Delivery {
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let this = self.get_mut();
        // A plugin that panics costs this answer, not the worker.
        match catch_unwind(AssertUnwindSafe(|| this.frame(cx))) {
            Ok(polled) => polled.map(|frame| frame.map(|result| result.map_err(Into::into))),
            Err(_) => Poll::Ready(Some(Err("a plugin panicked".into()))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_ended()
    }

    fn size_hint(&self) -> SizeHint {
        self.length.map(|length| SizeHint::with_exact(length.saturating_sub(self.sent))).unwrap_or_default()
    }
}

impl Drop for Delivery {
    fn drop(&mut self) {
        let Some(mut exchange) = self.exchange.take() else { return };
        let Delivery { status, sent, complete, is_stream, .. } = *self;
        let outcome = Outcome { status, sent, took: exchange.started.elapsed(), complete, is_stream };
        exchange.route.metrics.done(&outcome, exchange.span.context());
        spans::end(&mut exchange.span, Some(&exchange.route), outcome.status, complete);
        if let Some(recorder) = &exchange.recorder {
            recorder.end(&outcome);
        }
        if let Some(live) = &exchange.live {
            live.tell(exchange.live_request(&outcome));
        }
        if exchange.route.phases.log {
            for step in exchange.route.steps.iter().filter(|step| step.phases.log) {
                // A panic while unwinding would end the process.
                let _ = catch_unwind(AssertUnwindSafe(|| step.step.log(&exchange, &outcome)));
            }
        }
    }
}
