//! Pictures for tests, good and bad, made by hand where no encoder would make them.

use image::{
    ExtendedColorType, ImageEncoder, Rgb, RgbImage, codecs::jpeg::JpegEncoder, codecs::png::PngEncoder, codecs::webp::WebPEncoder,
};

/// Red in the upper left quarter, blue elsewhere.
pub fn scene(width: u32, height: u32) -> RgbImage {
    let corner = |x, y| x < width / 2 && y < height / 2;
    RgbImage::from_fn(width, height, |x, y| if corner(x, y) { Rgb([220, 20, 20]) } else { Rgb([20, 20, 220]) })
}

pub fn jpeg(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, 90).encode(&scene(width, height), width, height, ExtendedColorType::Rgb8).unwrap();
    bytes
}
pub fn png(width: u32, height: u32) -> Vec<u8> {
    png_of(&scene(width, height), width, height, ExtendedColorType::Rgb8)
}
pub fn png_of(pixels: &[u8], width: u32, height: u32, colour: ExtendedColorType) -> Vec<u8> {
    let mut bytes = Vec::new();
    PngEncoder::new(&mut bytes).write_image(pixels, width, height, colour).unwrap();
    bytes
}
pub fn webp(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    WebPEncoder::new_lossless(&mut bytes).encode(&scene(width, height), width, height, ExtendedColorType::Rgb8).unwrap();
    bytes
}

/// Puts a segment behind the start of a JPEG.
pub fn with_segment(jpeg: &[u8], marker: u8, content: &[u8]) -> Vec<u8> {
    let length = (content.len() as u16 + 2).to_be_bytes();
    [&jpeg[..2], &[0xFF, marker], &length, content, &jpeg[2..]].concat()
}

/// An EXIF block that says how the camera was held, and who took the picture.
pub fn exif(orientation: u16) -> Vec<u8> {
    let [high, low] = orientation.to_be_bytes();
    let entries: [&[u8]; 2] = [
        &[0x01, 0x12, 0, 3, 0, 0, 0, 1, high, low, 0, 0], // Orientation, SHORT
        &[0x01, 0x3B, 0, 2, 0, 0, 0, 11, 0, 0, 0, 38],    // Artist, ASCII, at offset 38
    ];
    [b"MM\0*\0\0\0\x08\0\x02".as_slice(), entries[0], entries[1], &[0; 4], b"Ann Secret\0"].concat()
}
/// The same in the other byte order, and without the artist.
pub fn little_endian_exif(orientation: u16) -> Vec<u8> {
    let [low, high] = orientation.to_le_bytes();
    [b"II*\0\x08\0\0\0\x01\0".as_slice(), &[0x12, 0x01, 3, 0, 1, 0, 0, 0, low, high, 0, 0], &[0; 4]].concat()
}
/// A JPEG with such a block in a segment of its own, before those that are there.
pub fn with_exif(jpeg: &[u8], block: &[u8]) -> Vec<u8> {
    with_segment(jpeg, 0xE1, &[b"Exif\0\0", block].concat())
}
pub fn with_orientation(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    with_exif(jpeg, &exif(orientation.into()))
}

/// The same picture with other dimensions in its header.
pub fn claiming(jpeg: &[u8], width: u16, height: u16) -> Vec<u8> {
    let mut bytes = jpeg.to_vec();
    let frame = bytes.windows(2).position(|w| matches!(w, [0xFF, 0xC0 | 0xC2])).unwrap();
    bytes[frame + 5..frame + 7].copy_from_slice(&height.to_be_bytes());
    bytes[frame + 7..frame + 9].copy_from_slice(&width.to_be_bytes());
    bytes
}

pub fn chunk(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let named = [kind.as_slice(), content].concat();
    [&(content.len() as u32).to_be_bytes(), named.as_slice(), &crc(&named).to_be_bytes()].concat()
}
/// A PNG of these chunks; `kind` is depth, colour type, compression, filter, interlace.
pub fn raw_png(width: u32, height: u32, kind: [u8; 5], chunks: &[Vec<u8>]) -> Vec<u8> {
    let header = [width.to_be_bytes().as_slice(), &height.to_be_bytes(), &kind].concat();
    [b"\x89PNG\r\n\x1a\n".as_slice(), &chunk(b"IHDR", &header), &chunks.concat(), &chunk(b"IEND", &[])].concat()
}
/// So many zeros, compressed (RFC 1950): a pattern that stands for 258 of them in two bits, again and again.
pub fn zeros(count: u64) -> Vec<u8> {
    // A final block with fixed codes: the literal 0 (00110000), then matches of length 258 (11000101), distance 1 (00000).
    let mut bits = Bits::default();
    bits.push(0b011, 3);
    bits.push_code(0b0011_0000, 8);
    let mut left = count - 1;
    while left >= 258 {
        bits.push_code(0b1100_0101, 8);
        bits.push_code(0, 5);
        left -= 258;
    }
    (0..left).for_each(|_| bits.push_code(0b0011_0000, 8));
    bits.push_code(0, 7);
    let adler = ((count % 65_521) as u32) << 16 | 1;
    [&[0x78, 0x01], bits.finish().as_slice(), &adler.to_be_bytes()].concat()
}

#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    n: u32,
}
impl Bits {
    fn push(&mut self, value: u32, n: u32) {
        for i in 0..n {
            if self.n.is_multiple_of(8) {
                self.bytes.push(0);
            }
            if let Some(last) = self.bytes.last_mut() {
                *last |= ((value >> i & 1) as u8) << (self.n % 8);
            }
            self.n += 1;
        }
    }
    /// Huffman codes go the other way round (RFC 1951, section 3.1.1).
    fn push_code(&mut self, code: u32, n: u32) {
        self.push(code.reverse_bits() >> (32 - n), n);
    }
    fn finish(self) -> Vec<u8> {
        self.bytes
    }
}

fn crc(bytes: &[u8]) -> u32 {
    !bytes
        .iter()
        .fold(!0u32, |crc, &b| (0..8).fold(crc ^ u32::from(b), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 }))
}

pub fn riff(chunks: &[(&[u8; 4], Vec<u8>)]) -> Vec<u8> {
    let mut body = b"WEBP".to_vec();
    for (kind, content) in chunks {
        body.extend_from_slice(*kind);
        body.extend_from_slice(&(content.len() as u32).to_le_bytes());
        body.extend_from_slice(content);
        body.resize(body.len().next_multiple_of(2), 0);
    }
    [b"RIFF".as_slice(), &(body.len() as u32).to_le_bytes(), &body].concat()
}
