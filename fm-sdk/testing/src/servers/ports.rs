//! Free ports on loopback.

use std::net::TcpListener;

/// Gives `N` different ports that were free just now; bind them soon, and try again with others if somebody was faster.
///
/// # Errors
/// No socket can be opened.
pub fn free_ports<const N: usize>() -> std::io::Result<[u16; N]> {
    // All are open at the same time, or the system could give one of them twice.
    let mut open = Vec::with_capacity(N);
    let mut ports = [0; N];
    for port in &mut ports {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        *port = listener.local_addr()?.port();
        open.push(listener);
    }
    Ok(ports)
}
