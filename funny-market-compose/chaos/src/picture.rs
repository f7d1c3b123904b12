//! Pictures to upload: small, and no two alike.

use crate::Result;

/// Draws a picture out of a number.
///
/// # Errors
/// It cannot be encoded.
pub fn draw(number: u64) -> Result<Vec<u8>> {
    const SIDE: usize = 48;
    let mut pixels = Vec::with_capacity(SIDE * SIDE * 3);
    let mut state = number ^ 0x9e37_79b9_7f4a_7c15;
    for _ in 0..SIDE * SIDE {
        // xorshift64 (Marsaglia 2003)
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        pixels.extend_from_slice(&state.to_le_bytes()[..3]);
    }
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, SIDE as u32, SIDE as u32);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.write_header()?.write_image_data(&pixels)?;
    Ok(file)
}

/// Wraps a picture as a form of one file; content type and body.
pub fn form(picture: &[u8]) -> (&'static str, Vec<u8>) {
    const EDGE: &str = "edge-of-a-picture-that-no-picture-has";
    let mut body =
        format!("--{EDGE}\r\nContent-Disposition: form-data; name=\"images\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\n")
            .into_bytes();
    body.extend_from_slice(picture);
    body.extend_from_slice(format!("\r\n--{EDGE}--\r\n").as_bytes());
    ("multipart/form-data; boundary=edge-of-a-picture-that-no-picture-has", body)
}
