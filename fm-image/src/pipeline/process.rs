//! From an uploaded file to what is shown of it.

use super::{
    bitmap::Bitmap,
    colours,
    head::Head,
    shrink::{self, Picture},
};
use crate::{
    rejection::Rejection,
    variant::{Format, Variant},
};
use image::{DynamicImage, ExtendedColorType, ImageError, RgbImage, codecs::jpeg::JpegEncoder, metadata::Orientation};
use std::{
    fs::File,
    io::{self, BufWriter, Read, Seek, SeekFrom, Write},
};

/// All files of a picture, in a temporary one.
pub struct Processed {
    /// Of the size `full`.
    pub width: u32,
    /// Of the size `full`.
    pub height: u32,
    file: File,
    /// Where each of [`Variant::ALL`] ends.
    ends: [u64; Variant::ALL.len()],
}

impl Processed {
    /// Reads one of the files.
    ///
    /// # Errors
    /// If the temporary file cannot be read.
    pub fn read(&self, variant: Variant) -> io::Result<Vec<u8>> {
        let i = Variant::ALL.iter().position(|&v| v == variant).unwrap_or_default();
        let from = i.checked_sub(1).map_or(0, |before| self.ends[before]);
        let mut bytes = vec![0; (self.ends[i] - from) as usize];
        let mut file = &self.file;
        file.seek(SeekFrom::Start(from))?;
        file.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

/// Decodes a file and makes all that is shown of it.
///
/// # Errors
/// Only of files; what is wrong with the picture is in the inner result.
pub fn process(file: &File, head: &Head) -> io::Result<Result<Processed, Rejection>> {
    let Some(bitmap) = Bitmap::decode(file, head)? else { return Ok(Err(Rejection::Broken)) };
    let mut out = BufWriter::new(tempfile::tempfile()?);
    let mut picture = first(bitmap);
    let (width, height) = (picture.width, picture.height);
    let mut ends = [0; Variant::ALL.len()];
    for (end, variant) in ends.iter_mut().zip(Variant::ALL) {
        let to = variant.fit(picture.width, picture.height);
        if to != (picture.width, picture.height) {
            picture = picture.shrunk(to);
        }
        write(&picture, variant, &mut out)?;
        *end = out.stream_position()?;
    }
    out.flush()?;
    let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
    Ok(Ok(Processed { width, height, file, ends }))
}

fn write(picture: &Picture, variant: Variant, out: &mut impl Write) -> io::Result<()> {
    let Picture { width, height, ref pixels } = *picture;
    match variant.format() {
        Format::Jpeg => {
            JpegEncoder::new_with_quality(out, variant.quality()).encode(pixels, width, height, ExtendedColorType::Rgb8).map_err(unwritten)
        }
        Format::Webp => {
            let encoded = webp::Encoder::from_rgb(pixels, width, height).encode_simple(false, f32::from(variant.quality()));
            out.write_all(&encoded.map_err(|e| io::Error::other(format!("webp: {e:?}")))?)
        }
    }
}

/// The largest size: smaller, in sRGB, upright. Takes the bitmap, so that its memory is given back early.
fn first(bitmap: Bitmap) -> Picture {
    let to = Variant::Full.fit(bitmap.width, bitmap.height);
    let mut picture = shrink::shrunk((bitmap.width, bitmap.height), to, |y, row| bitmap.row(y, row));
    let Bitmap { channels, orientation, profile, pixels, .. } = bitmap;
    drop(pixels);
    if let Some(profile) = profile.filter(|_| channels >= 3) {
        colours::to_srgb(&profile, &mut picture.pixels);
    }
    upright(picture, orientation)
}

fn upright(picture: Picture, orientation: Orientation) -> Picture {
    if orientation == Orientation::NoTransforms {
        return picture;
    }
    let Picture { width, height, pixels } = picture;
    // The buffer has the size that its dimensions ask for: `shrunk` makes it so.
    let mut turned = DynamicImage::ImageRgb8(RgbImage::from_raw(width, height, pixels).unwrap_or_default());
    turned.apply_orientation(orientation);
    let turned = turned.into_rgb8();
    Picture { width: turned.width(), height: turned.height(), pixels: turned.into_raw() }
}

fn unwritten(e: ImageError) -> io::Error {
    if let ImageError::IoError(e) = e { e } else { io::Error::other(e) }
}
