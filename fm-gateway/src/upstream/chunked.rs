//! Reads the chunked coding (RFC 9112, 7.1), strictly: a lone LF ends no line.

use bytes::{Buf, Bytes, BytesMut};

const LINE: usize = 1024;
const TRAILERS: usize = 16 * 1024;

/// Where in the coding the reader is.
#[derive(Debug)]
pub struct Chunked {
    state: State,
    trailers: usize,
}

#[derive(Debug)]
enum State {
    Size,
    Data(u64),
    DataEnd,
    Trailers,
    Done,
}

/// What reading gave.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece {
    Data(Bytes),
    /// More bytes are needed.
    More,
    Done,
}

impl Chunked {
    pub fn new() -> Self {
        Chunked { state: State::Size, trailers: 0 }
    }

    /// Takes the next piece out of what was read.
    ///
    /// # Errors
    /// What breaks the coding.
    pub fn next(&mut self, input: &mut BytesMut) -> Result<Piece, &'static str> {
        loop {
            match self.state {
                State::Size => {
                    let Some(line) = line(input, LINE)? else { return Ok(Piece::More) };
                    let size = size(&line)?;
                    self.state = if size == 0 { State::Trailers } else { State::Data(size) };
                }
                State::Data(left) => {
                    if input.is_empty() {
                        return Ok(Piece::More);
                    }
                    let take = usize::try_from(left).unwrap_or(usize::MAX).min(input.len());
                    let left = left - take as u64;
                    self.state = if left == 0 { State::DataEnd } else { State::Data(left) };
                    return Ok(Piece::Data(input.split_to(take).freeze()));
                }
                State::DataEnd => {
                    if input.len() < 2 {
                        return Ok(Piece::More);
                    }
                    if !input.starts_with(b"\r\n") {
                        return Err("a chunk is longer than it says");
                    }
                    input.advance(2);
                    self.state = State::Size;
                }
                State::Trailers => {
                    let Some(line) = line(input, LINE)? else { return Ok(Piece::More) };
                    self.trailers += line.len();
                    if self.trailers > TRAILERS {
                        return Err("too many trailers");
                    }
                    if line.is_empty() {
                        self.state = State::Done;
                    }
                }
                State::Done => return Ok(Piece::Done),
            }
        }
    }
}

fn line(input: &mut BytesMut, limit: usize) -> Result<Option<BytesMut>, &'static str> {
    match memchr::memchr(b'\n', input) {
        Some(at) if at > 0 && input[at - 1] == b'\r' => {
            let line = input.split_to(at - 1);
            input.advance(2);
            if line.contains(&b'\r') { Err("a stray CR in a chunk's line") } else { Ok(Some(line)) }
        }
        Some(_) => Err("a chunk's line ends in a lone LF"),
        None if input.len() > limit => Err("a chunk's line is too long"),
        None => Ok(None),
    }
}

fn size(line: &[u8]) -> Result<u64, &'static str> {
    let digits = line.iter().take_while(|b| b.is_ascii_hexdigit()).count();
    let rest = line[digits..].trim_ascii_start();
    if digits == 0 || digits > 15 || !(rest.is_empty() || rest[0] == b';') {
        return Err("a chunk's size is not a number");
    }
    Ok(line[..digits].iter().fold(0, |sum, b| sum << 4 | u64::from(char::from(*b).to_digit(16).unwrap_or(0))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(parts: &[&[u8]]) -> Result<(Vec<u8>, bool, usize), &'static str> {
        let (mut chunked, mut input, mut data) = (Chunked::new(), BytesMut::new(), Vec::new());
        for part in parts {
            input.extend_from_slice(part);
            loop {
                match chunked.next(&mut input)? {
                    Piece::Data(d) => data.extend_from_slice(&d),
                    Piece::More => break,
                    Piece::Done => return Ok((data, true, input.len())),
                }
            }
        }
        Ok((data, false, input.len()))
    }

    #[test]
    fn chunks_extensions_and_trailers_are_read_and_what_follows_is_left() {
        let text = b"4;x=\"y\"\r\nWiki\r\n5 \r\npedia\r\n0\r\nA: b\r\n\r\nHTTP";
        assert_eq!(read(&[text]), Ok((b"Wikipedia".to_vec(), true, 4)));
    }

    #[test]
    fn what_readers_disagree_about_is_refused() {
        for bad in
            ["4\nWiki\r\n", "\r\n", "x\r\n", "-1\r\n", "0x4\r\nWiki\r\n", "4\r\nWikix\r\n", "10000000000000000\r\n", "4\rx\r\nWiki\r\n"]
        {
            assert!(read(&[bad.as_bytes()]).is_err(), "{bad:?}");
        }
        assert!(read(&[&[b'1'; 2000]]).is_err());
    }

    proptest! {
        #[test]
        fn it_does_not_matter_where_the_reads_end(data in prop::collection::vec(any::<u8>(), 1..200), size in 1..50_usize, cut in 1..40_usize) {
            let mut text = Vec::new();
            for chunk in data.chunks(size) {
                text.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
                text.extend_from_slice(chunk);
                text.extend_from_slice(b"\r\n");
            }
            text.extend_from_slice(b"0\r\n\r\n");
            let parts: Vec<&[u8]> = text.chunks(cut).collect();
            prop_assert_eq!(read(&parts), Ok((data, true, 0)));
        }
    }
}
