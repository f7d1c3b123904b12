//! How a camera was held, as EXIF says it (CIPA DC-008-2023, tag 0x0112 of IFD0).

use image::metadata::Orientation;

/// Reads the payload of a JPEG's APP1 segment; `None` of XMP and of a block that does not say it readably.
pub fn of_app1(segment: &[u8]) -> Option<Orientation> {
    Orientation::from_exif_chunk(block(segment)?)
}

/// Reads the EXIF of a PNG or a WebP. Some writers put the identifier of the JPEG segment before it.
pub fn of_chunk(chunk: &[u8]) -> Option<Orientation> {
    Orientation::from_exif_chunk(block(chunk).unwrap_or(chunk))
}

/// What follows the identifier: `Exif`, a zero, and a fill byte (DC-008-2023, section 4.7.2).
fn block(segment: &[u8]) -> Option<&[u8]> {
    segment.strip_prefix(b"Exif\0")?.get(1..)
}
