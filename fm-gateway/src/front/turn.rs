//! One request at a time: what a client sends behind a request waits until that one is answered.
//!
//! The HTTP server reads ahead, and frames an answer by what it read last: a HEAD behind a GET would take the body from the GET's answer.
//! So the socket hands it a head, then that request's body, and nothing else before the answer is through.

use super::guard;
use crate::upstream::Length;
use actix_http::{Payload, Request};
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    task::Waker,
};
use tokio::time::Instant;

/// What the server may read now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum May {
    /// A head, to its end.
    #[default]
    Head,
    /// The rest of a body, in bytes.
    Body(u64),
    /// A body in chunks, to its end.
    Chunks(ChunksEnd),
}

/// What the socket and the requests on it tell each other.
#[derive(Debug, Default)]
pub struct Talk {
    may: Cell<May>,
    head: Cell<HeadEnd>,
    /// When the head that is coming in began.
    pub(super) head_since: Cell<Option<Instant>>,
    /// A request is under way.
    pub(super) busy: Cell<bool>,
    /// Waits to hand on what was read already.
    reader: RefCell<Option<Waker>>,
}

impl Talk {
    /// Notes that a head was read, and lets its body come, until what is returned is dropped.
    pub fn begin(self: &Rc<Self>, request: &Request, payload: &Payload) -> Under {
        self.busy.set(true);
        self.head_since.set(None);
        let may = match guard::length(&request.head().headers, payload) {
            // What cannot be read is refused, and ends the connection.
            Ok(Length::None) | Err(_) => May::Body(0),
            Ok(Length::Known(length)) => May::Body(length),
            Ok(Length::Chunked) => May::Chunks(ChunksEnd::default()),
        };
        self.may.set(may);
        if may != May::Body(0) {
            self.wake();
        }
        Under(self.clone())
    }

    /// Takes note that the server gets these bytes, and says how many of them it may have.
    pub(super) fn hand_on(&self, bytes: &[u8]) -> usize {
        match self.may.get() {
            May::Chunks(mut chunks) => {
                let end = chunks.find(bytes);
                self.may.set(if end.is_some() { May::Body(0) } else { May::Chunks(chunks) });
                self.turn();
                end.unwrap_or(bytes.len())
            }
            May::Body(left) => {
                let count = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
                self.may.set(May::Body(left - count as u64));
                self.turn();
                count
            }
            May::Head => {
                if !bytes.is_empty() && self.head_since.get().is_none() {
                    self.head_since.set(Some(Instant::now()));
                }
                let mut head = self.head.get();
                let end = head.find(bytes);
                self.head.set(head);
                if end.is_some() {
                    // Its request says how long the body is.
                    self.busy.set(true);
                    self.may.set(May::Body(0));
                }
                end.unwrap_or(bytes.len())
            }
        }
    }

    /// Whether the server may have any byte.
    pub(super) fn may_read(&self) -> bool {
        self.may.get() != May::Body(0)
    }

    /// Wakes the reader when the server may have more.
    pub(super) fn wait(&self, reader: &Waker) {
        *self.reader.borrow_mut() = Some(reader.clone());
    }

    /// Lets the next head come, if the last request is through.
    fn turn(&self) {
        if !self.busy.get() && self.may.get() == May::Body(0) {
            self.may.set(May::Head);
            self.wake();
        }
    }

    fn wake(&self) {
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
    }
}

/// A request is under way.
#[derive(Debug)]
pub struct Under(Rc<Talk>);

impl Drop for Under {
    fn drop(&mut self) {
        self.0.busy.set(false);
        self.0.turn();
    }
}

/// Finds the end of a head: the first empty line behind one that is not. Lines end as leniently as the server's reader lets them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct HeadEnd {
    /// There was a line that is not empty.
    begun: bool,
    /// In the middle of a line.
    inside: bool,
}

impl HeadEnd {
    /// Gives the place behind the end.
    fn find(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut at = 0;
        while at < bytes.len() {
            if self.inside {
                at += memchr::memchr(b'\n', &bytes[at..])? + 1;
                self.inside = false;
                continue;
            }
            match bytes[at] {
                b'\n' if self.begun => {
                    *self = HeadEnd::default();
                    return Some(at + 1);
                }
                b'\r' | b'\n' => {}
                _ => (self.begun, self.inside) = (true, true),
            }
            at += 1;
        }
        None
    }
}

/// Finds the end of a body in chunks (RFC 9112, 7.1), trailers included. Whether it is well made is for the server to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ChunksEnd {
    /// In a line that begins with a chunk's size; the digits may be over.
    Size(u64, bool),
    /// So many bytes of a chunk are left, the end of its line included.
    Data(u64),
    Trailers(HeadEnd),
}

impl Default for ChunksEnd {
    fn default() -> Self {
        ChunksEnd::Size(0, false)
    }
}

impl ChunksEnd {
    /// Gives the place behind the end.
    fn find(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut at = 0;
        while at < bytes.len() {
            match self {
                ChunksEnd::Trailers(lines) => return lines.find(&bytes[at..]).map(|end| at + end),
                ChunksEnd::Data(left) => {
                    let take = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len() - at);
                    (at, *left) = (at + take, *left - take as u64);
                    if *left == 0 {
                        *self = ChunksEnd::default();
                    }
                }
                ChunksEnd::Size(size, over) => {
                    match (bytes[at], char::from(bytes[at]).to_digit(16)) {
                        // The empty line that ends the trailers may be the first one.
                        (b'\n', _) if *size == 0 => *self = ChunksEnd::Trailers(HeadEnd { begun: true, inside: false }),
                        (b'\n', _) => *self = ChunksEnd::Data(size.saturating_add(2)),
                        (_, Some(digit)) if !*over => *size = size.saturating_mul(16).saturating_add(digit.into()),
                        _ => *over = true,
                    }
                    at += 1;
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::{ChunksEnd, HeadEnd};
    use proptest::prelude::*;

    #[test]
    fn a_head_ends_with_its_first_empty_line() {
        for (text, end) in [
            ("GET / HTTP/1.1\r\nHost: h\r\n\r\nHEAD", Some(27)),
            ("GET / HTTP/1.1\nHost: h\n\nHEAD", Some(24)),
            ("\r\n\nGET / HTTP/1.1\r\n\n\n", Some(20)),
            ("\r\n\r\n\n\n", None),
            ("GET / HTTP/1.1\r\nHost: h\r\n", None),
        ] {
            assert_eq!(HeadEnd::default().find(text.as_bytes()), end, "{text:?}");
        }
    }

    #[test]
    fn a_body_in_chunks_ends_with_its_trailers() {
        for (text, end) in [
            ("0\r\n\r\nGET", Some(5)),
            ("4;x=\"0\"\r\nWiki\r\n5 \r\n0\r\n\r\n\r\n0\r\nA: b\r\n\r\nGET", Some(37)),
            ("00\r\n\r\n", Some(6)),
            ("2\r\nab\r\n0\r\n", None),
            ("ffffffffffffffffffff\r\n0\r\n\r\n", None),
        ] {
            assert_eq!(ChunksEnd::default().find(text.as_bytes()), end, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn it_makes_no_difference_for_chunks_either(text in "[\r\n012a]{0,40}", cut in 0usize..40) {
            let whole = ChunksEnd::default().find(text.as_bytes());
            let (a, b) = text.as_bytes().split_at(cut.min(text.len()));
            let mut chunks = ChunksEnd::default();
            let parts = chunks.find(a).or_else(|| chunks.find(b).map(|at| a.len() + at));
            prop_assert_eq!(whole, parts);
        }

        #[test]
        fn it_makes_no_difference_where_reading_stops(text in "[\r\na]{0,40}", cut in 0usize..40) {
            let whole = HeadEnd::default().find(text.as_bytes());
            let (a, b) = text.as_bytes().split_at(cut.min(text.len()));
            let mut head = HeadEnd::default();
            let parts = head.find(a).or_else(|| head.find(b).map(|at| a.len() + at));
            prop_assert_eq!(whole, parts);
        }
    }
}
