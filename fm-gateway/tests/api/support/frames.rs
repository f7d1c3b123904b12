use super::soon;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::client::TlsStream;

/// A client of HTTP/2 that sends frames as they are (RFC 9113, 4.1).
pub struct Frames {
    pub io: TlsStream<TcpStream>,
    input: Vec<u8>,
}

/// A frame as it came.
#[derive(Debug, PartialEq, Eq)]
pub struct Frame {
    pub kind: u8,
    pub flags: u8,
    pub stream: u32,
    pub payload: Vec<u8>,
}

/// The bytes of a frame.
pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// A header that is written out and not remembered (RFC 7541, 6.2.2).
pub fn literal(name: &str, value: &str) -> Vec<u8> {
    assert!(name.len() < 127 && value.len() < 127);
    [&[0, name.len() as u8][..], name.as_bytes(), &[value.len() as u8], value.as_bytes()].concat()
}

/// `:method: GET` and `:scheme: https`, from the table that all know (RFC 7541, A).
pub fn indexed() -> Vec<u8> {
    vec![0x82, 0x87]
}

/// HEADERS of a whole request with these fields.
pub fn head(stream: u32, fields: &[Vec<u8>]) -> Vec<u8> {
    frame(1, 5, stream, &[&indexed()[..], &fields.concat()].concat())
}

impl Frames {
    /// Says that it speaks HTTP/2.
    pub async fn start(mut io: TlsStream<TcpStream>) -> Frames {
        io.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
        io.write_all(&frame(4, 0, 0, &[])).await.unwrap();
        Frames { io, input: Vec::new() }
    }

    /// Sends as much as the other side takes; whether it took all.
    pub async fn send(&mut self, bytes: &[u8]) -> bool {
        soon(self.io.write_all(bytes)).await.is_ok() && self.io.flush().await.is_ok()
    }

    /// Reads one frame; `None` if the connection ends.
    pub async fn next(&mut self) -> Option<Frame> {
        loop {
            if self.input.len() >= 9 {
                let length = u32::from_be_bytes([0, self.input[0], self.input[1], self.input[2]]) as usize;
                if self.input.len() >= 9 + length {
                    let bytes: Vec<u8> = self.input.drain(..9 + length).collect();
                    let stream = u32::from_be_bytes([bytes[5], bytes[6], bytes[7], bytes[8]]);
                    return Some(Frame { kind: bytes[3], flags: bytes[4], stream, payload: bytes[9..].to_vec() });
                }
            }
            if !soon(self.io.read_buf(&mut self.input)).await.is_ok_and(|n| n > 0) {
                return None;
            }
        }
    }

    /// Reads until a stream is answered or reset, or all is over: the bytes of the head of the answer, or the code of the error.
    pub async fn outcome(&mut self, stream: u32) -> Result<Vec<u8>, u32> {
        let code = |payload: &[u8]| u32::from_be_bytes(payload.try_into().unwrap());
        while let Some(frame) = self.next().await {
            match frame.kind {
                1 if frame.stream == stream => return Ok(frame.payload),
                3 if frame.stream == stream => return Err(code(&frame.payload)),
                7 if frame.payload[4..8] != [0; 4] => return Err(code(&frame.payload[4..8])),
                _ => {}
            }
        }
        Err(u32::MAX)
    }
}
