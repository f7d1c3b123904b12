//! Pictures as the demo gets them.
#![expect(clippy::unwrap_used, reason = "a test stops where no picture is drawn")]

use demo_pictures::{Car, Shapes, jpeg, picture, views};

const COLORS: [&str; 13] =
    ["black", "grey", "white", "silver", "blue", "red", "green", "orange", "yellow", "brown", "beige", "purple", "violet"];

/// Shapes as the web client has them: a shadow, the body, what is on it.
const SHAPES: &str = r##"<svg xmlns="http://www.w3.org/2000/svg"><symbol id="estate" viewBox="0 0 400 190"><ellipse cx="200" cy="178" rx="180" ry="6"/>
<path fill="currentColor" d="M20 60h360v110h-360z"/><path fill="#1a222c" d="M60 70h200v30h-200z"/></symbol><symbol id="other" viewBox="0 0 400 190"><ellipse/>
<path fill="currentColor" d="M10 80h380v90h-380z"/></symbol></svg>"##;

fn car(body: &str, color: &str) -> Car {
    Car { body: body.into(), color: color.into(), interior_color: None }
}

/// How much redder than blue the middle of a view of the first car is.
fn redness(color: &str, view: usize) -> i32 {
    let svg = picture(&car("estate", color), &Shapes::read(SHAPES), 7, 0, view).unwrap();
    let shown = image::load_from_memory(&jpeg(&svg).unwrap()).unwrap().to_rgb8();
    assert_eq!(shown.dimensions(), (1200, 800));
    let middle = || (400..800).flat_map(|x| (440..620).map(move |y| (x, y)));
    let sum: i32 = middle().map(|(x, y)| shown.get_pixel(x, y).0).map(|[red, _, blue]| i32::from(red) - i32::from(blue)).sum();
    sum / middle().count() as i32
}

#[test]
fn a_car_has_its_colour() {
    for view in [0, 1, 3] {
        let (red, grey, blue) = (redness("red", view), redness("grey", view), redness("blue", view));
        assert!(red > grey + 20 && grey > blue + 20, "{view}: {red} {grey} {blue}");
    }
}

#[test]
fn every_colour_of_the_market_is_painted_differently() {
    let shapes = Shapes::read(SHAPES);
    let mut drawn: Vec<_> = COLORS.iter().map(|color| picture(&car("estate", color), &shapes, 7, 0, 0).unwrap()).collect();
    drawn.sort();
    drawn.dedup();
    assert_eq!(drawn.len(), COLORS.len());
}

#[test]
fn every_view_of_many_cars_can_be_drawn_and_an_unknown_body_has_a_shape_too() {
    let shapes = Shapes::read(SHAPES);
    for n in 0..80 {
        assert!((1..=4).contains(&views(n)));
        for view in 0..views(n) {
            assert!(picture(&car("hovercraft", "red"), &shapes, 7, n, view).is_some(), "{n} {view}");
        }
    }
    assert_eq!(picture(&car("estate", "red"), &shapes, 7, 0, 9), None);
    assert_eq!(picture(&car("estate", "red"), &Shapes::read("<svg/>"), 7, 0, 3), None, "from the side there must be a shape");
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let shapes = Shapes::read(SHAPES);
    let drawn = |seed| jpeg(&picture(&car("estate", "green"), &shapes, seed, 3, 0).unwrap()).unwrap();
    assert_eq!(drawn(7), drawn(7));
    assert_ne!(drawn(7), drawn(8));
}

#[test]
fn an_invalid_svg_is_an_error() {
    assert!(jpeg("a car").is_err());
    assert!(jpeg("<svg xmlns='http://www.w3.org/2000/svg' width='0' height='0'/>").is_err());
}
