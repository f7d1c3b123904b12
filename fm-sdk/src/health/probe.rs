//! The question that an orchestrator has: is the instance on this machine ready?

use crate::{Error, Kind, Result, ResultExt};
use std::{
    io::{Read, Write},
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream, ToSocketAddrs},
    time::Duration,
};

const TIMEOUT: Duration = Duration::from_secs(3);
/// Far more than a report is long.
const MAX_REPORT: u64 = 64 * 1024;

/// Asks `/health/ready` of the instance that listens at `http` (`FM_HTTP`, a fixed port) and blocks for at most some seconds. Images
/// without a shell use it as their health check.
///
/// # Errors
/// `Unavailable` with the report, if the instance is not ready; else, if it does not answer.
pub fn probe(http: &str) -> Result<()> {
    let unreachable = |e: std::io::Error| Error::new(Kind::Unavailable, "silent", format!("no answer from {http}: {e}"));
    let mut address =
        http.to_socket_addrs().map_err(unreachable)?.next().ok_or_else(|| unreachable(std::io::ErrorKind::NotFound.into()))?;
    if address.port() == 0 {
        return Err(Error::new(Kind::Invalid, "no-port", format!("FM_HTTP={http} names no port to ask at")));
    }
    if address.ip().is_unspecified() {
        address = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), address.port());
    }
    let mut stream = TcpStream::connect_timeout(&address, TIMEOUT).map_err(unreachable)?;
    stream.set_read_timeout(Some(TIMEOUT)).and_then(|()| stream.set_write_timeout(Some(TIMEOUT))).internal()?;
    let request = format!("GET /health/ready HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).map_err(unreachable)?;
    let mut answer = Vec::new();
    stream.take(MAX_REPORT).read_to_end(&mut answer).map_err(unreachable)?;
    let answer = String::from_utf8_lossy(&answer);
    if answer.starts_with("HTTP/1.1 200") {
        return Ok(());
    }
    let report = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    Err(Error::new(Kind::Unavailable, "not-ready", format!("{http} is not ready: {report}")))
}

#[cfg(test)]
mod tests {
    use super::probe;
    use std::{
        io::{Read, Write},
        net::TcpListener,
    };

    fn answering(answer: &'static str) -> String {
        let listener = TcpListener::bind("0.0.0.0:0").unwrap();
        let address = format!("0.0.0.0:{}", listener.local_addr().unwrap().port());
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            // To its end: what is left unread when the connection closes would tear the answer down with it.
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                stream.read_exact(&mut byte).unwrap();
                request.push(byte[0]);
            }
            assert!(request.starts_with(b"GET /health/ready "));
            stream.write_all(answer.as_bytes()).unwrap();
        });
        address
    }

    #[test]
    fn an_instance_that_listens_everywhere_is_asked_on_loopback() {
        probe(&answering("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")).unwrap();
    }

    #[test]
    fn an_instance_that_is_not_ready_reports_the_reason() {
        let e = probe(&answering("HTTP/1.1 503 Service Unavailable\r\n\r\n{\"status\":\"failing\"}")).unwrap_err();
        assert!(e.message().contains("failing"), "{e}");
    }

    #[test]
    fn an_unreachable_instance_is_named() {
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        assert!(probe(&free).unwrap_err().message().contains(&free));
        assert_eq!(probe("127.0.0.1:0").unwrap_err().code(), "no-port");
    }
}
