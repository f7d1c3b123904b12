use super::{Client, Upstream};
use serde_json::{Value, json};
use std::{cell::RefCell, rc::Rc};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// A frame of a WebSocket (RFC 6455, 5.2), as it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// FIN and opcode.
    pub head: u8,
    pub masked: bool,
    pub payload: Vec<u8>,
}

/// How a client asks for one.
pub const HANDSHAKE: &str = "GET /ws HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\
                             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
/// How a service lets it.
pub const SWITCHES: &str = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                            Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

/// Writes a frame; clients mask theirs.
pub fn message(head: u8, payload: &[u8], masked: bool) -> Vec<u8> {
    let mask = if masked { 0x80 } else { 0 };
    let mut out = match payload.len() {
        length @ 0..126 => vec![head, length as u8 | mask],
        length @ 126..65536 => [&[head, 126 | mask][..], &(length as u16).to_be_bytes()].concat(),
        length => [&[head, 127 | mask][..], &(length as u64).to_be_bytes()].concat(),
    };
    if masked {
        let key = [7, 11, 13, 17];
        out.extend(key);
        out.extend(payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key));
    } else {
        out.extend(payload);
    }
    out
}

/// Reads a frame; `None` at the end of the connection.
pub async fn read_message(io: &mut (impl AsyncRead + Unpin), input: &mut Vec<u8>) -> Option<Message> {
    loop {
        if let Some((message, length)) = parse(input) {
            input.drain(..length);
            return Some(message);
        }
        if !io.read_buf(input).await.is_ok_and(|n| n > 0) {
            return None;
        }
    }
}

fn parse(input: &[u8]) -> Option<(Message, usize)> {
    let (head, second) = (*input.first()?, *input.get(1)?);
    let (extended, masked) = (
        match second & 0x7f {
            126 => 2,
            127 => 8,
            _ => 0,
        },
        second & 0x80 != 0,
    );
    let long = input.get(2..2 + extended)?.iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
    let length = if extended == 0 { usize::from(second & 0x7f) } else { long };
    let at = 2 + extended + if masked { 4 } else { 0 };
    let mut payload = input.get(at..at + length)?.to_vec();
    if masked {
        payload.iter_mut().zip(input[at - 4..at].iter().cycle()).for_each(|(byte, key)| *byte ^= key);
    }
    Some((Message { head, masked, payload }, at + length))
}

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    /// Reads the next frame.
    pub async fn message(&mut self) -> Option<Message> {
        super::soon(read_message(&mut self.io, &mut self.input)).await
    }
}

/// A service that answers each frame with itself and pings with pongs; and all that it has read.
pub async fn echoing() -> (Upstream, Rc<RefCell<Vec<Message>>>) {
    let read = Rc::<RefCell<Vec<Message>>>::default();
    let noted = read.clone();
    let upstream = Upstream::start(move |mut connection| {
        let noted = noted.clone();
        async move {
            if connection.request_head().await.is_none() {
                return;
            }
            connection.write(SWITCHES).await;
            while let Some(read) = read_message(&mut connection.io, &mut connection.input).await {
                noted.borrow_mut().push(read.clone());
                let head = if read.head == 0x89 { 0x8a } else { read.head };
                let _ = connection.io.write_all(&message(head, &read.payload, false)).await;
                if read.head == 0x88 {
                    return;
                }
            }
        }
    })
    .await;
    (upstream, read)
}

/// A route to a service that may switch.
pub fn switching(upstream: &Upstream) -> Value {
    json!({"plugin": "proxy", "settings": {"target": upstream.url(), "websocket": true, "stream_idle_timeout": "400ms"}})
}
