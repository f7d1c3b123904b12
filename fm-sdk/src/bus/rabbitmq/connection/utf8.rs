//! The client library takes every string of the protocol for UTF-8 and gives the whole connection up at one that is not. AMQP 0-9-1 (4.2.5.3)
//! does not demand it, so one foreign message would cost the connection again and again. This stream puts `?` for each byte that is not
//! UTF-8 in the strings of arriving deliveries; lengths stay as they are, and bodies are not touched.

use mio::{Evented, Poll, PollOpt, Ready, Token};
use std::io::{Error, ErrorKind, Read, Result, Write};

const METHOD: u8 = 1;
const HEADER: u8 = 2;
/// Type, channel, size before the payload and one byte behind it.
const AROUND: usize = 8;

/// A stream whose arriving frames are clean.
pub(super) struct Utf8Stream<S> {
    inner: S,
    /// Arrived: clean up to `clean`, handed out up to `taken`.
    buffer: Vec<u8>,
    clean: usize,
    taken: usize,
}

impl<S> Utf8Stream<S> {
    pub fn new(inner: S) -> Self {
        Utf8Stream { inner, buffer: Vec::new(), clean: 0, taken: 0 }
    }
    fn hand_out(&mut self, to: &mut [u8]) -> usize {
        let n = to.len().min(self.clean - self.taken);
        to[..n].copy_from_slice(&self.buffer[self.taken..self.taken + n]);
        self.taken += n;
        if self.taken == self.clean {
            self.buffer.drain(..self.clean);
            (self.clean, self.taken) = (0, 0);
        }
        n
    }
    fn clean_frames(&mut self) {
        while let Some(frame) = self.buffer.get_mut(self.clean..).and_then(whole_frame) {
            let length = frame.len();
            let (kind, payload) = (frame[0], &mut frame[AROUND - 1..length - 1]);
            // What cannot be followed is left alone: the library judges it.
            let _ = match kind {
                METHOD => clean_method(payload),
                HEADER => clean_header(payload),
                _ => Some(()),
            };
            self.clean += length;
        }
    }
}

impl<S: Read> Read for Utf8Stream<S> {
    fn read(&mut self, to: &mut [u8]) -> Result<usize> {
        let mut arrived = [0; 16 << 10];
        while self.clean == self.taken {
            match self.inner.read(&mut arrived)? {
                0 => return Ok(0),
                n => self.buffer.extend_from_slice(&arrived[..n]),
            }
            self.clean_frames();
        }
        if to.is_empty() { Err(Error::from(ErrorKind::InvalidInput)) } else { Ok(self.hand_out(to)) }
    }
}

impl<S: Write> Write for Utf8Stream<S> {
    fn write(&mut self, from: &[u8]) -> Result<usize> {
        self.inner.write(from)
    }
    fn flush(&mut self) -> Result<()> {
        self.inner.flush()
    }
}

impl<S: Evented> Evented for Utf8Stream<S> {
    fn register(&self, poll: &Poll, token: Token, interest: Ready, opts: PollOpt) -> Result<()> {
        self.inner.register(poll, token, interest, opts)
    }
    fn reregister(&self, poll: &Poll, token: Token, interest: Ready, opts: PollOpt) -> Result<()> {
        self.inner.reregister(poll, token, interest, opts)
    }
    fn deregister(&self, poll: &Poll) -> Result<()> {
        self.inner.deregister(poll)
    }
}

fn whole_frame(bytes: &mut [u8]) -> Option<&mut [u8]> {
    let size = u32::from_be_bytes(bytes.get(3..7)?.try_into().ok()?);
    bytes.get_mut(..usize::try_from(size).ok()? + AROUND)
}

/// `basic.deliver`, `basic.get-ok`, `basic.return`: the ones with names that strangers chose.
fn clean_method(payload: &mut [u8]) -> Option<()> {
    let mut c = Cursor { bytes: payload };
    match (c.u16()?, c.u16()?) {
        (60, 60) => {
            c.short()?;
            c.skip(9)?;
        }
        (60, 71) => c.skip(9)?,
        (60, 50) => {
            c.skip(2)?;
            c.short()?;
        }
        _ => return Some(()),
    }
    c.short()?;
    c.short()
}

/// The properties of a message.
fn clean_header(payload: &mut [u8]) -> Option<()> {
    let mut c = Cursor { bytes: payload };
    c.skip(12)?;
    let flags = c.u16()?;
    for bit in (2..16).rev().filter(|bit| flags & (1 << bit) != 0) {
        match bit {
            13 => c.table()?,
            12 | 11 => c.skip(1)?,
            6 => c.skip(8)?,
            _ => c.short()?,
        }
    }
    Some(())
}

struct Cursor<'a> {
    bytes: &'a mut [u8],
}

impl<'a> Cursor<'a> {
    fn take(&mut self, n: usize) -> Option<&'a mut [u8]> {
        let (head, rest) = std::mem::take(&mut self.bytes).split_at_mut_checked(n)?;
        self.bytes = rest;
        Some(head)
    }
    fn skip(&mut self, n: usize) -> Option<()> {
        self.take(n).map(drop)
    }
    fn u16(&mut self) -> Option<u16> {
        Some(u16::from_be_bytes((*self.take(2)?).try_into().ok()?))
    }
    fn length(&mut self) -> Option<usize> {
        usize::try_from(u32::from_be_bytes((*self.take(4)?).try_into().ok()?)).ok()
    }
    fn short(&mut self) -> Option<()> {
        let n = self.take(1)?[0];
        clean_text(self.take(n.into())?);
        Some(())
    }
    fn table(&mut self) -> Option<()> {
        let n = self.length()?;
        let mut inner = Cursor { bytes: self.take(n)? };
        while !inner.bytes.is_empty() {
            inner.short()?;
            inner.value()?;
        }
        Some(())
    }
    /// <https://www.rabbitmq.com/amqp-0-9-1-errata#section_3>
    fn value(&mut self) -> Option<()> {
        match self.take(1)?[0] {
            b't' | b'b' | b'B' => self.skip(1),
            b's' | b'U' | b'u' => self.skip(2),
            b'I' | b'i' | b'f' => self.skip(4),
            b'D' => self.skip(5),
            b'L' | b'l' | b'd' | b'T' => self.skip(8),
            b'V' => Some(()),
            b'F' => self.table(),
            b'x' => {
                let n = self.length()?;
                self.skip(n)
            }
            b'S' => {
                let n = self.length()?;
                clean_text(self.take(n)?);
                Some(())
            }
            b'A' => {
                let n = self.length()?;
                let mut inner = Cursor { bytes: self.take(n)? };
                while !inner.bytes.is_empty() {
                    inner.value()?;
                }
                Some(())
            }
            _ => None,
        }
    }
}

fn clean_text(mut text: &mut [u8]) {
    while let Err(e) = std::str::from_utf8(text) {
        let from = e.valid_up_to();
        let to = e.error_len().map_or(text.len(), |n| from + n);
        text[from..to].fill(b'?');
        text = &mut text[to..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cleaned(bytes: &[u8]) -> Vec<u8> {
        let mut b = bytes.to_vec();
        clean_text(&mut b);
        b
    }

    #[test]
    fn only_what_is_not_utf8_is_replaced_and_nothing_moves() {
        assert_eq!(cleaned("ü ok".as_bytes()), "ü ok".as_bytes());
        assert_eq!(cleaned(b"a\xff\xfeb\xc3"), b"a??b?");
        assert_eq!(cleaned(b"\xe2\x82x\xe2\x82\xac"), "??x€".as_bytes());
    }

    #[test]
    fn nested_headers_and_properties_are_cleaned() {
        let name = |n: &[u8]| [&[u8::try_from(n.len()).unwrap()][..], n].concat();
        let long = |b: &[u8]| [&u32::try_from(b.len()).unwrap().to_be_bytes()[..], b].concat();
        let list = long(&[b"S".to_vec(), long(b"\xff"), b"l".to_vec(), vec![0xff; 8]].concat());
        let table = long(&[name(b"k\xff"), b"A".to_vec(), list, name(b"raw"), b"x".to_vec(), long(b"\xff")].concat());
        let head = [&[0, 60, 0, 0][..], &[0; 8], &0b1010_0000_1000_0000u16.to_be_bytes()].concat();
        let mut payload = [head, name(b"te\xffxt"), table, name(b"id\xff")].concat();
        let before = payload.clone();
        assert_eq!(clean_header(&mut payload), Some(()));
        let changed: Vec<usize> = (0..before.len()).filter(|i| before[*i] != payload[*i]).collect();
        // The numbers and the byte array keep their bytes.
        assert_eq!((changed.len(), changed.iter().all(|i| payload[*i] == b'?')), (4, true));
    }

    #[test]
    fn torn_frames_wait_and_broken_ones_do_not_panic() {
        assert!(whole_frame(&mut [1, 0, 1, 0, 0, 0, 9, 0]).is_none());
        for n in 0..40 {
            clean_header(&mut vec![0xff; n]);
            clean_method(&mut [&[0, 60, 0, 60][..], &vec![0xff; n]].concat());
        }
    }
}
