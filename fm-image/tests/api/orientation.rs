use crate::{Market, pictures::*};
use image::ImageFormat;

/// Where the red quarter of the scene is, seen upright: left or right, upper or lower.
async fn red(market: &Market, key: &str, size: &str) -> (bool, bool, (u32, u32)) {
    let shown = market.bus.get(&format!("/images/{key}/{size}")).await;
    let picture = image::load_from_memory_with_format(&shown.body, ImageFormat::Jpeg).unwrap().to_rgb8();
    let (w, h) = picture.dimensions();
    let is_red = |x: u32, y: u32| picture.get_pixel(x, y).0[0] > 150;
    let corners = [(true, true), (false, true), (true, false), (false, false)];
    let at = |(left, upper): (bool, bool)| is_red(if left { w / 4 } else { w * 3 / 4 }, if upper { h / 4 } else { h * 3 / 4 });
    let red: Vec<_> = corners.into_iter().filter(|&corner| at(corner)).collect();
    assert_eq!(red.len(), 1, "{size}: {red:?}");
    (red[0].0, red[0].1, (w, h))
}

#[actix_rt::test]
async fn pictures_are_shown_upright_however_the_camera_was_held() {
    let market = Market::open();
    let photo = jpeg(96, 64);
    // EXIF 2.32, tag 0x0112: where row 0 and column 0 of the file are.
    for (orientation, left, upper, turned) in [
        (1, true, true, false),
        (2, false, true, false),
        (3, false, false, false),
        (4, true, false, false),
        (5, true, true, true),
        (6, false, true, true),
        (7, false, false, true),
        (8, true, false, true),
        (0, true, true, false),
        (9, true, true, false),
    ] {
        let key = market.uploaded("a", &with_orientation(&photo, orientation)).await;
        let dimensions = if turned { (64, 96) } else { (96, 64) };
        for size in ["full", "card", "thumb"] {
            assert_eq!(red(&market, &key, size).await, (left, upper, dimensions), "orientation {orientation}, {size}");
        }
    }
}

/// What of the table of orientations these tests tell apart: upright, or a quarter turned to the right.
async fn is_turned(photo: &[u8]) -> bool {
    let market = Market::open();
    let key = market.uploaded("a", photo).await;
    match red(&market, &key, "full").await {
        (true, true, (96, 64)) => false,
        (false, true, (64, 96)) => true,
        other => panic!("{other:?}"),
    }
}

#[actix_rt::test]
async fn of_several_exif_blocks_the_first_that_says_it_counts() {
    let photo = jpeg(96, 64);
    let xmp = b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta tiff:Orientation='3'/>";
    let (upright, turned) = (exif(1), exif(6));
    let little = little_endian_exif(6);
    // The last block that is put on is the first of the file.
    let blocks = |blocks: &[&[u8]]| blocks.iter().rev().fold(photo.clone(), |photo, block| with_exif(&photo, block));
    for (name, photo, is) in [
        ("turned, then upright", blocks(&[&turned, &upright]), true),
        ("upright, then turned", blocks(&[&upright, &turned]), false),
        ("little-endian, then upright", blocks(&[&little, &upright]), true),
        ("noise, then turned", blocks(&[&[0xAA; 100], &turned]), true),
        ("empty, then turned", blocks(&[b"", &turned]), true),
        ("cut off, then turned", blocks(&[&upright[..16], &turned]), true),
        ("out of range, then turned", blocks(&[&exif(9), &turned]), true),
        ("out of range in the high byte", blocks(&[&exif(0x0600)]), false),
        ("XMP, then turned", with_segment(&blocks(&[&turned]), 0xE1, xmp), true),
        ("turned, then XMP", with_exif(&with_segment(&photo, 0xE1, xmp), &turned), true),
        ("XMP alone", with_segment(&photo, 0xE1, xmp), false),
        ("another fill byte", with_segment(&photo, 0xE1, &[b"Exif\0\xFF", turned.as_slice()].concat()), true),
    ] {
        assert_eq!(is_turned(&photo).await, is, "{name}");
    }
}

#[actix_rt::test]
async fn the_exif_of_a_png_and_of_a_webp_counts_too() {
    let png = png(96, 64);
    let with_chunk = |kind: &[u8; 4], content: &[u8]| [&png[..33], &chunk(kind, content), &png[33..]].concat();
    let webp = webp(96, 64);
    let extended = |exif: &[u8]| {
        let canvas = [&[0x08, 0, 0, 0][..], &95u32.to_le_bytes()[..3], &63u32.to_le_bytes()[..3]].concat();
        let length = u32::from_le_bytes(webp[16..20].try_into().unwrap()) as usize;
        riff(&[(b"VP8X", canvas), (b"VP8L", webp[20..20 + length].to_vec()), (b"EXIF", exif.to_vec())])
    };
    let in_segment = [b"Exif\0\0", exif(6).as_slice()].concat();
    for (name, photo, is) in [
        ("PNG", with_chunk(b"eXIf", &exif(6)), true),
        ("PNG, little-endian", with_chunk(b"eXIf", &little_endian_exif(6)), true),
        ("PNG, as in a JPEG", with_chunk(b"eXIf", &in_segment), true),
        ("PNG, out of range", with_chunk(b"eXIf", &exif(9)), false),
        ("PNG, noise", with_chunk(b"eXIf", &[0xAA; 50]), false),
        ("WebP", extended(&exif(6)), true),
        ("WebP, little-endian", extended(&little_endian_exif(6)), true),
        ("WebP, as in a JPEG", extended(&in_segment), true),
        ("WebP, out of range", extended(&exif(0)), false),
    ] {
        assert_eq!(is_turned(&photo).await, is, "{name}");
    }
}
