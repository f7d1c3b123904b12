//! Encodes a body while it passes.

use crate::pipeline::BodyTransform;
use brotli::CompressorWriter;
use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use serde::Deserialize;
use std::{
    io::{self, Write},
    mem,
};

/// How far back an encoder looks, as a logarithm of bytes: what an answer under way costs in memory. RFC 9659 allows 23 for zstd.
const MAX_WINDOW: u32 = 19;
const MIN_WINDOW: u32 = 10;

/// Bytes of its output that the encoder of brotli collects before it hands them over.
const BUFFER: usize = 4096;

/// A content coding (RFC 9110, 8.4.1; RFC 7932; RFC 8878).
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum Coding {
    Br,
    Zstd,
    Gzip,
}

impl Coding {
    /// The name that answers have.
    pub fn name(self) -> &'static str {
        self.names()[0]
    }

    /// The names that requests may have.
    pub fn names(self) -> &'static [&'static str] {
        match self {
            Coding::Br => &["br"],
            Coding::Zstd => &["zstd"],
            Coding::Gzip => &["gzip", "x-gzip"],
        }
    }
}

#[derive(Deserialize)]
pub struct Levels {
    br_level: u32,
    zstd_level: u32,
    gzip_level: u32,
}

enum Encoder {
    Br(Box<CompressorWriter<Vec<u8>>>),
    Zstd(zstd::stream::write::Encoder<'static, Vec<u8>>),
    Gzip(GzEncoder<Vec<u8>>),
}

/// An encoder at work on one body.
pub struct Encode {
    /// `None` when the end has been given.
    encoder: Option<Encoder>,
    /// It may keep bytes back.
    is_dirty: bool,
}

impl Encode {
    /// Makes an encoder for a body, of which the length may be known.
    ///
    /// # Errors
    /// There is no memory for it.
    pub fn new(coding: Coding, levels: &Levels, length: Option<u64>) -> io::Result<Self> {
        let bits = length.map_or(MAX_WINDOW, |length| u64::BITS - length.leading_zeros());
        let window = bits.clamp(MIN_WINDOW, MAX_WINDOW);
        let encoder = match coding {
            Coding::Br => Encoder::Br(Box::new(CompressorWriter::new(Vec::new(), BUFFER, levels.br_level, window))),
            Coding::Zstd => {
                let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), levels.zstd_level.cast_signed())?;
                encoder.window_log(window)?;
                Encoder::Zstd(encoder)
            }
            Coding::Gzip => Encoder::Gzip(GzEncoder::new(Vec::new(), Compression::new(levels.gzip_level))),
        };
        Ok(Encode { encoder: Some(encoder), is_dirty: false })
    }
}

impl Encoder {
    fn writer(&mut self) -> &mut dyn Write {
        match self {
            Encoder::Br(encoder) => encoder,
            Encoder::Zstd(encoder) => encoder,
            Encoder::Gzip(encoder) => encoder,
        }
    }

    /// What has been made so far.
    fn take(&mut self) -> Bytes {
        let made = match self {
            Encoder::Br(encoder) => encoder.get_mut(),
            Encoder::Zstd(encoder) => encoder.get_mut(),
            Encoder::Gzip(encoder) => encoder.get_mut(),
        };
        mem::take(made).into()
    }

    fn finish(self) -> io::Result<Vec<u8>> {
        match self {
            Encoder::Br(encoder) => Ok(encoder.into_inner()),
            Encoder::Zstd(encoder) => encoder.finish(),
            Encoder::Gzip(encoder) => encoder.finish(),
        }
    }
}

impl BodyTransform for Encode {
    fn piece(&mut self, piece: Bytes) -> io::Result<Bytes> {
        let Some(encoder) = &mut self.encoder else { return Ok(Bytes::new()) };
        encoder.writer().write_all(&piece)?;
        self.is_dirty = true;
        Ok(encoder.take())
    }

    fn flush(&mut self) -> io::Result<Bytes> {
        match &mut self.encoder {
            Some(encoder) if mem::take(&mut self.is_dirty) => {
                encoder.writer().flush()?;
                Ok(encoder.take())
            }
            _ => Ok(Bytes::new()),
        }
    }

    fn end(&mut self) -> io::Result<Bytes> {
        self.encoder.take().map_or(Ok(Bytes::new()), |encoder| encoder.finish().map(Bytes::from))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Read;

    const LEVELS: Levels = Levels { br_level: 4, zstd_level: 3, gzip_level: 6 };

    fn decode(coding: Coding, bytes: &[u8]) -> Vec<u8> {
        let mut plain = Vec::new();
        match coding {
            Coding::Br => brotli::Decompressor::new(bytes, BUFFER).read_to_end(&mut plain).unwrap(),
            Coding::Zstd => zstd::stream::read::Decoder::new(bytes).unwrap().read_to_end(&mut plain).unwrap(),
            Coding::Gzip => flate2::read::GzDecoder::new(bytes).read_to_end(&mut plain).unwrap(),
        };
        plain
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn a_body_encoded_in_pieces_decodes_to_the_original(
            pieces in prop::collection::vec((prop::collection::vec(any::<u8>(), 0..3000), any::<bool>()), 0..8),
            is_known in any::<bool>(),
        ) {
            let plain: Vec<u8> = pieces.iter().flat_map(|(piece, _)| piece.clone()).collect();
            for coding in [Coding::Br, Coding::Zstd, Coding::Gzip] {
                let mut encode = Encode::new(coding, &LEVELS, is_known.then_some(plain.len() as u64)).unwrap();
                let mut made = Vec::new();
                for (piece, flushes) in &pieces {
                    made.extend(encode.piece(piece.clone().into()).unwrap());
                    if *flushes {
                        made.extend(encode.flush().unwrap());
                    }
                }
                made.extend(encode.end().unwrap());
                prop_assert_eq!(decode(coding, &made), &plain[..]);
            }
        }
    }

    #[test]
    fn a_flush_emits_all_pending_input_and_a_second_one_nothing() {
        for coding in [Coding::Br, Coding::Zstd, Coding::Gzip] {
            let mut encode = Encode::new(coding, &LEVELS, None).unwrap();
            let mut made = encode.piece("first".into()).unwrap().to_vec();
            made.extend(encode.flush().unwrap());
            let mut start = [0; 5];
            match coding {
                Coding::Br => brotli::Decompressor::new(&*made, BUFFER).read_exact(&mut start).unwrap(),
                Coding::Zstd => zstd::stream::read::Decoder::new(&*made).unwrap().read_exact(&mut start).unwrap(),
                Coding::Gzip => flate2::read::GzDecoder::new(&*made).read_exact(&mut start).unwrap(),
            }
            assert_eq!((&start, encode.flush().unwrap().len()), (b"first", 0), "{coding:?}");
        }
    }
}
