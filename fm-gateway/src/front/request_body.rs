//! The body of a client's request. Whoever drops it before its end leaves the rest to its connection, which reads past it, within bounds.

use super::{body_copy::BodyCopy, state::ConnectionState, tunnel::Tunnel};
use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use std::{
    future::poll_fn,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready},
};

/// Why a body does not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    #[error(transparent)]
    Broken(#[from] hyper::Error),
    /// A line feed alone ended the body for whoever takes that for an end; hyper has read on (RFC 9112, 7.1.2).
    #[error("the trailers are no fields")]
    Trailers,
}

/// Why a body was not read ahead.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("the request body is too large")]
    TooLarge,
    #[error(transparent)]
    Broken(#[from] BodyError),
}

/// A request's body.
pub struct RequestBody {
    incoming: Option<Incoming>,
    /// What was read ahead, and comes before the rest.
    ahead: Bytes,
    /// Where what passes is copied to. What is read ahead has passed.
    copies: Vec<BodyCopy>,
    state: Rc<ConnectionState>,
    /// The client waits to be asked for it, and was not.
    uninvited: bool,
}

impl RequestBody {
    /// `expects`: the client sends it only when it is asked to (RFC 9110, 10.1.1), which reading does.
    pub fn new(incoming: Incoming, state: Rc<ConnectionState>, expects: bool) -> Self {
        let uninvited = expects && !incoming.is_end_stream();
        RequestBody { incoming: Some(incoming), ahead: Bytes::new(), copies: Vec::new(), state, uninvited }
    }

    /// Whether there is a body that the client was never asked for: what follows on the connection is in doubt.
    pub fn is_uninvited(&self) -> bool {
        self.uninvited
    }

    /// Reads all of it, and gives it again to whoever reads it then; `limit` bounds it, in bytes. Trailers end here.
    ///
    /// # Errors
    /// See [`ReadError`]; the request cannot be sent on then.
    pub async fn read_ahead(&mut self, limit: u64) -> Result<Bytes, ReadError> {
        let mut all = BytesMut::new();
        while let Some(frame) = poll_fn(|cx| Pin::new(&mut *self).poll_frame(cx)).await {
            let Ok(piece) = frame?.into_data() else { continue };
            if (all.len() + piece.len()) as u64 > limit {
                return Err(ReadError::TooLarge);
            }
            all.extend_from_slice(&piece);
        }
        self.incoming = None;
        self.ahead = all.freeze();
        Ok(self.ahead.clone())
    }

    /// Gives back what was read: it comes before the rest once more.
    pub fn put_back(&mut self, pieces: Vec<Bytes>) {
        self.ahead = match <[Bytes; 1]>::try_from(pieces) {
            Ok([piece]) => piece,
            Err(pieces) => pieces.concat().into(),
        };
    }

    /// Copies what passes from here on; what was read ahead, too.
    pub fn copy_to(&mut self, mut copy: BodyCopy) {
        copy.piece(&self.ahead);
        if self.incoming.is_none() {
            copy.end();
        }
        self.copies.push(copy);
    }

    /// Makes of the connection a WebSocket, once its answer says so.
    pub fn switch(&self, tunnel: Tunnel) {
        self.state.set_tunnel(Some(tunnel));
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        self.uninvited = false;
        if !self.ahead.is_empty() {
            return Poll::Ready(Some(Ok(Frame::data(std::mem::take(&mut self.ahead)))));
        }
        let Some(incoming) = &mut self.incoming else { return Poll::Ready(None) };
        let frame = ready!(Pin::new(incoming).poll_frame(cx));
        if let Some(Ok(frame)) = &frame
            && !self.state.is_multiplexed()
            && has_no_fields(frame)
        {
            self.state.doubt();
            return Poll::Ready(Some(Err(BodyError::Trailers)));
        }
        match &frame {
            Some(Ok(frame)) => frame.data_ref().into_iter().for_each(|piece| self.copies.iter_mut().for_each(|copy| copy.piece(piece))),
            Some(Err(_)) => self.copies.clear(),
            None => self.copies.iter_mut().for_each(BodyCopy::end),
        }
        Poll::Ready(frame.map(|frame| frame.map_err(BodyError::Broken)))
    }

    fn is_end_stream(&self) -> bool {
        self.ahead.is_empty() && self.incoming.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        // It is read ahead as a whole.
        self.incoming.as_ref().map_or_else(|| SizeHint::with_exact(self.ahead.len() as u64), Body::size_hint)
    }
}

impl Drop for RequestBody {
    fn drop(&mut self) {
        if let Some(incoming) = self.incoming.take().filter(|incoming| !self.uninvited && !incoming.is_end_stream()) {
            self.state.read_past(incoming);
        }
    }
}

/// Whether it is a trailer section in which hyper found no field, though it is not empty.
pub fn has_no_fields(frame: &Frame<Bytes>) -> bool {
    frame.trailers_ref().is_some_and(HeaderMap::is_empty)
}
