//! The table of files that are refused: what, status, code.

use crate::{Market, form, part, pictures::*};
use actix_web::{http::header, test::TestRequest};
use image::ExtendedColorType;
use serde_json::Value;

type Bad = (&'static str, Vec<u8>, u16, &'static str);

fn no_pictures() -> Vec<Bad> {
    let text = |name, text: &str| (name, text.as_bytes().to_vec(), 415, "image-type");
    let bytes = |name, bytes: &[u8]| (name, [bytes, &[0; 100]].concat(), 415, "image-type");
    vec![
        ("empty", vec![], 422, "image-empty"),
        text("text", "a photo of my car"),
        text("SVG", "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"),
        text("HTML", "<!doctype html><script>alert(1)</script>"),
        text("PDF", "%PDF-1.7 "),
        text("GIF and script", "GIF89a/*\x01\x01*/=1;alert(1)"),
        bytes("GIF", b"GIF87a\x01\0\x01\0"),
        bytes("HEIC", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"),
        bytes("AVIF", b"\0\0\0\x18ftypavif\0\0\0\0mif1avif"),
        bytes("BMP", b"BM\x36\0\0\0"),
        bytes("TIFF", b"II*\0\x08\0\0\0"),
        bytes("ZIP", b"PK\x03\x04"),
        bytes("ELF", b"\x7fELF\x02\x01\x01"),
        bytes("WAV", b"RIFF\x24\0\0\0WAVEfmt "),
        bytes("two bytes of a JPEG", b"\xff\xd8"),
        ("HTML before a JPEG", [b"<html>".as_slice(), &jpeg(32, 32)].concat(), 415, "image-type"),
        ("zeros", vec![0; 5000], 415, "image-type"),
    ]
}

fn jpegs() -> Vec<Bad> {
    let good = jpeg(200, 120);
    let broken = |name, bytes: Vec<u8>| (name, bytes, 422, "image-broken");
    let of_kind = |kind: u8| {
        let mut bytes = good.clone();
        let frame = bytes.windows(2).position(|w| w == [0xFF, 0xC0]).unwrap();
        bytes[frame + 1] = kind;
        bytes
    };
    let scan = good.windows(2).position(|w| w == [0xFF, 0xDA]).unwrap();
    let tables = good.windows(2).position(|w| w == [0xFF, 0xC4]).unwrap();
    let end = good.len() - 2;
    let progressive = include_bytes!("../fixtures/progressive.jpg").as_slice();
    let scans = [&good[..scan], &good[scan..end].repeat(70), &good[end..]].concat();
    vec![
        broken("JPEG, the first bytes", good[..4].to_vec()),
        broken("JPEG, half", good[..good.len() / 2].to_vec()),
        broken("JPEG without its last rows", good[..end - 20].to_vec()),
        broken("JPEG without its last rows, an end marker put behind", [&good[..end - 20], &good[end..]].concat()),
        broken("half a JPEG, an end marker put behind", [&good[..good.len() / 2], &good[end..]].concat()),
        broken("half a JPEG before another one", [&good[..good.len() / 2], good.as_slice()].concat()),
        broken(
            "half a JPEG before a video",
            [&good[..good.len() / 2], b"\0\0\0\x18ftypmp42".as_slice(), &[0; 1000], &good[end..]].concat(),
        ),
        broken("half a progressive JPEG, an end marker put behind", [&progressive[..progressive.len() / 2], &good[end..]].concat()),
        broken(
            "progressive JPEG without its last rows, an end marker put behind",
            [&progressive[..progressive.len() - 12], &good[end..]].concat(),
        ),
        broken("JPEG without a scan", [&good[..scan], &good[end..]].concat()),
        broken("JPEG without tables", [&good[..tables], &good[scan..]].concat()),
        broken("JPEG without a width", claiming(&good, 0, 100)),
        broken("JPEG without a height", claiming(&good, 100, 0)),
        broken("JPEG, lossless", of_kind(0xC3)),
        broken("JPEG, arithmetic", of_kind(0xC9)),
        broken("JPEG of 70 scans", scans),
        broken("JPEG, magic and HTML", b"\xff\xd8\xff<html><script>alert(1)</script></html>".to_vec()),
        broken("JPEG, a segment longer than the file", [b"\xff\xd8\xff\xe1\xff\xff".as_slice(), b"Exif\0\0"].concat()),
        ("JPEG, a bomb of 30,000 x 30,000", claiming(&good, 30_000, 30_000), 422, "image-pixels"),
        ("progressive JPEG of 36 million pixels", claiming(include_bytes!("../fixtures/progressive.jpg"), 6000, 6000), 422, "image-memory"),
    ]
}

fn pngs() -> Vec<Bad> {
    let good = png(200, 120);
    let broken = |name, bytes: Vec<u8>| (name, bytes, 422, "image-broken");
    let changed = |at: usize| {
        let mut bytes = good.clone();
        bytes[at] ^= 0x55;
        bytes
    };
    let grey_bit = [1, 0, 0, 0, 0];
    let bomb = raw_png(30_000, 30_000, grey_bit, &[chunk(b"IDAT", &zeros(30_000 * 3_751))]);
    let deep = raw_png(6000, 6000, [16, 6, 0, 0, 0], &[chunk(b"IDAT", &zeros(6000 * 48_001))]);
    vec![
        broken("PNG, the signature", good[..8].to_vec()),
        broken("PNG, the signature and HTML", b"\x89PNG\r\n\x1a\n<html><script>alert(1)</script></html>".to_vec()),
        broken("PNG, half", good[..good.len() / 2].to_vec()),
        broken("PNG, a header that was changed", changed(30)),
        broken("PNG, data that was changed", changed(good.len() - 40)),
        broken("PNG without data", raw_png(100, 100, [8, 2, 0, 0, 0], &[])),
        broken("PNG with too little data", raw_png(100, 100, [8, 2, 0, 0, 0], &[chunk(b"IDAT", &zeros(1000))])),
        broken("PNG without a width", raw_png(0, 100, [8, 2, 0, 0, 0], &[])),
        broken("PNG of an unknown kind", raw_png(100, 100, [8, 5, 0, 0, 0], &[chunk(b"IDAT", &zeros(20_000))])),
        ("PNG, a bomb of 30,000 x 30,000", bomb, 422, "image-pixels"),
        ("PNG, the largest there can be", raw_png(0x7FFF_FFFF, 0x7FFF_FFFF, grey_bit, &[]), 422, "image-pixels"),
        (
            "PNG, a bomb of 1,000 frames",
            raw_png(30_000, 30_000, grey_bit, &[chunk(b"acTL", &[0, 0, 3, 0xE8, 0, 0, 0, 0])]),
            422,
            "image-pixels",
        ),
        ("PNG, a thread", raw_png(70_000, 1, grey_bit, &[]), 422, "image-pixels"),
        ("PNG of 36 million pixels of 8 bytes", deep, 422, "image-memory"),
    ]
}

fn webps() -> Vec<Bad> {
    let good = webp(200, 120);
    let broken = |name, bytes: Vec<u8>| (name, bytes, 422, "image-broken");
    let canvas = [&[0u8; 4][..], &[0xFF, 0x3F, 0, 0xFF, 0x3F, 0]].concat();
    let lossless_head = [&[0x2F][..], &(0x3FFEu32 | 0x3FFE << 14).to_le_bytes(), &[0; 20]].concat();
    vec![
        broken("WebP, half", good[..good.len() / 2].to_vec()),
        broken("WebP without chunks", riff(&[])),
        broken("WebP of noise", riff(&[(b"VP8 ", vec![0x5A; 400])])),
        ("WebP, a bomb of 16,383 x 16,383", riff(&[(b"VP8L", lossless_head)]), 422, "image-pixels"),
        ("WebP, a canvas of 16,384 x 16,384", riff(&[(b"VP8X", canvas), (b"VP8L", webp(4, 4)[20..].to_vec())]), 422, "image-pixels"),
    ]
}

#[actix_rt::test]
async fn every_bad_file_is_refused_with_its_status_and_code() {
    let market = Market::open();
    let table = [no_pictures(), jpegs(), pngs(), webps()].concat();
    assert!(table.len() >= 30, "{}", table.len());
    for (name, bytes, status, code) in table {
        let reply = market.upload("a", &[("photo.jpg", &bytes)]).await;
        assert_eq!(reply.status, status, "{name}");
        assert_eq!(reply.code(), code, "{name}");
        assert_eq!(reply.json::<Value>()["errors"][0]["field"], "images[0]", "{name}");
    }
    assert_eq!(market.files.list().await.unwrap(), Vec::<String>::new());
    assert_eq!(market.pictures().await.len(), 0);
    assert!(!market.cars.asked().contains(&"attach"));
}

#[actix_rt::test]
async fn a_file_of_11_mib_is_refused_whatever_is_in_it() {
    let market = Market::open();
    let photo = [jpeg(64, 64), vec![0; 11 << 20]].concat();
    let reply = market.upload("a", &[("good.jpg", &jpeg(64, 64)), ("large.jpg", &photo)]).await;
    assert_eq!((reply.status, reply.code().as_str()), (413, "file-too-large"));
    assert_eq!(reply.json::<Value>()["errors"][0]["field"], "images[1]");
}

#[actix_rt::test]
async fn a_21st_file_is_refused() {
    let market = Market::open();
    let photo = jpeg(16, 16);
    let files = vec![("photo.jpg", photo.as_slice()); 21];
    let reply = market.upload("a", &files).await;
    assert_eq!((reply.status, reply.code().as_str()), (413, "too-many-files"));
    assert_eq!(reply.json::<Value>()["errors"][0]["field"], "images[20]");
}

#[actix_rt::test]
async fn all_errors_are_reported_at_once_and_nothing_is_stored() {
    let market = Market::open();
    let reply = market.upload("a", &[("1", &jpeg(64, 64)), ("2", b""), ("3", b"GIF89a"), ("4", &png(9, 9)[..50])]).await;
    assert_eq!((reply.status, reply.code().as_str()), (415, "image-type"));
    let errors = reply.json::<Value>()["errors"].clone();
    let fields: Vec<_> = errors.as_array().unwrap().iter().map(|e| e["field"].as_str().unwrap()).collect();
    assert_eq!(fields, ["images[1]", "images[2]", "images[3]"]);
    assert!(market.files.list().await.unwrap().is_empty());
}

#[actix_rt::test]
async fn a_body_that_is_no_upload_is_refused() {
    let market = Market::open();
    let photo = jpeg(16, 16);
    let send = async |request: TestRequest| {
        let reply = market.bus.http(request.uri("/api/cars/a/images")).await;
        (reply.status, reply.code())
    };
    let multipart =
        |kind: &'static str, body: &[u8]| TestRequest::post().insert_header((header::CONTENT_TYPE, kind)).set_payload(body.to_vec());
    assert_eq!(send(multipart("image/jpeg", &photo)).await, (415, "unsupported-media-type".into()));
    assert_eq!(send(TestRequest::post().set_payload(photo.clone())).await, (415, "unsupported-media-type".into()));
    assert_eq!(send(multipart("multipart/form-data", b"x")).await, (400, "malformed".into()));
    assert_eq!(send(multipart("multipart/form-data; boundary=limit", b"no multipart")).await, (400, "malformed".into()));
    let cut = b"--limit\r\nContent-Disposition: form-data; name=\"images\"\r\n\r\nhalf of";
    assert_eq!(send(multipart("multipart/form-data; boundary=limit", cut)).await, (400, "malformed".into()));
    assert_eq!(send(form(&[])).await, (422, "invalid".into()));
    assert_eq!(send(form(&[part("pictures", "photo.jpg", &photo)])).await, (400, "malformed".into()));
    let large = form(&[]).insert_header((header::CONTENT_LENGTH, "300000000"));
    assert_eq!(send(large).await, (413, "too-large".into()));
}

#[actix_rt::test]
async fn a_colour_profile_that_unpacks_to_gigabytes_does_no_harm() {
    let market = Market::open();
    let profile = [b"p\0\0".as_slice(), &zeros(1 << 30)].concat();
    let pixels = chunk(b"IDAT", &zeros(100 * 301));
    let picture = raw_png(100, 100, [8, 2, 0, 0, 0], &[chunk(b"iCCP", &profile), pixels]);
    let reply = market.upload("a", &[("photo.png", &picture)]).await;
    assert!(matches!(reply.status, 201 | 422), "{}", reply.status);
    let plain = png_of(&[7; 100 * 100 * 3], 100, 100, ExtendedColorType::Rgb8);
    assert_eq!(market.upload("a", &[("photo.png", &plain)]).await.status, 201);
}
