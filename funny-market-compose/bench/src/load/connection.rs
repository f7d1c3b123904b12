//! One kept HTTP/1.1 connection: enough of RFC 9112 to know where an answer ends.

use crate::Result;
use socket2::{Domain, Socket, Type};
use std::{
    io::{Read, Write},
    net::{IpAddr, SocketAddr, TcpStream},
    time::Duration,
};

const TIMEOUT: Duration = Duration::from_secs(10);

pub(crate) struct Connection {
    from: Option<IpAddr>,
    to: SocketAddr,
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    pub fn open(to: SocketAddr) -> Result<Self> {
        Self::open_from(None, to)
    }

    /// Opens one that comes from an address of this machine.
    pub fn open_from(from: Option<IpAddr>, to: SocketAddr) -> Result<Self> {
        Ok(Connection { from, to, stream: dial(from, to)?, buffer: Vec::with_capacity(64 * 1024) })
    }

    /// Opens it anew.
    pub fn again(&mut self) -> Result<()> {
        self.stream = dial(self.from, self.to)?;
        Ok(())
    }

    /// Sends a request and reads the whole answer; gives its status.
    pub fn send(&mut self, request: &[u8]) -> Result<u16> {
        self.stream.write_all(request)?;
        self.buffer.clear();
        let head = loop {
            if let Some(end) = find(&self.buffer, b"\r\n\r\n") {
                break end + 4;
            }
            self.more()?;
        };
        let text = std::str::from_utf8(&self.buffer[..head])?.to_ascii_lowercase();
        let status: u16 = text.split(' ').nth(1).unwrap_or_default().parse()?;
        let header = |name: &str| text.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix(':')).map(str::trim);
        if header("transfer-encoding").is_some_and(|v| v.contains("chunked")) {
            let mut at = head;
            while let Some(size) = self.chunk(&mut at)? {
                while self.buffer.len() < at + size + 2 {
                    self.more()?;
                }
                at += size + 2;
                if size == 0 {
                    break;
                }
            }
        } else {
            let length: usize = header("content-length").unwrap_or("0").parse()?;
            while self.buffer.len() < head + length {
                self.more()?;
            }
        }
        if header("connection").is_some_and(|v| v == "close") {
            self.again()?;
        }
        Ok(status)
    }

    /// Reads the line with a chunk's size.
    fn chunk(&mut self, at: &mut usize) -> Result<Option<usize>> {
        loop {
            if let Some(end) = find(&self.buffer[*at..], b"\r\n") {
                let line = std::str::from_utf8(&self.buffer[*at..*at + end])?;
                let size = usize::from_str_radix(line.split(';').next().unwrap_or_default().trim(), 16)?;
                *at += end + 2;
                return Ok(Some(size));
            }
            self.more()?;
        }
    }

    fn more(&mut self) -> Result<()> {
        let mut part = [0; 16 * 1024];
        match self.stream.read(&mut part)? {
            0 => Err("the connection was closed in the middle of an answer".into()),
            n => {
                self.buffer.extend_from_slice(&part[..n]);
                Ok(())
            }
        }
    }
}

fn dial(from: Option<IpAddr>, to: SocketAddr) -> Result<TcpStream> {
    let socket = Socket::new(Domain::for_address(to), Type::STREAM, None)?;
    if let Some(from) = from {
        socket.bind(&SocketAddr::new(from, 0).into())?;
    }
    socket.connect_timeout(&to.into(), TIMEOUT).map_err(|e| format!("{to}: {e}"))?;
    let stream = TcpStream::from(socket);
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    Ok(stream)
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|w| w == part)
}

#[cfg(test)]
mod tests {
    use super::Connection;
    use std::{
        io::{Read, Write},
        net::TcpListener,
        thread,
    };

    #[test]
    fn answers_end_where_their_head_says() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let to = listener.local_addr().unwrap();
        let server = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            for part in [
                &b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"[..],
                b"HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n",
                b"HTTP/1.1 204 No Content\r\n\r\n",
            ] {
                let mut request = [0; 64];
                assert!(stream.read(&mut request).unwrap() > 0);
                // Byte by byte, so that every place is one where reading stops.
                for byte in part {
                    stream.write_all(&[*byte]).unwrap();
                }
            }
        });
        let mut connection = Connection::open(to).unwrap();
        let answers: Vec<u16> = (0..3).map(|_| connection.send(b"GET / HTTP/1.1\r\n\r\n").unwrap()).collect();
        assert_eq!(answers, [200, 404, 204]);
        server.join().unwrap();
    }
}
