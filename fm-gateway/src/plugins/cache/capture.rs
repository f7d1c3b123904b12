//! Copies a body while it passes, to store it once it has come to its end.

use super::store::{Lead, Stored};
use crate::pipeline::BodyTransform;
use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use std::{io, sync::atomic::Ordering::Relaxed};

/// A copy that is not whole yet.
pub struct Capture {
    /// Gone when it has been kept or given up.
    parts: Option<Parts>,
    copy: BytesMut,
    max_bytes: usize,
    /// Counted among those under way.
    reserved: usize,
}

/// What is kept with the body.
pub struct Parts {
    pub lead: Lead,
    pub stored: Stored,
    /// The request's headers, by which the answer was chosen.
    pub request: HeaderMap,
}

impl Parts {
    pub fn keep(mut self, body: Bytes) {
        self.stored.body = body;
        self.lead.keep(self.stored, &self.request);
    }
}

impl Capture {
    pub fn new(parts: Parts, max_bytes: usize) -> Capture {
        Capture { parts: Some(parts), copy: BytesMut::new(), max_bytes, reserved: 0 }
    }

    fn keep(&mut self) {
        self.release();
        let copy = std::mem::take(&mut self.copy);
        if let Some(parts) = self.parts.take() {
            // As long as it is, not as the buffer was that has grown with it.
            parts.keep(Bytes::copy_from_slice(&copy));
        }
    }

    /// Whether so many more bytes may be copied: not more than an entry may have, and all copies not more than the store.
    fn reserve(&mut self, more: usize) -> bool {
        let Some(parts) = &self.parts else { return false };
        let store = parts.lead.store();
        self.reserved += more;
        let under_way = store.under_way.fetch_add(more, Relaxed) + more;
        self.reserved <= self.max_bytes && under_way <= store.max_bytes
    }

    fn give_up(&mut self) {
        self.release();
        if let Some(parts) = self.parts.take() {
            parts.lead.refuse();
        }
        self.copy = BytesMut::new();
    }

    fn release(&mut self) {
        if let Some(parts) = &self.parts {
            parts.lead.store().under_way.fetch_sub(std::mem::take(&mut self.reserved), Relaxed);
        }
    }
}

impl BodyTransform for Capture {
    fn piece(&mut self, piece: Bytes) -> io::Result<Bytes> {
        if self.reserve(piece.len()) {
            self.copy.extend_from_slice(&piece);
        } else {
            // Those who wait for it need not wait for the rest.
            self.give_up();
        }
        Ok(piece)
    }

    fn end(&mut self) -> io::Result<Bytes> {
        self.keep();
        Ok(Bytes::new())
    }

    fn keeps_length(&self) -> bool {
        true
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        self.release();
    }
}
