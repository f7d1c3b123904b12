//! What a file says of itself, before anything of it is decoded: its format, its dimensions, what decoding it will take.

use super::jpeg::Layout;
use crate::{limits, rejection::Rejection};
use image::{ImageDecoder, codecs::webp::WebPDecoder, metadata::Orientation};
use std::{
    fs::File,
    io::{self, BufReader, Read, Seek},
};

/// What is needed beside a decoded picture, for the sizes that are made of it.
const RESIZE_MEMORY: u64 = 12 << 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Jpeg,
    Png,
    WebP,
}

#[derive(Clone, Copy, Debug)]
pub struct Head {
    pub format: Format,
    /// Bytes of memory that decoding takes at most.
    pub memory: u64,
    /// Of a JPEG.
    pub orientation: Option<Orientation>,
    /// Of a JPEG: whether it has an end marker.
    pub ended: bool,
    /// Of a JPEG: where its data ends at the latest.
    pub data_end: u64,
}

/// Reads a file's head.
///
/// # Errors
/// Only if the file cannot be read; what is wrong with it is in the inner result.
pub fn read(file: &File) -> io::Result<Result<Head, Rejection>> {
    let length = file.metadata()?.len();
    if length == 0 {
        return Ok(Err(Rejection::Empty));
    }
    let mut file = BufReader::new(file);
    file.rewind()?;
    let mut start = Vec::with_capacity(32);
    file.by_ref().take(32).read_to_end(&mut start)?;
    file.rewind()?;
    let Some(format) = format(&start) else { return Ok(Err(Rejection::Type)) };
    let (mut orientation, mut ended, mut data_end) = (None, true, 0);
    let measured = match format {
        Format::Jpeg => super::jpeg::walk(&mut file)?.map(|layout| {
            orientation = layout.orientation;
            ended = layout.ended;
            data_end = layout.data_end.min(length);
            jpeg(&layout)
        }),
        Format::Png => png(&start),
        Format::WebP => webp(&mut file, &start),
    };
    let Some((width, height, memory)) = measured else { return Ok(Err(Rejection::Broken)) };
    if width == 0 || height == 0 {
        return Ok(Err(Rejection::Broken));
    }
    if u64::from(width) * u64::from(height) > limits::PIXELS || width.max(height) > limits::SIDE {
        return Ok(Err(Rejection::Pixels { width, height }));
    }
    // Data that may be cut off is read into memory before it is decoded.
    let memory = memory + data_end;
    Ok(Ok(Head { format, memory, orientation, ended, data_end }))
}

/// By their first bytes: what a file is called, and what the client says it is, does not matter.
fn format(start: &[u8]) -> Option<Format> {
    match start {
        [0xFF, 0xD8, 0xFF, ..] => Some(Format::Jpeg),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1A, b'\n', ..] => Some(Format::Png),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Format::WebP),
        _ => None,
    }
}

type Measured = (u32, u32, u64);

fn pixels(width: u32, height: u32) -> u64 {
    u64::from(width) * u64::from(height)
}

/// The output; where components come one after the other, also two bytes for each coefficient, which are gone when sizes are made.
fn jpeg(layout: &Layout) -> Measured {
    let pixels = pixels(layout.width, layout.height);
    let output = pixels * if layout.components == 1 { 1 } else { 3 };
    let coefficients = if layout.progressive || layout.scans > 1 { (pixels as f64 * layout.samples * 2.0) as u64 } else { 0 };
    (layout.width, layout.height, output + coefficients.max(RESIZE_MEMORY))
}

/// IHDR is the first chunk (PNG, third edition, section 11.2.1).
fn png(start: &[u8]) -> Option<Measured> {
    let number = |at: usize| Some(u32::from_be_bytes(start.get(at..at + 4)?.try_into().ok()?));
    if start.get(12..16)? != b"IHDR" {
        return None;
    }
    let (width, height, depth, colour) = (number(16)?, number(20)?, *start.get(24)?, *start.get(25)?);
    let channels = match colour {
        0 | 4 => 2,
        2 | 3 | 6 => 4,
        _ => return None,
    };
    let bytes = if depth == 16 { 2 } else { 1 };
    Some((width, height, pixels(width, height).saturating_mul(channels * bytes).saturating_add(RESIZE_MEMORY)))
}

fn webp(file: &mut BufReader<&File>, start: &[u8]) -> Option<Measured> {
    let decoder = WebPDecoder::new(file).ok()?;
    let (width, height) = decoder.dimensions();
    // Simple lossy files need their planes and the output; all others up to two whole pictures with four channels; animations one more.
    let bytes = match (start.get(12..16)?, decoder.has_animation()) {
        (b"VP8 ", _) => 5,
        (_, false) => 8,
        (_, true) => 12,
    };
    Some((width, height, pixels(width, height) * bytes + RESIZE_MEMORY))
}
