//! How much memory the process takes while it is fed the worst that it accepts, and worse. A process of its own, so that nothing else counts.
#![expect(clippy::unwrap_used, reason = "a test that is wired wrongly must stop")]

use actix_web::{http::header::CONTENT_TYPE, test::TestRequest};
use fm_image::{
    Files, Images,
    messages::{AttachImages, Attached, MayEdit},
};
use fm_sdk::{Clock, config::FilesUrl, testing::MockBus};
use image::{ExtendedColorType, GenericImageView, Rgb, codecs::jpeg::JpegEncoder, codecs::png::PngEncoder};
use std::{env, fs, io::Write, process::Command};

/// Bytes; what fm-image may take, whatever comes.
const MAX_RSS: u64 = 200_000_000;

/// A picture that is computed, not kept: making it must not count.
struct Stripes(u32, u32);
impl GenericImageView for Stripes {
    type Pixel = Rgb<u8>;
    fn dimensions(&self) -> (u32, u32) {
        (self.0, self.1)
    }
    fn get_pixel(&self, x: u32, y: u32) -> Rgb<u8> {
        Rgb([(x / 64) as u8, (y / 64) as u8, 128])
    }
}

fn jpeg(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, 60).encode_image(&Stripes(width, height)).unwrap();
    bytes
}
fn claiming(jpeg: &[u8], width: u16, height: u16) -> Vec<u8> {
    let mut bytes = jpeg.to_vec();
    let frame = bytes.windows(2).position(|w| matches!(w, [0xFF, 0xC0 | 0xC2])).unwrap();
    bytes[frame + 5..frame + 7].copy_from_slice(&height.to_be_bytes());
    bytes[frame + 7..frame + 9].copy_from_slice(&width.to_be_bytes());
    bytes
}
fn png(width: u32, height: u32, colour: ExtendedColorType) -> Vec<u8> {
    use image::ImageEncoder;
    let mut bytes = Vec::new();
    let row = width as usize * usize::from(colour.bits_per_pixel() / 8);
    PngEncoder::new(&mut bytes).write_image(&vec![0x55; row * height as usize], width, height, colour).unwrap();
    bytes
}

/// The most memory that this process has had since the last `forget`.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|l| l.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}
/// proc(5): 5 resets the peak to what is in use now.
fn forget() {
    fs::OpenOptions::new().write(true).open("/proc/self/clear_refs").unwrap().write_all(b"5").unwrap();
}

fn upload(files: &[&[u8]]) -> TestRequest {
    let mut body = Vec::with_capacity(files.iter().map(|f| f.len() + 200).sum());
    for file in files {
        body.extend_from_slice(b"--limit\r\nContent-Disposition: form-data; name=\"images\"; filename=\"x\"\r\n\r\n");
        body.extend_from_slice(file);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--limit--\r\n");
    let request = TestRequest::post().uri("/api/cars/a/images").insert_header((CONTENT_TYPE, "multipart/form-data; boundary=limit"));
    request.set_payload(body)
}

/// As the Dockerfile and scripts/up set them. The C library reads them before anything of ours runs: hence a process of its own.
const ALLOCATOR: [(&str, &str); 2] = [("MALLOC_ARENA_MAX", "2"), ("MALLOC_MMAP_THRESHOLD_", "1048576")];

#[test]
fn memory_stays_small_whatever_is_uploaded() {
    if ALLOCATOR.iter().any(|(name, value)| env::var(name).ok().as_deref() != Some(value)) {
        let name = "memory_stays_small_whatever_is_uploaded";
        let ended = Command::new(env::current_exe().unwrap()).args(["--exact", name, "--nocapture"]).envs(ALLOCATOR).status();
        assert!(ended.unwrap().success());
    } else {
        actix_rt::System::new().block_on(upload_the_worst());
    }
}

async fn upload_the_worst() {
    let folder = tempfile::tempdir().unwrap();
    let files = Files::open(&FilesUrl::Folder(folder.path().into())).unwrap();
    let bus = MockBus::for_service(fm_image::image(Images::new(files, Clock::system())))
        .answer::<MayEdit>(|_| Ok(true))
        .answer::<AttachImages>(|m| Ok(Attached { images: m.images }))
        .user("ann", &["cars:write"]);
    let progressive = include_bytes!("fixtures/progressive.jpg");
    let largest = jpeg(8000, 4990);
    let mut padded = largest.clone();
    padded.resize(10 << 20, 0);
    let table = [
        ("a JPEG of 39.9 million pixels and 10 MiB", padded, 201),
        ("a progressive JPEG of 22 million pixels", claiming(progressive, 5500, 4000), 201),
        ("a PNG of 30 million pixels with opacity", png(6000, 5000, ExtendedColorType::Rgba8), 201),
        ("a JPEG of 40.1 million pixels", claiming(&jpeg(64, 64), 10_000, 4_010), 422),
        ("a progressive JPEG of 38 million pixels", claiming(progressive, 8000, 4800), 422),
        ("a JPEG of 900 million pixels", claiming(&jpeg(64, 64), 30_000, 30_000), 422),
    ];
    let photo = jpeg(4000, 3000);
    forget();
    for (name, bytes, status) in table {
        let reply = bus.http(upload(&[&bytes])).await;
        assert_eq!(reply.status, status, "{name}: {}", String::from_utf8_lossy(&reply.body));
        println!("{:>4} MB after {name}", peak() / 1_000_000);
    }
    let photos: Vec<_> = (0..20u8).map(|n| [photo.as_slice(), &[n]].concat()).collect();
    let photos: Vec<_> = photos.iter().map(Vec::as_slice).collect();
    assert_eq!(at_once(&bus, photos.chunks(10)).await, [201; 2]);
    println!("{:>4} MB after two uploads at once of ten photos of 12 million pixels", peak() / 1_000_000);
    let largest: Vec<_> = (0..16u8).map(|n| [largest.as_slice(), &[n]].concat()).collect();
    assert_eq!(at_once(&bus, largest.iter().map(Vec::as_slice).collect::<Vec<_>>().chunks(1)).await, [201; 16]);
    println!("{:>4} MB after sixteen uploads at once of 39.9 million pixels", peak() / 1_000_000);
    assert!(peak() < MAX_RSS, "{} MB", peak() / 1_000_000);
}

async fn at_once<'a>(bus: &MockBus<Images>, uploads: impl Iterator<Item = &'a [&'a [u8]]>) -> Vec<u16> {
    futures::future::join_all(uploads.map(async |files| bus.http(upload(files)).await.status)).await
}
