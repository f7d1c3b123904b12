//! JPEGs whose end is missing, or is not the end of the file.

use crate::{Market, pictures::*};
use image::{ExtendedColorType, codecs::jpeg::JpegEncoder};
use serde_json::Value;

/// Whole pictures of each kind, up to their end markers.
fn wholes() -> Vec<(&'static str, Vec<u8>)> {
    let noise: Vec<u8> = (0..200 * 120 * 3u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let mut noisy = Vec::new();
    JpegEncoder::new_with_quality(&mut noisy, 80).encode(&noise, 200, 120, ExtendedColorType::Rgb8).unwrap();
    vec![
        ("baseline", jpeg(200, 120)),
        ("noise", noisy),
        ("one colour", jpeg(16, 8)),
        ("progressive", include_bytes!("../fixtures/progressive.jpg").to_vec()),
        ("grey", include_bytes!("../fixtures/grey.jpg").to_vec()),
        ("CMYK", include_bytes!("../fixtures/cmyk.jpg").to_vec()),
    ]
}
async fn full(market: &Market, photo: &[u8], name: &str) -> Vec<u8> {
    let reply = market.upload("a", &[("photo.jpg", photo)]).await;
    assert_eq!(reply.status, 201, "{name}: {}", String::from_utf8_lossy(&reply.body));
    let key = reply.json::<Value>()["images"][0]["key"].as_str().unwrap().to_owned();
    market.bus.get(&format!("/images/{key}/full")).await.body.to_vec()
}

#[actix_rt::test]
async fn a_jpeg_without_its_end_marker_is_shown_like_the_whole_one() {
    for (name, whole) in wholes() {
        let market = Market::open();
        let expected = full(&market, &whole, name).await;
        assert_eq!(whole[whole.len() - 2..], [0xFF, 0xD9], "{name}");
        let data = &whole[..whole.len() - 2];
        for (end, bytes) in [
            ("nothing", &[] as &[u8]),
            ("half a marker", b"\xFF"),
            ("a trailer", b"\0\0\x01\n\x0e\0\0\0Image_UTC_Data1476108332000SEFHe\0\0\0SEFT"),
            ("a trailer with markers", b"\0\0\0\0\0\0\0\0\xFF\xE1\0\x04ab\xFF\xDA\0\x02\xFF\xFE\xFF\xFFSEFT"),
            ("another picture", &[&[0; 16][..], &jpeg(32, 32)].concat()),
            ("zeros", &[0; 5_000]),
        ] {
            assert!(full(&market, &[data, bytes].concat(), &format!("{name}, {end}")).await == expected, "{name}, {end}");
        }
    }
}

#[actix_rt::test]
async fn a_jpeg_whose_last_rows_are_cut_off_is_refused() {
    for (name, whole) in wholes() {
        let market = Market::open();
        let data = whole.len() - 2;
        let scan = whole.windows(2).rposition(|w| w == [0xFF, 0xDA]).unwrap() + 14;
        for missing in [4, 5, 6, 8, 12, 20, 33, 64, 100, 1_000, (data - scan) / 2, data - scan] {
            if data - scan < missing {
                continue;
            }
            // A trailer as long as what is missing cannot be told from it.
            let trailer: &[u8] = if missing >= 100 { b"\0\0\x01\nSEFT" } else { b"" };
            for behind in [b"", b"\xFF" as &[u8], trailer] {
                let reply = market.upload("a", &[("photo.jpg", &[&whole[..data - missing], behind].concat())]).await;
                assert_eq!(reply.status, 422, "{name} without {missing} bytes, {behind:?}");
                assert_eq!(reply.code(), "image-broken", "{name} without {missing} bytes, {behind:?}");
            }
        }
        assert!(market.pictures().await.is_empty());
    }
}
