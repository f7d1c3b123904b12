//! One picture: a scene, a car in it, seen from somewhere.

use crate::{
    car::{Car, Shapes, drawn},
    inside::inside,
    light,
    random::Random,
    scene::{self, HEIGHT, PLACES, WIDTH, outdoors},
    showroom::showroom,
    solid::quarter,
};

/// How a car is looked at; the first is what lists show.
const VIEWS: [View; 4] = [View::Front, View::Rear, View::Inside, View::Side];

#[derive(Clone, Copy, PartialEq)]
enum View {
    Front,
    Rear,
    Inside,
    Side,
}

/// How many pictures the `n`th car has.
pub fn views(n: usize) -> usize {
    [VIEWS.len(), 2, 3, 2, 2][n % 5]
}

/// The `view`th picture of the `n`th car, as SVG. `None` if there is no such view or shape.
pub fn picture(car: &Car, shapes: &Shapes, seed: u64, n: usize, view: usize) -> Option<String> {
    let view = *VIEWS.get(view)?;
    // All pictures of a car are taken on the same day in the same place.
    let mut random = Random::of(seed, n as u64);
    let light = random.choose(&light::ALL);
    let indoors = random.fraction() < 0.16;
    let place = *random.choose(&PLACES);
    let (scale, turned) = (random.between(2.36, 2.6), random.fraction() < 0.35);
    let (background, sky) = if indoors { (showroom(&mut random), "#f4f7f9") } else { (outdoors(place, light, &mut random), light.sky[2]) };
    let mut svg = format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 1200 800"><defs>
<radialGradient id="cloud"><stop offset=".1" stop-color="#fff" stop-opacity=".85"/><stop offset="1" stop-color="#fff" stop-opacity="0"/></radialGradient>
<radialGradient id="shadow"><stop offset=".55" stop-color="#000" stop-opacity=".55"/><stop offset="1" stop-color="#000" stop-opacity="0"/></radialGradient>
<filter id="far" x="0" y="0" width="1" height="1"><feGaussianBlur stdDeviation="2.4"/></filter>
<linearGradient id="haze" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#fff" stop-opacity=".35"/><stop offset="1" stop-color="#fff" stop-opacity="0"/></linearGradient>
<radialGradient id="edge" cx=".5" cy=".5" r=".75"><stop offset=".6" stop-color="#000" stop-opacity="0"/><stop offset="1" stop-color="#000" stop-opacity=".34"/></radialGradient>
</defs>{background}"##
    );
    if view == View::Inside {
        return Some(svg + &inside(car) + "</svg>");
    }
    if !indoors {
        scene::road(&mut svg, light);
    }
    if view != View::Side {
        svg += &quarter(car, view == View::Rear, turned, sky);
        return Some(svg + r##"<rect width="1200" height="800" fill="url(#edge)"/></svg>"##);
    }
    let ground = 668.0;
    let (left, top) = ((WIDTH - Shapes::WIDTH * scale) / 2.0, ground - Shapes::GROUND * scale);
    let car = drawn(car, shapes, sky)?;
    let place = if turned {
        format!("translate({} {top}) scale({} {scale})", WIDTH - left, -scale)
    } else {
        format!("translate({left} {top}) scale({scale})")
    };
    if indoors {
        let below = top + 2.0 * Shapes::GROUND * scale;
        let across = if turned {
            format!("translate({} {below}) scale({} {})", WIDTH - left, -scale, -scale)
        } else {
            format!("translate({left} {below}) scale({scale} {})", -scale)
        };
        svg += &format!("<g opacity=\".16\" transform=\"{across}\">{car}</g>");
    }
    svg += &format!(
        r##"<ellipse cx="600" cy="{}" rx="{}" ry="34" fill="url(#shadow)"/><ellipse cx="600" cy="{}" rx="{}" ry="9" fill="#000" opacity=".4"/>
<g transform="{place}">{car}</g><rect width="1200" height="800" fill="url(#edge)"/></svg>"##,
        ground + 4.0,
        196.0 * scale,
        ground - 3.0,
        150.0 * scale,
    );
    Some(svg)
}
