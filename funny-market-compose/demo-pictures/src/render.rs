//! From SVG to JPEG.

use image::{ExtendedColorType, codecs::jpeg::JpegEncoder};
use resvg::{
    tiny_skia::{Pixmap, Transform},
    usvg::{Options, Tree},
};

const QUALITY: u8 = 86;

/// # Errors
/// If it is no SVG, or one without a size.
pub fn jpeg(svg: &str) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let tree = Tree::from_str(svg, &Options::default())?;
    let size = tree.size().to_int_size();
    let mut pixels = Pixmap::new(size.width(), size.height()).ok_or("too large")?;
    resvg::render(&tree, Transform::default(), &mut pixels.as_mut());
    // All is painted over: nothing can be seen through.
    let rgb: Vec<u8> = pixels.data().chunks_exact(4).flat_map(|p| [p[0], p[1], p[2]]).collect();
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, QUALITY).encode(&rgb, size.width(), size.height(), ExtendedColorType::Rgb8)?;
    Ok(bytes)
}
