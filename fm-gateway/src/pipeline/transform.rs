//! The body of an answer that a step changes while it passes.

use super::Body;
use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use std::{
    io,
    task::{Context, Poll},
};

/// Changes a body piece by piece. It is dropped early if upstream or client go away before the end.
pub trait BodyTransform: 'static {
    /// Makes bytes of a piece; it may keep some back.
    ///
    /// # Errors
    /// The answer is cut off.
    fn piece(&mut self, piece: Bytes) -> io::Result<Bytes>;

    /// Gives what is kept back, because nothing follows at the moment: the client shall not wait for it.
    ///
    /// # Errors
    /// The answer is cut off.
    fn flush(&mut self) -> io::Result<Bytes> {
        Ok(Bytes::new())
    }

    /// Gives the rest when the whole body has passed.
    ///
    /// # Errors
    /// The answer is cut off.
    fn end(&mut self) -> io::Result<Bytes> {
        Ok(Bytes::new())
    }

    /// Whether as many bytes come out as go in.
    fn keeps_length(&self) -> bool {
        false
    }
}

/// A body, and what changes it.
pub struct Transformed {
    pub(super) body: Body,
    transform: Box<dyn BodyTransform>,
    is_ended: bool,
    /// Those of the body, which pass as they are.
    trailers: Option<HeaderMap>,
}

impl Transformed {
    pub(super) fn new(body: Body, transform: impl BodyTransform) -> Self {
        Transformed { body, transform: Box::new(transform), is_ended: false, trailers: None }
    }

    pub(super) fn length(&self) -> Option<u64> {
        self.body.length().filter(|_| self.transform.keeps_length())
    }

    pub(super) fn is_ended(&self) -> bool {
        self.is_ended && self.trailers.is_none()
    }

    pub(super) fn take_trailers(&mut self) -> Option<HeaderMap> {
        self.trailers.take()
    }

    pub(super) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        while !self.is_ended {
            let made = match self.body.poll_next(cx) {
                Poll::Ready(Some(piece)) => piece.and_then(|piece| self.pass(piece)),
                Poll::Ready(None) => {
                    self.is_ended = true;
                    self.trailers = self.body.take_trailers();
                    self.transform.end()
                }
                Poll::Pending => match self.transform.flush() {
                    Ok(kept) if kept.is_empty() => return Poll::Pending,
                    flushed => flushed,
                },
            };
            match made {
                Ok(bytes) if bytes.is_empty() => {}
                Ok(bytes) => return Poll::Ready(Some(Ok(bytes))),
                Err(failure) => {
                    self.is_ended = true;
                    return Poll::Ready(Some(Err(failure)));
                }
            }
        }
        Poll::Ready(None)
    }

    /// Ends with the last piece: nobody asks a body for more than the length that it has named.
    fn pass(&mut self, piece: Bytes) -> io::Result<Bytes> {
        let made = self.transform.piece(piece)?;
        if !self.body.is_ended() {
            return Ok(made);
        }
        self.is_ended = true;
        let rest = self.transform.end()?;
        if rest.is_empty() {
            return Ok(made);
        }
        let mut both = BytesMut::from(made);
        both.extend_from_slice(&rest);
        Ok(both.freeze())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{cell::RefCell, rc::Rc, task::Waker};

    /// Marks where pieces and the end are.
    struct Marks(Rc<RefCell<String>>);

    impl BodyTransform for Marks {
        fn piece(&mut self, piece: Bytes) -> io::Result<Bytes> {
            self.0.borrow_mut().push('p');
            if &*piece == b"bad" { Err(io::Error::other("bad")) } else { Ok(piece) }
        }
        fn end(&mut self) -> io::Result<Bytes> {
            self.0.borrow_mut().push('e');
            Ok(Bytes::from_static(b"!"))
        }
    }

    fn polled(body: &mut Body) -> Option<Result<String, String>> {
        match body.poll_next(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(polled) => polled.map(|piece| piece.map(|b| String::from_utf8_lossy(&b).into_owned()).map_err(|e| e.to_string())),
            Poll::Pending => panic!("it waits"),
        }
    }

    #[test]
    fn the_end_comes_with_the_last_piece() {
        let (inner, outer) = (Rc::<RefCell<String>>::default(), Rc::<RefCell<String>>::default());
        let mut body = Body::Bytes("abc".into()).transform(Marks(inner.clone())).transform(Marks(outer.clone()));
        assert_eq!((body.length(), body.is_ended()), (None, false));
        assert_eq!(polled(&mut body), Some(Ok("abc!!".into())));
        assert!(body.is_ended());
        assert_eq!(polled(&mut body), None);
        assert_eq!((inner.take(), outer.take()), ("pe".into(), "pe".into()));
    }

    #[test]
    fn an_empty_body_has_an_end_too() {
        let mut body = Body::Bytes(Bytes::new()).transform(Marks(Rc::default()));
        assert_eq!((polled(&mut body), polled(&mut body)), (Some(Ok("!".into())), None));
    }

    #[test]
    fn a_failure_is_no_end() {
        let marks = Rc::<RefCell<String>>::default();
        let mut body = Body::Bytes("bad".into()).transform(Marks(marks.clone()));
        assert_eq!((polled(&mut body), polled(&mut body)), (Some(Err("bad".into())), None));
        assert_eq!(marks.take(), "p");
    }

    #[test]
    fn a_body_that_is_not_sent_stays_as_it_is() {
        let body = Body::WouldBe(Some(7)).transform(Marks(Rc::default()));
        assert!(matches!(body, Body::WouldBe(Some(7))));
    }
}
