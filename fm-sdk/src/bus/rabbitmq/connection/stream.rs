//! The stream under a connection. The client library reads until nothing more is there, and dispatches every frame before it reads again:
//! so a read that would block is the moment at which all that has arrived lies in the receivers, and the one to wake those who wait for it.

use super::{signals::Signals, utf8::Utf8Stream};
use amiquip::IoStream;
use mio::{Evented, Poll, PollOpt, Ready, Token};
use std::{
    io::{ErrorKind, Read, Result, Write},
    sync::Arc,
};

/// A stream that tells when frames have arrived, when the broker is slow to take data, and when it has ended.
pub(super) struct SignallingStream<S> {
    inner: Utf8Stream<S>,
    signals: Arc<Signals>,
    /// Something was read since the last signal.
    arrived: bool,
}

impl<S> SignallingStream<S> {
    pub fn new(inner: S, signals: Arc<Signals>) -> Self {
        SignallingStream { inner: Utf8Stream::new(inner), signals, arrived: false }
    }
}

impl<S: Read> Read for SignallingStream<S> {
    fn read(&mut self, to: &mut [u8]) -> Result<usize> {
        let result = self.inner.read(to);
        match &result {
            Ok(_) => self.arrived = true,
            Err(e) if e.kind() == ErrorKind::WouldBlock && std::mem::take(&mut self.arrived) => self.signals.arrived(),
            Err(_) => {}
        }
        result
    }
}

impl<S: Write> Write for SignallingStream<S> {
    fn write(&mut self, from: &[u8]) -> Result<usize> {
        let result = self.inner.write(from);
        // The library offers all that it has.
        self.signals.wrote(result.as_ref().is_ok_and(|n| *n == from.len()));
        result
    }
    fn flush(&mut self) -> Result<()> {
        self.inner.flush()
    }
}

impl<S: Evented> Evented for SignallingStream<S> {
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

impl<S: Read + Write + Evented + Send + 'static> IoStream for SignallingStream<S> {}

/// The I/O thread drops its stream when it gives the connection up, for whatever reason.
impl<S> Drop for SignallingStream<S> {
    fn drop(&mut self) {
        self.signals.ended();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        collections::VecDeque,
        io::Error,
        sync::atomic::{AtomicUsize, Ordering::SeqCst},
    };

    /// Gives these results in turn, then would block.
    struct Script(VecDeque<Result<usize>>);
    impl Script {
        fn next(&mut self) -> Result<usize> {
            self.0.pop_front().unwrap_or_else(|| Err(ErrorKind::WouldBlock.into()))
        }
    }
    impl Read for Script {
        fn read(&mut self, to: &mut [u8]) -> Result<usize> {
            let n = self.next()?;
            // A heartbeat (AMQP 0-9-1, 4.2.7).
            to[..n].copy_from_slice(&[8, 0, 0, 0, 0, 0, 0, 0xce]);
            Ok(n)
        }
    }
    impl Write for Script {
        fn write(&mut self, _: &[u8]) -> Result<usize> {
            self.next()
        }
        fn flush(&mut self) -> Result<()> {
            Ok(())
        }
    }

    fn counted() -> (Arc<Signals>, [Arc<AtomicUsize>; 3]) {
        let counts: [Arc<AtomicUsize>; 3] = Default::default();
        let [readables, writables, ends] = counts.clone();
        let signals = Signals::new(move || {
            ends.fetch_add(1, SeqCst);
        });
        signals.on_readable(move || {
            readables.fetch_add(1, SeqCst);
        });
        signals.on_writable(move || {
            writables.fetch_add(1, SeqCst);
        });
        (Arc::new(signals), counts)
    }

    #[test]
    fn readable_is_signalled_once_all_has_been_read_and_never_without_data() {
        let (signals, [readables, ..]) = counted();
        let mut stream = SignallingStream::new(Script([Ok(8), Ok(8)].into()), signals);
        let mut to = [0; 64];
        assert_eq!((stream.read(&mut to).unwrap(), stream.read(&mut to).unwrap(), readables.load(SeqCst)), (8, 8, 0));
        for _ in 0..2 {
            assert!(stream.read(&mut to).is_err());
            assert_eq!(readables.load(SeqCst), 1);
        }
    }

    #[test]
    fn a_stream_is_congested_from_the_first_incomplete_write_to_the_next_complete_one() {
        let (signals, [_, writables, _]) = counted();
        let script = Script([Ok(4), Ok(2), Err(Error::from(ErrorKind::WouldBlock)), Ok(4), Ok(4)].into());
        let mut stream = SignallingStream::new(script, signals.clone());
        let congested: Vec<bool> = (0..5)
            .map(|_| {
                let _ = stream.write(&[0; 4]);
                signals.is_congested()
            })
            .collect();
        assert_eq!((congested, writables.load(SeqCst)), (vec![false, true, true, false, false], 1));
    }

    #[test]
    fn the_end_of_the_stream_is_signalled() {
        let (signals, [_, _, ends]) = counted();
        drop(SignallingStream::new(Script(VecDeque::new()), signals));
        assert_eq!(ends.load(SeqCst), 1);
    }
}
