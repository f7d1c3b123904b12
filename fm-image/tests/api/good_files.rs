//! Files that are unusual and good all the same.

use crate::{Market, pictures::*};
use image::{DynamicImage, ExtendedColorType, ImageFormat};
use serde_json::Value;

async fn shown(market: &Market, key: &str, size: &str) -> DynamicImage {
    let reply = market.bus.get(&format!("/images/{key}/{size}")).await;
    assert_eq!(reply.status, 200);
    image::load_from_memory_with_format(&reply.body, ImageFormat::Jpeg).unwrap()
}

#[actix_rt::test]
async fn unusual_pictures_are_accepted() {
    let sixteen: Vec<u8> = (0..60 * 40 * 4u32).flat_map(|i| ((i * 37) as u16).to_be_bytes()).collect();
    let table: Vec<(&str, Vec<u8>)> = vec![
        ("a JPEG", jpeg(60, 40)),
        ("a PNG", png(60, 40)),
        ("a lossless WebP", webp(60, 40)),
        ("a single pixel", png(1, 1)),
        ("a line", jpeg(3000, 1)),
        ("16 bits and opacity", png_of(&sixteen, 60, 40, ExtendedColorType::Rgba16)),
        ("grey with opacity", png_of(&[128; 60 * 40 * 2], 60, 40, ExtendedColorType::La8)),
        ("a ZIP behind the JPEG", [jpeg(60, 40), b"PK\x03\x04 evil".to_vec()].concat()),
        ("a video behind the JPEG", [jpeg(60, 40), b"\0\0\0\x18ftypmp42".to_vec(), vec![0; 100_000]].concat()),
        ("a script behind the PNG", [png(60, 40), b"<script>alert(1)</script>".to_vec()].concat()),
        ("64 kB of EXIF", with_segment(&jpeg(60, 40), 0xE1, &[b"Exif\0\0".as_slice(), &[0xAA; 65_000]].concat())),
        ("6 MB of segments", (0..100).fold(jpeg(60, 40), |j, _| with_segment(&j, 0xE1, &[0xAA; 65_000]))),
        ("a colour profile of noise", with_segment(&jpeg(60, 40), 0xE2, &[b"ICC_PROFILE\0\x01\x01".as_slice(), &[0xA5; 60_000]].concat())),
        ("a comment with a script", with_segment(&jpeg(60, 40), 0xFE, b"<script>alert(1)</script>")),
        ("progressive", include_bytes!("../fixtures/progressive.jpg").to_vec()),
        ("CMYK", include_bytes!("../fixtures/cmyk.jpg").to_vec()),
        ("grey", include_bytes!("../fixtures/grey.jpg").to_vec()),
        ("a lossy WebP", include_bytes!("../fixtures/lossy.webp").to_vec()),
        ("an animated WebP", include_bytes!("../fixtures/animated.webp").to_vec()),
        ("a transparent WebP", include_bytes!("../fixtures/transparent.webp").to_vec()),
        ("an animated PNG", include_bytes!("../fixtures/animated.png").to_vec()),
        ("a palette", include_bytes!("../fixtures/palette.png").to_vec()),
        ("black and white", include_bytes!("../fixtures/one-bit.png").to_vec()),
        ("interlaced", include_bytes!("../fixtures/interlaced.png").to_vec()),
    ];
    for (name, bytes) in table {
        let market = Market::open();
        let reply = market.upload("a", &[("../../not-what-it-says.gif", &bytes)]).await;
        assert_eq!(reply.status, 201, "{name}: {}", String::from_utf8_lossy(&reply.body));
        let image = &reply.json::<Value>()["images"][0];
        let picture = shown(&market, image["key"].as_str().unwrap(), "full").await;
        assert_eq!(
            (Some(picture.width().into()), Some(picture.height().into())),
            (image["width"].as_u64(), image["height"].as_u64()),
            "{name}"
        );
    }
}

#[actix_rt::test]
async fn a_file_may_have_10_mib_exactly() {
    let market = Market::open();
    let mut photo = jpeg(64, 64);
    photo.resize(10 << 20, 0);
    assert_eq!(market.upload("a", &[("photo.jpg", &photo)]).await.status, 201);
    photo.push(0);
    assert_eq!(market.upload("a", &[("photo.jpg", &photo)]).await.status, 413);
}

#[actix_rt::test]
async fn nothing_of_a_file_is_left_but_its_pixels() {
    let market = Market::open();
    let tagged = with_segment(&with_orientation(&jpeg(64, 64), 1), 0xFE, b"a comment");
    let behind = [include_bytes!("../fixtures/gps.jpg").as_slice(), b"PK\x03\x04 evil"].concat();
    for photo in [tagged, behind] {
        let key = market.uploaded("a", &photo).await;
        for size in ["thumb", "card", "card.webp", "full"] {
            let shown = market.bus.get(&format!("/images/{key}/{size}")).await.body;
            for secret in ["Exif", "Secret", "a comment", "evil", "2020:01", "ICC_PROFILE", "http"] {
                assert!(!shown.windows(secret.len()).any(|w| w == secret.as_bytes()), "{secret} in {size}");
            }
        }
    }
}

#[actix_rt::test]
async fn three_sizes_are_made_and_none_is_larger_than_the_photo() {
    let market = Market::open();
    let large = market.uploaded("a", &jpeg(3000, 2000)).await;
    let small = market.uploaded("a", &png(500, 100)).await;
    for (key, size, dimensions) in [
        (&large, "full", (1920, 1280)),
        (&large, "card", (800, 533)),
        (&large, "thumb", (320, 213)),
        (&small, "full", (500, 100)),
        (&small, "card", (500, 100)),
        (&small, "thumb", (320, 64)),
    ] {
        let picture = shown(&market, key, size).await;
        assert_eq!((picture.width(), picture.height()), dimensions, "{size}");
    }
}

#[actix_rt::test]
async fn transparent_pixels_are_shown_on_white() {
    let market = Market::open();
    let clear: Vec<u8> = (0..32 * 32).flat_map(|_| [200, 0, 0, 0]).collect();
    let key = market.uploaded("a", &png_of(&clear, 32, 32, ExtendedColorType::Rgba8)).await;
    assert!(shown(&market, &key, "thumb").await.to_rgb8().pixels().all(|p| p.0.iter().all(|&v| v > 250)));
}
