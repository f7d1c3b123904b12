use crossbeam_channel::{RecvTimeoutError, bounded};
use std::{
    net::{Shutdown, TcpStream},
    thread,
    time::Duration,
};

/// Breaks a connection. The client library's calls wait for ever: while the broker's heartbeats come, a queue that does not answer (it has
/// lost its leader, say) would hold a thread until somebody restarts the process.
pub(super) struct Fuse(TcpStream);

impl Fuse {
    pub fn new(socket: TcpStream) -> Self {
        Fuse(socket)
    }
    /// Does the work; if it takes longer than this the connection is broken, and the work fails.
    pub fn within<T>(&self, time: Duration, work: impl FnOnce() -> T) -> T {
        let (done, waiting) = bounded::<()>(0);
        if let Ok(socket) = self.0.try_clone() {
            thread::spawn(move || {
                if waiting.recv_timeout(time) == Err(RecvTimeoutError::Timeout) {
                    log::warn!("the message broker does not answer on an open connection, which is given up");
                    let _ = socket.shutdown(Shutdown::Both);
                }
            });
        }
        let result = work();
        drop(done);
        result
    }
}
