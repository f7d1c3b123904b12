//! Processes that a program starts for itself, and what the kernel says of them.

use std::{
    fs, io,
    net::{SocketAddr, TcpListener},
    process::{Child, Command},
    time::Duration,
};

/// A child process that is ended when this goes out of scope.
pub struct OwnedChild(pub Child);

/// How long a process that was asked to end may take.
const TERMINATION: Duration = Duration::from_secs(5);

impl Drop for OwnedChild {
    fn drop(&mut self) {
        // Asked first: a master takes its workers along, who would go on without it.
        let _ = Command::new("kill").arg(self.0.id().to_string()).status();
        crate::poll(Duration::from_millis(10), TERMINATION, || !matches!(self.0.try_wait(), Ok(None)));
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Free ports on loopback; all at once, so that they differ.
///
/// # Errors
/// There are not so many.
pub fn free_addresses<const N: usize>() -> io::Result<[SocketAddr; N]> {
    let listeners = (0..N).map(|_| TcpListener::bind("127.0.0.1:0")).collect::<io::Result<Vec<_>>>()?;
    let addresses = listeners.iter().map(TcpListener::local_addr).collect::<io::Result<Vec<_>>>()?;
    addresses.try_into().map_err(|_| io::Error::other("too few ports"))
}

/// The resident memory of a process, in KiB.
pub fn resident(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.split_whitespace().next()?.parse().ok())
}
