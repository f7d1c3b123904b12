//! Decoded pixels, as the decoders give them.

use super::{
    exif,
    head::{Format, Head},
};
use crate::limits;
use image::{ImageDecoder, ImageResult, Limits, codecs::png::PngDecoder, codecs::webp::WebPDecoder, metadata::Orientation};
use sha2::{Digest, Sha256};
use std::{
    fs::File,
    io::{self, BufReader, Read, Seek},
};
use zune_core::{
    bytestream::{ZByteReaderTrait, ZCursor},
    colorspace::ColorSpace,
    options::DecoderOptions,
};

/// What a decoder may use for itself: rows, colour profiles.
const OWN: u64 = 8 << 20;
/// Bytes put behind the data of a JPEG: more than the decoder looks ahead.
const FILLER: usize = 64;

/// Decoded pixels and what must be known to show them rightly.
pub struct Bitmap {
    pub width: u32,
    pub height: u32,
    /// 1: grey, 2: with opacity, 3: RGB, 4: with opacity.
    pub channels: usize,
    /// 1, or 2 in the byte order of this machine.
    pub bytes: usize,
    pub pixels: Vec<u8>,
    pub orientation: Orientation,
    pub profile: Option<Vec<u8>>,
}

impl Bitmap {
    /// Decodes a picture; `None` if it cannot be decoded to its end.
    pub fn decode(file: &File, head: &Head) -> io::Result<Option<Bitmap>> {
        let mut reader = BufReader::with_capacity(64 << 10, file);
        reader.rewind()?;
        let bitmap = match head.format {
            Format::Jpeg => whole_jpeg(reader, head)?
                .map(|bitmap| Bitmap { orientation: head.orientation.unwrap_or(Orientation::NoTransforms), ..bitmap }),
            Format::Png => {
                let mut own = Limits::no_limits();
                own.max_alloc = Some(OWN);
                PngDecoder::with_limits(reader, own).and_then(decoded).ok()
            }
            Format::WebP => WebPDecoder::new(reader).and_then(decoded).ok(),
        };
        Ok(bitmap)
    }

    /// One row as RGB; what can be seen through is shown on white.
    pub fn row(&self, y: u32, rgb: &mut Vec<u8>) {
        let stride = self.width as usize * self.channels * self.bytes;
        let row = &self.pixels[y as usize * stride..][..stride];
        rgb.clear();
        if self.channels == 3 && self.bytes == 1 {
            rgb.extend_from_slice(row);
            return;
        }
        let value = |sample: &[u8]| if let &[a, b] = sample { (u16::from_ne_bytes([a, b]) >> 8) as u8 } else { sample[0] };
        for pixel in row.chunks_exact(self.channels * self.bytes) {
            let mut samples = [0; 4];
            for (to, from) in samples.iter_mut().zip(pixel.chunks_exact(self.bytes)) {
                *to = value(from);
            }
            let [a, b, c, d] = samples;
            match self.channels {
                1 => rgb.extend([a; 3]),
                2 => rgb.extend([on_white(a, b); 3]),
                3 => rgb.extend([a, b, c]),
                _ => rgb.extend([on_white(a, d), on_white(b, d), on_white(c, d)]),
            }
        }
    }
}

fn on_white(colour: u8, opacity: u8) -> u8 {
    let (colour, opacity) = (u32::from(colour), u32::from(opacity));
    ((colour * opacity + 255 * (255 - opacity) + 127) / 255) as u8
}

/// Decodes a picture if all its rows are there: then it does not depend on what follows its data. A decoder that runs out of data goes on with
/// what comes, and with zeros behind an end marker, so different data behind it shows another picture. Where the end marker is missing, an
/// error in that data counts too.
fn whole_jpeg(mut reader: BufReader<&File>, head: &Head) -> io::Result<Option<Bitmap>> {
    let as_it_is = head.ended.then(|| jpeg(&mut reader, false));
    let mut bytes = Vec::new();
    reader.rewind()?;
    reader.take(head.data_end).read_to_end(&mut bytes)?;
    // Half of an end marker.
    while bytes.pop_if(|byte| *byte == 0xFF).is_some() {}
    let mut filled = |filler: u8| {
        let length = bytes.len();
        bytes.extend([filler; FILLER]);
        bytes.extend([0xFF, 0xD9]);
        let bitmap = jpeg(ZCursor::new(&bytes), !head.ended);
        bytes.truncate(length);
        bitmap
    };
    let Some(first) = as_it_is.unwrap_or_else(|| filled(0x00)).map(|bitmap| Sha256::digest(&bitmap.pixels)) else { return Ok(None) };
    Ok(filled(0xAA).filter(|bitmap| Sha256::digest(&bitmap.pixels) == first))
}

fn jpeg(reader: impl ZByteReaderTrait, strict: bool) -> Option<Bitmap> {
    let options =
        DecoderOptions::default().set_strict_mode(strict).set_max_width(limits::SIDE as usize).set_max_height(limits::SIDE as usize);
    let mut decoder = zune_jpeg::JpegDecoder::new_with_options(reader, options);
    decoder.decode_headers().ok()?;
    let grey = decoder.input_colorspace()? == ColorSpace::Luma;
    decoder.set_options(options.jpeg_set_out_colorspace(if grey { ColorSpace::Luma } else { ColorSpace::RGB }));
    let (width, height) = decoder.dimensions()?;
    let mut pixels = vec![0; decoder.output_buffer_size()?];
    decoder.decode_into(&mut pixels).ok()?;
    Some(Bitmap {
        width: u32::try_from(width).ok()?,
        height: u32::try_from(height).ok()?,
        channels: if grey { 1 } else { 3 },
        bytes: 1,
        pixels,
        orientation: Orientation::NoTransforms,
        // The profile of a CMYK picture says nothing of the RGB that was made of it.
        profile: decoder.icc_profile(),
    })
}

fn decoded(mut decoder: impl ImageDecoder) -> ImageResult<Bitmap> {
    let (width, height) = decoder.dimensions();
    let colour = decoder.color_type();
    let exif = decoder.exif_metadata().unwrap_or(None);
    let orientation = exif.and_then(|exif| exif::of_chunk(&exif)).unwrap_or(Orientation::NoTransforms);
    let profile = decoder.icc_profile().unwrap_or(None);
    let mut pixels = vec![0; decoder.total_bytes() as usize];
    decoder.read_image(&mut pixels)?;
    let channels = usize::from(colour.channel_count());
    Ok(Bitmap { width, height, channels, bytes: usize::from(colour.bytes_per_pixel()) / channels, pixels, orientation, profile })
}
