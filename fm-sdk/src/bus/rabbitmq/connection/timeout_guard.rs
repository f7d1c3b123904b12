use crossbeam_channel::{RecvTimeoutError, bounded};
use std::{
    net::{Shutdown, TcpStream},
    thread,
    time::Duration,
};

/// Breaks a connection that does not answer. The client library's calls wait without a limit: while the broker's heartbeats come, a queue
/// that does not answer (it has lost its leader, say) would hold a thread until somebody restarts the process.
pub(in super::super) struct TimeoutGuard(TcpStream);

impl TimeoutGuard {
    pub fn new(socket: TcpStream) -> Self {
        TimeoutGuard(socket)
    }
    /// Does the work; if it takes longer than this the connection is broken, and the work fails.
    pub fn within<T>(&self, time: Duration, work: impl FnOnce() -> T) -> T {
        let (done, waiting) = bounded::<()>(0);
        if let Ok(socket) = self.0.try_clone() {
            thread::spawn(move || {
                if waiting.recv_timeout(time) == Err(RecvTimeoutError::Timeout) {
                    log::warn!(timeout_s = time.as_secs(); "bus: the broker does not answer on an open connection, closing it");
                    let _ = socket.shutdown(Shutdown::Both);
                }
            });
        }
        let result = work();
        drop(done);
        result
    }
}
