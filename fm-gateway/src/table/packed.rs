//! The form of tables in the registry: JSON, compressed when it is long. etcd refuses requests beyond 1.5 MB.

use base64::{Engine, engine::general_purpose::STANDARD};
use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use std::{
    borrow::Cow,
    io::{self, Read, Write},
};

/// Longer texts are compressed.
const MAX_PLAIN: usize = 256 * 1024;
/// Longer texts are refused when they are read: a small value can decompress to any size.
const MAX_UNPACKED: u64 = 64 << 20;
/// What compressed values start with; no JSON does.
const GZIP: &str = "gzip:";

/// Compresses a text that is long.
///
/// # Errors
/// None in practice: it writes to memory.
pub fn pack(text: String) -> io::Result<String> {
    if text.len() <= MAX_PLAIN {
        return Ok(text);
    }
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(text.as_bytes())?;
    Ok(format!("{GZIP}{}", STANDARD.encode(gzip.finish()?)))
}

/// Gives the text again.
///
/// # Errors
/// A sentence, if it is damaged or larger than any table may be.
pub fn unpack(value: &str) -> Result<Cow<'_, str>, String> {
    let Some(packed) = value.strip_prefix(GZIP) else { return Ok(value.into()) };
    let packed = STANDARD.decode(packed).map_err(|e| format!("not base64: {e}"))?;
    let mut text = String::new();
    let read = GzDecoder::new(&packed[..]).take(MAX_UNPACKED + 1).read_to_string(&mut text).map_err(|e| format!("not gzip: {e}"))?;
    if read as u64 > MAX_UNPACKED { Err(format!("larger than {MAX_UNPACKED} bytes")) } else { Ok(text.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_long_texts_round_trip() {
        for text in [String::new(), "{}".into(), "[1,2,3]".repeat(MAX_PLAIN)] {
            let packed = pack(text.clone()).unwrap();
            assert!(packed.len() <= MAX_PLAIN);
            assert_eq!(unpack(&packed).unwrap(), text);
        }
    }

    #[test]
    fn damaged_and_oversized_values_are_refused() {
        let bomb = {
            let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
            let zeros = vec![b'0'; 1 << 20];
            (0..=(MAX_UNPACKED >> 20)).for_each(|_| gzip.write_all(&zeros).unwrap());
            format!("{GZIP}{}", STANDARD.encode(gzip.finish().unwrap()))
        };
        for bad in ["gzip:?", "gzip:AAAA", &bomb] {
            assert!(unpack(bad).is_err(), "{}", &bad[..8]);
        }
    }
}
