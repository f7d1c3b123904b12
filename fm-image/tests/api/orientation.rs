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
