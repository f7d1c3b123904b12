//! Pictures through the gateway: what is refused and how, many at once, and what that costs fm-image.

use market_tests::{
    Answer, Caller, Market, Person,
    picture::{FORM, form, jpeg},
};
use serde_json::json;
use std::{fs, thread, time::Duration};

/// Bytes; what fm-image may take, whatever comes.
const MAX_RSS: u64 = 200_000_000;

fn images_of(seller: &Person) -> String {
    format!("/api/cars/{}/images", seller.lists_a_car(json!({}))["id"].as_str().unwrap())
}

/// Sends an upload, again when fm-image says so: other tests upload at the same time, and who finds all places taken is told when to come back.
fn uploads(me: &Caller, path: &str, files: &[u8]) -> Answer {
    for _ in 0..30 {
        let answer = me.send("POST", path, Some((FORM, files)));
        if answer.status != 503 {
            return answer;
        }
        let busy = answer.expect_problem(503, "busy");
        let seconds = busy.header("retry-after").expect("busy without Retry-After").parse().expect("seconds");
        thread::sleep(Duration::from_secs(seconds));
    }
    panic!("no place for an upload to {path} in a minute");
}

/// The most memory that the service has had since it began: proc(5), VmHWM.
fn peak(market: &Market) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", market.instance("fm-image").pid())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

fn stayed_small(market: &Market) {
    let peak = peak(market);
    println!("fm-image took {} MB at most", peak / 1_000_000);
    assert!(peak < MAX_RSS, "{} MB", peak / 1_000_000);
}

fn png_of_30_000() -> Vec<u8> {
    [b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".as_slice(), &30_000u32.to_be_bytes(), &30_000u32.to_be_bytes(), &[1, 0, 0, 0, 0, 0, 0, 0, 0]]
        .concat()
}

#[test]
fn bad_files_are_refused_by_status_and_code_through_the_gateway() {
    let market = Market::running();
    let seller = market.someone();
    let path = images_of(&seller);
    let good = jpeg(64, 64);
    let table: [(&str, Vec<u8>, u16, &str); 14] = [
        ("empty", vec![], 422, "image-empty"),
        ("text", b"a photo of my car".to_vec(), 415, "image-type"),
        ("SVG", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>".to_vec(), 415, "image-type"),
        ("HEIC", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".to_vec(), 415, "image-type"),
        ("AVIF", b"\0\0\0\x18ftypavif\0\0\0\0mif1avif".to_vec(), 415, "image-type"),
        ("GIF", b"GIF89a\x01\0\x01\0\0\0\0;".to_vec(), 415, "image-type"),
        ("BMP", [b"BM\x36\0\0\0".as_slice(), &[0; 60]].concat(), 415, "image-type"),
        ("TIFF", [b"II*\0\x08\0\0\0".as_slice(), &[0; 60]].concat(), 415, "image-type"),
        ("HTML before a JPEG", [b"<html>".as_slice(), &good].concat(), 415, "image-type"),
        ("a JPEG, half of it", good[..good.len() - 20].to_vec(), 422, "image-broken"),
        ("a JPEG of 30,000 x 30,000", jpeg(30_000, 30_000)[..5000].to_vec(), 422, "image-pixels"),
        ("a JPEG of 30,000 x 30,000, whole", jpeg(30_000, 30_000), 422, "image-pixels"),
        ("a PNG of 30,000 x 30,000", png_of_30_000(), 422, "image-pixels"),
        ("11 MiB", [good.clone(), vec![0; 11 << 20]].concat(), 413, "file-too-large"),
    ];
    for (name, bytes, status, code) in table {
        let answer = seller.http.send("POST", &path, Some((FORM, &form("images", &[("photo.jpg", &bytes)]))));
        assert_eq!((answer.status, answer.json()["code"].as_str()), (status, Some(code)), "{name}: {}", answer.text());
        assert_eq!(answer.json()["errors"][0]["field"], "images[0]", "{name}");
    }
    let many = form("images", &[("photo.jpg", good.as_slice()); 21]);
    seller.http.send("POST", &path, Some((FORM, &many))).expect_problem(413, "too-many-files");
    let wrong = form("pictures", &[("photo.jpg", &good)]);
    seller.http.send("POST", &path, Some((FORM, &wrong))).expect_problem(400, "malformed");
    seller.http.send("POST", &path, Some(("image/jpeg", &good))).expect_problem(415, "unsupported-media-type");
    seller.http.send("POST", &path, Some(("multipart/form-data", &good))).expect_problem(400, "malformed");

    let car = market.anyone().get(path.trim_end_matches("/images")).expect(200).json();
    assert_eq!(car["images"], json!([]), "nothing of all that is on the car");
    // A name that points elsewhere is only a name.
    let astray = form("images", &[("../../../../etc/passwd", &good)]);
    let kept = seller.http.send("POST", &path, Some((FORM, &astray))).expect(201).json();
    market.anyone().get(&format!("{}/full", kept["images"][0]["url"].as_str().unwrap().trim_end_matches("/full"))).expect(200);
    stayed_small(&market);
}

#[test]
fn sixteen_uploads_at_once_of_the_largest_pictures_stay_within_the_memory() {
    let market = Market::running().patient(Duration::from_secs(150));
    let seller = market.someone();
    let picture = jpeg(8000, 4990);
    let paths: Vec<String> = (0..16).map(|_| images_of(&seller)).collect();
    thread::scope(|scope| {
        for (n, path) in paths.iter().enumerate() {
            let (seller, market, picture) = (&seller, &market, &picture);
            scope.spawn(move || {
                let mut file = picture.clone();
                file.resize(10 << 20, n as u8);
                let me = market.anyone().bearing(&seller.access_token);
                let answer = uploads(&me, path, &form("images", &[("photo.jpg", &file)])).expect(201).json();
                assert_eq!((&answer["images"][0]["width"], &answer["images"][0]["height"]), (&json!(1920), &json!(1198)));
            });
        }
    });
    stayed_small(&market);
}
