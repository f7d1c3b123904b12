//! Pictures, and the forms that carry them.

use crate::Result;

/// A grey JPEG (ITU T.81, 4:2:0, three components) of any size: every block of it is the same, two bits of zero each.
pub fn jpeg(width: u16, height: u16) -> Vec<u8> {
    let [w, h] = [width.to_be_bytes(), height.to_be_bytes()];
    let mut bytes = vec![0xFF, 0xD8];
    bytes.extend([&[0xFF, 0xDB, 0, 67, 0][..], &[1; 64]].concat());
    bytes.extend([0xFF, 0xC0, 0, 17, 8, h[0], h[1], w[0], w[1], 3, 1, 0x22, 0, 2, 0x11, 0, 3, 0x11, 0]);
    for class in [0x00, 0x10] {
        // One code, of one bit, for the value 0: no difference to the block before, and the end of the block.
        bytes.extend([&[0xFF, 0xC4, 0, 20, class, 1][..], &[0; 16]].concat());
    }
    bytes.extend([0xFF, 0xDA, 0, 12, 3, 1, 0, 2, 0, 3, 0, 0, 63, 0]);
    let units = usize::from(width.div_ceil(16)) * usize::from(height.div_ceil(16));
    bytes.resize(bytes.len() + (units * 12).div_ceil(8), 0);
    bytes.extend([0xFF, 0xD9]);
    bytes
}

/// A PNG of 48 x 48 pixels of noise: no two numbers give the same.
///
/// # Errors
/// It cannot be encoded.
pub fn noise(number: u64) -> Result<Vec<u8>> {
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

/// A multipart form (RFC 7578) with these files, each under its name, in fields of one name.
pub fn form(field: &str, files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::with_capacity(files.iter().map(|(_, bytes)| bytes.len() + 200).sum());
    for (name, bytes) in files {
        let head =
            format!("--limit\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"{name}\"\r\nContent-Type: image/jpeg\r\n\r\n");
        body.extend([head.as_bytes(), bytes, b"\r\n"].concat());
    }
    body.extend(b"--limit--\r\n");
    body
}

/// The content type of [`form`].
pub const FORM: &str = "multipart/form-data; boundary=limit";

/// The content type and body of a form with these files as `images`.
pub fn upload(files: &[&[u8]]) -> (String, Vec<u8>) {
    let named: Vec<(String, &[u8])> = files.iter().enumerate().map(|(n, bytes)| (n.to_string(), *bytes)).collect();
    let named: Vec<(&str, &[u8])> = named.iter().map(|(name, bytes)| (name.as_str(), *bytes)).collect();
    (FORM.to_owned(), form("images", &named))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_picture_is_small() {
        let picture = jpeg(8000, 4990);
        assert!(picture.starts_with(&[0xFF, 0xD8]) && picture.ends_with(&[0xFF, 0xD9]));
        assert!(picture.len() < 300_000, "{}", picture.len());
    }

    #[test]
    fn noise_is_another_picture_for_each_number() {
        assert!(noise(1).unwrap().starts_with(b"\x89PNG"));
        assert_ne!(noise(1).unwrap(), noise(2).unwrap());
    }

    #[test]
    fn a_form_has_a_part_for_each_file() {
        let form = String::from_utf8(form("images", &[("a.jpg", b"A"), ("b.jpg", b"B")])).unwrap();
        assert_eq!(form.matches("--limit\r\n").count(), 2);
        assert!(form.contains("name=\"images\"; filename=\"b.jpg\"") && form.ends_with("\r\n--limit--\r\n"));
    }
}
