//! Where a body in chunks ends (RFC 9112, 7.1), read exactly as the HTTP server reads it, or stricter: two readers who disagree about the end
//! of a message let one request hide in another.

/// What comes is no body in chunks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

/// Finds the end, trailers included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChunksEnd {
    /// In the digits of a chunk's size.
    Size {
        size: u64,
        digits: u8,
    },
    /// Behind them: blanks, then an extension, to the end of the line.
    Extension {
        size: u64,
        text: bool,
    },
    SizeLf(u64),
    /// So many bytes of a chunk are left.
    Data(u64),
    DataCr,
    DataLf,
    /// At the beginning of a line behind the last chunk.
    Trailer,
    TrailerText,
    TrailerLf,
    LastLf,
}

/// More digits are no size (2^60).
const DIGITS: u8 = 15;

impl Default for ChunksEnd {
    fn default() -> Self {
        ChunksEnd::Size { size: 0, digits: 0 }
    }
}

impl ChunksEnd {
    /// Gives the place behind the end; `None`, if it is not among these bytes.
    ///
    /// # Errors
    /// If it can never come.
    pub fn find(&mut self, bytes: &[u8]) -> Result<Option<usize>, Malformed> {
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            if let ChunksEnd::Data(left) = *self {
                let take = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len() - at);
                let left = left - take as u64;
                *self = if left == 0 { ChunksEnd::DataCr } else { ChunksEnd::Data(left) };
                at += take;
                continue;
            }
            at += 1;
            if (*self, byte) == (ChunksEnd::LastLf, b'\n') {
                return Ok(Some(at));
            }
            *self = self.after(byte).ok_or(Malformed)?;
        }
        Ok(None)
    }

    fn after(self, byte: u8) -> Option<ChunksEnd> {
        Some(match (self, byte) {
            (ChunksEnd::Size { size, digits }, b) if b.is_ascii_hexdigit() && digits < DIGITS => {
                let digit = char::from(b).to_digit(16)?;
                ChunksEnd::Size { size: size << 4 | u64::from(digit), digits: digits + 1 }
            }
            (ChunksEnd::Size { digits: 0, .. }, _) => return None,
            (ChunksEnd::Size { size, .. } | ChunksEnd::Extension { size, .. }, b'\r') => ChunksEnd::SizeLf(size),
            (ChunksEnd::Size { size, .. } | ChunksEnd::Extension { size, text: false }, b' ' | b'\t') => {
                ChunksEnd::Extension { size, text: false }
            }
            (ChunksEnd::Size { size, .. } | ChunksEnd::Extension { size, text: false }, b';') => ChunksEnd::Extension { size, text: true },
            (extension @ ChunksEnd::Extension { text: true, .. }, b) if b == b'\t' || !b.is_ascii_control() => extension,
            (ChunksEnd::SizeLf(0), b'\n') => ChunksEnd::Trailer,
            (ChunksEnd::SizeLf(size), b'\n') => ChunksEnd::Data(size),
            (ChunksEnd::DataCr, b'\r') => ChunksEnd::DataLf,
            (ChunksEnd::DataLf, b'\n') => ChunksEnd::default(),
            (ChunksEnd::Trailer, b'\r') => ChunksEnd::LastLf,
            (ChunksEnd::Trailer | ChunksEnd::TrailerText, b) if b == b'\t' || !b.is_ascii_control() => ChunksEnd::TrailerText,
            (ChunksEnd::TrailerText, b'\r') => ChunksEnd::TrailerLf,
            (ChunksEnd::TrailerLf, b'\n') => ChunksEnd::Trailer,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{ChunksEnd, Malformed};
    use actix_http::h1::{Codec, Message};
    use bytes::BytesMut;
    use proptest::{
        prelude::*,
        test_runner::{Config, TestRunner},
    };
    use tokio_util::codec::Decoder;

    #[test]
    fn a_body_ends_with_its_trailers() {
        for (text, end) in [
            ("0\r\n\r\nGET", Some(5)),
            ("4;x=\"0\"\r\nWiki\r\n5 \r\n0\r\n\r\n\r\n0\r\nA: b\r\n\r\nGET", Some(37)),
            ("00\r\n\r\n", Some(6)),
            ("2\r\nab\r\n0\r\n", None),
            ("fffffffffffffff\r\n0\r\n\r\n", None),
        ] {
            assert_eq!(ChunksEnd::default().find(text.as_bytes()), Ok(end), "{text:?}");
        }
    }

    #[test]
    fn what_others_may_read_differently_has_no_end() {
        for text in [
            "0\r\n\n",
            "0\n\r\n",
            "\r\n",
            "x\r\n",
            "1\r\nab\r\n",
            "1\r\na\n0\r\n\r\n",
            "0\r\nA: b\n\r\n",
            "1 1\r\n",
            "10000000000000000\r\n",
        ] {
            assert_eq!(ChunksEnd::default().find(text.as_bytes()), Err(Malformed), "{text:?}");
        }
    }

    /// Where the HTTP server sees the end.
    fn seen_by_server(text: &str) -> Result<Option<usize>, ()> {
        let mut input = BytesMut::from("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
        input.extend_from_slice(text.as_bytes());
        let mut codec = Codec::default();
        assert!(matches!(codec.decode(&mut input), Ok(Some(Message::Item(_)))));
        loop {
            match codec.decode(&mut input) {
                Ok(Some(Message::Chunk(None))) => return Ok(Some(text.len() - input.len())),
                Ok(Some(_)) => {}
                Ok(None) => return Ok(None),
                Err(_) => return Err(()),
            }
        }
    }

    #[actix_rt::test]
    async fn the_server_sees_the_same_end() {
        let bodies = "((0|1|2|a)(;x=y| )?\r?\n[ab\r\n0]{0,3}(\r\n)?){0,3}(0\r\n(A: b\r\n)?\r?\n)?[\r\n0G]{0,4}";
        let mut runner = TestRunner::new(Config::with_cases(2_000));
        let compared = runner.run(&bodies, |text| {
            match ChunksEnd::default().find(text.as_bytes()) {
                Ok(Some(end)) => prop_assert_eq!(seen_by_server(&text), Ok(Some(end))),
                Ok(None) => prop_assert!(!matches!(seen_by_server(&text), Ok(Some(_)))),
                // Nothing is handed on then, whatever the server would make of it.
                Err(Malformed) => {}
            }
            Ok(())
        });
        compared.unwrap();
    }

    proptest! {
        #[test]
        fn it_makes_no_difference_where_reading_stops(text in "[\r\n012a]{0,40}", cut in 0usize..40) {
            let whole = ChunksEnd::default().find(text.as_bytes());
            let (a, b) = text.as_bytes().split_at(cut.min(text.len()));
            let mut chunks = ChunksEnd::default();
            let parts = chunks.find(a).and_then(|end| match end {
                Some(end) => Ok(Some(end)),
                None => Ok(chunks.find(b)?.map(|at| a.len() + at)),
            });
            prop_assert_eq!(whole, parts);
        }
    }
}
