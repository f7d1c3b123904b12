use super::soon;
use serde_json::Value;
use std::net::SocketAddr;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
};

/// A client that sends bytes as they are and reads strictly.
pub struct Client<S = TcpStream> {
    pub io: S,
    pub input: Vec<u8>,
}

#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    /// Head as it came, in lower case.
    pub head: String,
    /// Head as it came.
    pub raw_head: Vec<u8>,
    pub body: Vec<u8>,
    /// The body came to the end that its framing names.
    pub complete: bool,
}

impl Reply {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {}\n{}", self.head, self.text()))
    }
    /// The code of a problem.
    pub fn code(&self) -> String {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{}\n{}", self.head, self.text());
        let problem = self.json();
        assert_eq!(problem["status"], self.status);
        assert_eq!(problem["trace_id"].as_str(), self.header("x-trace-id"));
        problem["code"].as_str().unwrap().to_owned()
    }
}

impl Client {
    pub async fn connect(address: SocketAddr) -> Client {
        Client::over(soon(TcpStream::connect(address)).await.unwrap())
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    pub fn over(io: S) -> Client<S> {
        Client { io, input: Vec::new() }
    }

    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        soon(self.io.write_all(bytes.as_ref())).await.unwrap();
    }

    /// Sends and reads the answer; the connection stays.
    pub async fn ask(&mut self, request: &str) -> Reply {
        self.send(request).await;
        self.reply_to(request).await
    }

    pub async fn reply_to(&mut self, request: &str) -> Reply {
        self.reply(request.starts_with("HEAD ")).await.expect("there is no answer")
    }

    /// Reads one answer; `None` if the connection ends before there is a head.
    pub async fn reply(&mut self, to_head: bool) -> Option<Reply> {
        let end = loop {
            if let Some(at) = find(&self.input, b"\r\n\r\n") {
                break at + 4;
            }
            if !self.more().await {
                assert!(self.input.is_empty(), "half a head: {}", String::from_utf8_lossy(&self.input));
                return None;
            }
        };
        let raw_head: Vec<u8> = self.input.drain(..end).collect();
        let head = String::from_utf8_lossy(&raw_head).to_lowercase();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let mut reply = Reply { status, head, raw_head, body: Vec::new(), complete: true };
        let length = reply.header("content-length").map(|l| l.parse::<usize>().unwrap());
        assert!(!(length.is_some() && reply.header("transfer-encoding").is_some()), "two framings: {}", reply.head);
        if to_head || matches!(status, 100..=199 | 204 | 304) {
            return Some(reply);
        }
        if reply.header("transfer-encoding") == Some("chunked") {
            while let Some(piece) = self.chunk().await {
                if piece.is_empty() {
                    return Some(reply);
                }
                reply.body.extend(piece);
            }
            reply.complete = false;
        } else if let Some(length) = length {
            while self.input.len() < length && self.more().await {}
            reply.complete = self.input.len() >= length;
            reply.body = self.input.drain(..length.min(self.input.len())).collect();
        } else {
            while self.more().await {}
            reply.body = std::mem::take(&mut self.input);
        }
        Some(reply)
    }

    /// Reads a head only.
    pub async fn head(&mut self) -> String {
        loop {
            if let Some(at) = find(&self.input, b"\r\n\r\n") {
                return String::from_utf8(self.input.drain(..at + 4).collect()).unwrap().to_lowercase();
            }
            assert!(self.more().await, "no head: {}", String::from_utf8_lossy(&self.input));
        }
    }

    /// Reads one chunk: empty at the end of the body, `None` if the connection ends before.
    pub async fn chunk(&mut self) -> Option<Vec<u8>> {
        let end = loop {
            if let Some(at) = find(&self.input, b"\r\n") {
                break at;
            }
            if !self.more().await {
                return None;
            }
        };
        let line = String::from_utf8(self.input[..end].to_vec()).unwrap();
        let size = usize::from_str_radix(&line, 16).unwrap_or_else(|_| panic!("no chunk: {line:?}"));
        while self.input.len() < end + 2 + size + 2 {
            if !self.more().await {
                return None;
            }
        }
        let chunk = self.input[end + 2..end + 2 + size].to_vec();
        assert_eq!(&self.input[end + 2 + size..end + 4 + size], b"\r\n");
        self.input.drain(..end + 4 + size);
        Some(chunk)
    }

    /// Whether the other side closes, with nothing more to read.
    pub async fn is_closed(&mut self) -> bool {
        self.input.is_empty() && !self.more().await
    }

    /// Reads some bytes; `false` at the end.
    pub async fn more(&mut self) -> bool {
        soon(self.io.read_buf(&mut self.input)).await.is_ok_and(|n| n > 0)
    }
}

pub fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|w| w == what)
}
