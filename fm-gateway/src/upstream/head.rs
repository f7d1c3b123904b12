//! Reads the head of an answer and decides how its body ends (RFC 9112, 6.3).

use super::chunked::Chunked;
use actix_http::{
    Method, StatusCode,
    header::{self, HeaderMap, HeaderName, HeaderValue},
};
use bytes::BytesMut;

const LIMIT: usize = 64 * 1024;
const HEADERS: usize = 100;

/// How the end of a body is known.
#[derive(Debug)]
pub enum Framing {
    None,
    Length(u64),
    Chunked(Chunked),
    UntilClose,
}

/// An answer's head, without the headers that belong to the upstream's connection.
#[derive(Debug)]
pub struct Head {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub framing: Framing,
    /// What `Content-Length` says where there is no body: HEAD and 304.
    pub would_be: Option<u64>,
    /// The connection may carry another request.
    pub reusable: bool,
}

/// Framing, as the headers say it.
#[derive(Default)]
struct Said {
    length: Option<u64>,
    chunked: bool,
    close: bool,
    keep_alive: bool,
    named: Vec<HeaderName>,
}

impl Head {
    /// Takes a final head out of what was read; interim ones (1xx) are swallowed. `None`: more bytes are needed.
    ///
    /// # Errors
    /// What breaks HTTP, or could be read in two ways.
    pub fn read(input: &mut BytesMut, method: &Method) -> Result<Option<Head>, &'static str> {
        loop {
            match Head::read_one(input, method)? {
                // Nobody asked this upstream to switch, so it may not.
                Some(head) if head.status == StatusCode::SWITCHING_PROTOCOLS => return Err("101 that nobody asked for"),
                Some(head) if head.status.is_informational() => {}
                other => return Ok(other),
            }
        }
    }

    fn read_one(input: &mut BytesMut, method: &Method) -> Result<Option<Head>, &'static str> {
        if input.is_empty() {
            return Ok(None);
        }
        let mut space = [httparse::EMPTY_HEADER; HEADERS];
        let mut parsed = httparse::Response::new(&mut space);
        let length = match parsed.parse(input) {
            Ok(httparse::Status::Complete(length)) => length,
            Ok(httparse::Status::Partial) if input.len() > LIMIT => return Err("the head is too large"),
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(_) => return Err("the head cannot be read"),
        };
        let (Some(version), Some(code)) = (parsed.version, parsed.code) else { return Err("the head cannot be read") };
        let status = StatusCode::from_u16(code).map_err(|_| "the status is no number from 100 to 999")?;

        // The ranges are kept and the bytes shared, so that no value is copied.
        let base = input.as_ptr() as usize;
        let range = |part: &[u8]| (part.as_ptr() as usize - base, part.len());
        let mut ranges = [((0, 0), (0, 0)); HEADERS];
        let count = parsed.headers.len();
        for (at, h) in parsed.headers.iter().enumerate() {
            // An empty value may point anywhere.
            ranges[at] = (range(h.name.as_bytes()), if h.value.is_empty() { (0, 0) } else { range(h.value) });
        }
        let bytes = input.split_to(length).freeze();

        let mut headers = HeaderMap::with_capacity(count);
        let mut said = Said::default();
        for &((name, name_length), (value, value_length)) in &ranges[..count] {
            let name = HeaderName::from_bytes(&bytes[name..name + name_length]).map_err(|_| "a header's name cannot be read")?;
            let value =
                HeaderValue::from_maybe_shared(bytes.slice(value..value + value_length)).map_err(|_| "a header's value cannot be read")?;
            if !said.hear(&name, &value, version)? {
                headers.append(name, value);
            }
        }
        for name in &said.named {
            headers.remove(name);
        }
        Ok(Some(said.conclude(status, headers, version, method)))
    }
}

impl Said {
    /// Takes note of a header about framing or connection, and says whether it was one.
    fn hear(&mut self, name: &HeaderName, value: &HeaderValue, version: u8) -> Result<bool, &'static str> {
        match *name {
            header::CONTENT_LENGTH => {
                let text = value.as_bytes();
                if text.is_empty() || text.len() > 18 || !text.iter().all(u8::is_ascii_digit) {
                    return Err("Content-Length is not a number");
                }
                let length = text.iter().fold(0, |sum, b| sum * 10 + u64::from(b - b'0'));
                if self.length.replace(length).is_some_and(|other| other != length) {
                    return Err("two lengths");
                }
            }
            header::TRANSFER_ENCODING => {
                if version == 0 {
                    return Err("Transfer-Encoding in HTTP/1.0");
                }
                if self.chunked || !value.as_bytes().eq_ignore_ascii_case(b"chunked") {
                    return Err("a transfer coding that is not chunked");
                }
                self.chunked = true;
            }
            header::CONNECTION => {
                for token in value.to_str().map_err(|_| "Connection cannot be read")?.split(',').map(str::trim) {
                    if token.eq_ignore_ascii_case("close") {
                        self.close = true;
                    } else if token.eq_ignore_ascii_case("keep-alive") {
                        self.keep_alive = true;
                    } else if let Ok(name) = HeaderName::from_bytes(token.as_bytes()) {
                        self.named.push(name);
                    }
                }
            }
            header::TE | header::TRAILER | header::UPGRADE | header::PROXY_AUTHENTICATE => {}
            _ => return Ok(matches!(name.as_str(), "keep-alive" | "proxy-connection")),
        }
        Ok(true)
    }

    fn conclude(self, status: StatusCode, headers: HeaderMap, version: u8, method: &Method) -> Head {
        let bodiless =
            method == Method::HEAD || status.is_informational() || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
        let framing = match (bodiless, self.chunked, self.length) {
            (true, ..) => Framing::None,
            (_, true, _) => Framing::Chunked(Chunked::new()),
            (_, _, Some(0)) => Framing::None,
            (_, _, Some(length)) => Framing::Length(length),
            _ => Framing::UntilClose,
        };
        // Both ways of framing at once: someone between us and the upstream may have read the other one (RFC 9112, 6.3).
        let doubtful = self.chunked && self.length.is_some();
        let persistent = if version == 0 { self.keep_alive && !self.close } else { !self.close };
        let reusable = persistent && !doubtful && !matches!(framing, Framing::UntilClose);
        let would_be = self.length.filter(|_| method == Method::HEAD || status == StatusCode::NOT_MODIFIED);
        Head { status, headers, framing, would_be, reusable }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(method: Method, text: &str) -> Result<Option<Head>, &'static str> {
        Head::read(&mut BytesMut::from(text), &method)
    }

    #[test]
    fn interim_answers_are_swallowed_also_when_the_final_one_is_late() {
        let mut input = BytesMut::from("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n");
        assert!(Head::read(&mut input, &Method::GET).unwrap().is_none());
        input.extend_from_slice(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        let head = Head::read(&mut input, &Method::GET).unwrap().unwrap();
        assert_eq!((head.status.as_u16(), &input[..]), (200, &b"ok"[..]));
        assert!(matches!(head.framing, Framing::Length(2)) && head.reusable && head.headers.is_empty());
    }

    #[test]
    fn what_has_no_body_has_none_whatever_its_length_says() {
        let cases = [(Method::HEAD, "200 OK", Some(9)), (Method::GET, "304 Not Modified", Some(9)), (Method::GET, "204 No Content", None)];
        for (method, status, would_be) in cases {
            let head = read(method, &format!("HTTP/1.1 {status}\r\nContent-Length: 9\r\n\r\n")).unwrap().unwrap();
            assert!(matches!(head.framing, Framing::None) && head.reusable, "{status}");
            assert_eq!(head.would_be, would_be, "{status}");
        }
    }

    #[test]
    fn a_doubtful_or_open_ended_answer_is_the_last_of_its_connection() {
        let both = read(Method::GET, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n").unwrap().unwrap();
        assert!(matches!(both.framing, Framing::Chunked(_)) && !both.reusable);
        let open = read(Method::GET, "HTTP/1.1 200 OK\r\n\r\n").unwrap().unwrap();
        assert!(matches!(open.framing, Framing::UntilClose) && !open.reusable);
        let old = read(Method::GET, "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n").unwrap().unwrap();
        assert!(!old.reusable);
    }

    #[test]
    fn what_breaks_http_is_an_error() {
        for bad in [
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
            "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            "SSH-2.0-OpenSSH\r\n\r\n",
        ] {
            assert!(read(Method::GET, bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn headers_of_the_connection_stay_there() {
        let text = "HTTP/1.1 200 OK\r\nConnection: X-Hop, keep-alive\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\nX-Mine: 2\r\nX-Mine: 3\r\nX-Empty:\r\n\r\n";
        let head = read(Method::GET, text).unwrap().unwrap();
        assert_eq!(head.headers.len(), 3);
        assert_eq!(head.headers.get_all("x-mine").count(), 2);
    }
}
