//! A copy of a request's body, made while it passes.

use bytes::{Bytes, BytesMut};

type Done = Box<dyn FnOnce(Option<Bytes>)>;

/// Collects what passes, and hands it over once it is whole; it holds nothing up.
pub struct BodyCopy {
    collected: BytesMut,
    /// Bytes of the whole body, if they are known beforehand: nobody may read on to its end then.
    expected: Option<u64>,
    limit: usize,
    /// Gone when it was called.
    done: Option<Done>,
}

impl BodyCopy {
    /// `done` gets the body, or nothing if it has more bytes than `limit` or does not come to its end.
    pub fn new(expected: Option<u64>, limit: usize, done: impl FnOnce(Option<Bytes>) + 'static) -> Self {
        BodyCopy { collected: BytesMut::new(), expected, limit, done: Some(Box::new(done)) }
    }

    pub(super) fn piece(&mut self, piece: &[u8]) {
        if self.done.is_none() {
            return;
        }
        if self.collected.len() + piece.len() > self.limit {
            self.collected = BytesMut::new();
            self.finish(None);
            return;
        }
        self.collected.extend_from_slice(piece);
        if self.expected == Some(self.collected.len() as u64) {
            self.end();
        }
    }

    /// There is nothing more.
    pub(super) fn end(&mut self) {
        let is_whole = self.expected.is_none_or(|length| length == self.collected.len() as u64);
        let body = std::mem::take(&mut self.collected).freeze();
        self.finish(is_whole.then_some(body));
    }

    fn finish(&mut self, body: Option<Bytes>) {
        if let Some(done) = self.done.take() {
            done(body);
        }
    }
}

impl Drop for BodyCopy {
    fn drop(&mut self) {
        self.finish(None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{cell::RefCell, rc::Rc};

    type Given = Rc<RefCell<Vec<Option<Bytes>>>>;

    fn copy(expected: Option<u64>, limit: usize) -> (BodyCopy, Given) {
        let given = Given::default();
        let kept = given.clone();
        (BodyCopy::new(expected, limit, move |body| kept.borrow_mut().push(body)), given)
    }

    #[test]
    fn a_body_of_a_known_length_is_whole_with_its_last_byte() {
        let (mut copy, given) = copy(Some(4), 4);
        copy.piece(b"ab");
        assert!(given.borrow().is_empty());
        copy.piece(b"cd");
        copy.end();
        drop(copy);
        assert_eq!(*given.borrow(), [Some(Bytes::from("abcd"))]);
    }

    #[test]
    fn a_body_of_an_unknown_length_is_whole_at_its_end() {
        let (mut copy, given) = copy(None, 4);
        copy.piece(b"abc");
        assert!(given.borrow().is_empty());
        copy.end();
        assert_eq!(*given.borrow(), [Some(Bytes::from("abc"))]);
    }

    #[test]
    fn a_too_long_or_truncated_body_is_reported_once() {
        for (expected, pieces, ends) in
            [(None, vec!["abc", "de", "f"], true), (Some(4), vec!["abc"], true), (Some(4), vec!["abc"], false), (None, vec![], false)]
        {
            let (mut copy, given) = copy(expected, 4);
            pieces.iter().for_each(|piece| copy.piece(piece.as_bytes()));
            if ends {
                copy.end();
            }
            drop(copy);
            assert_eq!(*given.borrow(), [None], "{expected:?} {pieces:?}");
        }
    }
}
