//! Where a car stands: places drawn from a few shapes at random. 1200 x 800.

use crate::{light::Light, random::Random};
use std::fmt::Write;

pub const WIDTH: f64 = 1200.0;
pub const HEIGHT: f64 = 800.0;
/// Where things far away stand.
const HORIZON: f64 = 470.0;

type Place = fn(&mut String, &Light, &mut Random);
/// Outdoors; a showroom is a place of its own.
pub const PLACES: [Place; 5] = [mountains, coast, town, wood, suburb];

/// Sky, a place, the ground.
pub fn outdoors(place: Place, light: &Light, random: &mut Random) -> String {
    let mut svg = String::new();
    sky(&mut svg, light, random);
    place(&mut svg, light, random);
    svg
}

/// A road along the picture, its edge nearer to us than the place behind it.
pub fn road(svg: &mut String, light: &Light) {
    let [near, far] = light.road;
    let _ = write!(
        svg,
        r##"<linearGradient id="road" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="{far}"/><stop offset="1" stop-color="{near}"/></linearGradient>
<rect y="560" width="1200" height="240" fill="url(#road)"/><rect y="552" width="1200" height="12" fill="#fff" opacity=".16"/><rect y="563" width="1200" height="5" fill="#000" opacity=".2"/>
<path d="M-40 752h190M230 752h230M560 752h230M890 752h230" stroke="#fff" stroke-opacity=".5" stroke-width="11"/>"##
    );
}

fn sky(svg: &mut String, light: &Light, random: &mut Random) {
    let [top, middle, low] = light.sky;
    let _ = write!(
        svg,
        r##"<linearGradient id="sky" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="{top}"/><stop offset=".6" stop-color="{middle}"/><stop offset="1" stop-color="{low}"/></linearGradient>
<rect width="1200" height="{}" fill="url(#sky)"/>"##,
        HORIZON + 100.0
    );
    if let Some(height) = light.height {
        let (x, y) = (random.between(120.0, 1080.0), HORIZON - 60.0 - height * 340.0);
        let sun = light.sun;
        let _ = write!(
            svg,
            r##"<radialGradient id="sun"><stop offset="0" stop-color="{sun}"/><stop offset=".16" stop-color="{sun}" stop-opacity=".75"/><stop offset="1" stop-color="{sun}" stop-opacity="0"/></radialGradient>
<circle cx="{x:.0}" cy="{y:.0}" r="260" fill="url(#sun)"/>"##
        );
    }
    svg.push_str("<g fill=\"url(#cloud)\" opacity=\".6\">");
    for _ in 0..4 {
        let (x, y, w) = (random.between(-50.0, 1150.0), random.between(50.0, 260.0), random.between(90.0, 220.0));
        let _ = write!(svg, "<ellipse cx=\"{x:.0}\" cy=\"{y:.0}\" rx=\"{w:.0}\" ry=\"{:.0}\"/>", w * 0.2);
        let _ = write!(svg, "<ellipse cx=\"{:.0}\" cy=\"{:.0}\" rx=\"{:.0}\" ry=\"{:.0}\"/>", x + w * 0.2, y - w * 0.1, w * 0.6, w * 0.2);
    }
    svg.push_str("</g>");
}

fn rect(svg: &mut String, x: f64, y: f64, w: f64, h: f64, fill: &str) {
    let _ = write!(svg, "<rect x=\"{x:.0}\" y=\"{y:.0}\" width=\"{w:.0}\" height=\"{h:.0}\" fill=\"{fill}\"/>");
}

fn meadow(svg: &mut String, light: &Light) {
    rect(svg, 0.0, HORIZON, WIDTH, HEIGHT - HORIZON, light.grass);
    let _ = write!(svg, "<rect y=\"{HORIZON}\" width=\"1200\" height=\"90\" fill=\"url(#haze)\"/>");
}

/// A line of hills: points at random heights, joined by curves.
fn ridge(svg: &mut String, random: &mut Random, low: f64, high: f64, step: f64, sharp: bool, fill: &str) {
    let (mut x, mut y) = (-step, HORIZON - random.between(low, high));
    let _ = write!(svg, "<path d=\"M{x:.0} {HORIZON}V{y:.0}");
    while x < WIDTH + step {
        let (next, height) = (x + step * random.between(0.7, 1.3), HORIZON - random.between(low, high));
        let middle = (x + next) / 2.0;
        let _ = if sharp {
            write!(svg, "L{next:.0} {height:.0}")
        } else {
            write!(svg, "C{middle:.0} {y:.0} {middle:.0} {height:.0} {next:.0} {height:.0}")
        };
        (x, y) = (next, height);
    }
    let _ = write!(svg, "V{} H-200Z\" fill=\"{fill}\"/>", HORIZON + 20.0);
}

fn mountains(svg: &mut String, light: &Light, random: &mut Random) {
    let [far, middle, near] = light.far;
    ridge(svg, random, 110.0, 300.0, 130.0, true, far);
    ridge(svg, random, 60.0, 190.0, 150.0, true, middle);
    ridge(svg, random, 10.0, 80.0, 220.0, false, near);
    meadow(svg, light);
    trees(svg, light, random, 9, 40.0, 80.0);
}

fn coast(svg: &mut String, light: &Light, random: &mut Random) {
    let [far, middle, _] = light.far;
    ridge(svg, random, -60.0, 70.0, 330.0, false, far);
    let _ = write!(
        svg,
        r##"<linearGradient id="sea" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="{}"/><stop offset="1" stop-color="{middle}"/></linearGradient><rect y="{HORIZON}" width="1200" height="120" fill="url(#sea)"/>"##,
        light.sky[1]
    );
    for _ in 0..26 {
        let (x, y, w) = (random.between(0.0, WIDTH), HORIZON + random.between(6.0, 66.0), random.between(20.0, 110.0));
        let _ = write!(svg, "<path d=\"M{x:.0} {y:.0}h{w:.0}\" stroke=\"#fff\" stroke-opacity=\".35\" stroke-width=\"2.5\"/>");
    }
    for _ in 0..3 {
        let (x, size) = (random.between(60.0, 1140.0), random.between(22.0, 46.0));
        let _ = write!(
            svg,
            "<path d=\"M{x:.0} {:.0}v{:.0}l{:.0} {:.0}z\" fill=\"#fff\" opacity=\".9\"/>",
            HORIZON + 14.0 - size * 1.5,
            size * 1.4,
            size * 0.8,
            -size * 0.1
        );
    }
    rect(svg, 0.0, HORIZON + 70.0, WIDTH, 30.0, "#d9c8a3");
    rail(svg);
}

/// A guard rail between us and the sea.
fn rail(svg: &mut String) {
    rect(svg, 0.0, 512.0, WIDTH, 9.0, "#eceff1");
    for post in 0..13 {
        rect(svg, f64::from(post) * 100.0 + 20.0, 512.0, 9.0, 46.0, "#cfd5d9");
    }
}

fn town(svg: &mut String, light: &Light, random: &mut Random) {
    for (row, fill) in light.far.iter().enumerate() {
        let mut x = -40.0;
        while x < WIDTH {
            let (w, h) = (random.between(70.0, 150.0), random.between(90.0, 330.0) - row as f64 * 50.0);
            let top = HORIZON + 90.0 - h;
            rect(svg, x, top, w, h, fill);
            windows(svg, light, random, (x, top, w, h));
            x += w + random.between(-4.0, 26.0);
        }
    }
    rect(svg, 0.0, HORIZON + 76.0, WIDTH, 40.0, "#a7a39c");
    trees(svg, light, random, 5, 70.0, 110.0);
}

fn windows(svg: &mut String, light: &Light, random: &mut Random, (x, y, w, h): (f64, f64, f64, f64)) {
    let columns = (w / 24.0) as u32;
    for row in 0..(h / 34.0) as u32 {
        for column in 0..columns {
            let lit = random.fraction() < light.lamps;
            let (fill, opacity) = if lit { ("#ffdc8f", 0.9) } else { ("#10202e", 0.22) };
            let (wx, wy) = (x + 9.0 + f64::from(column) * 24.0, y + 14.0 + f64::from(row) * 34.0);
            let _ = write!(svg, "<rect x=\"{wx:.0}\" y=\"{wy:.0}\" width=\"12\" height=\"18\" fill=\"{fill}\" opacity=\"{opacity}\"/>");
        }
    }
}

/// Round trees with their trunks in the meadow.
fn trees(svg: &mut String, light: &Light, random: &mut Random, n: u32, low: f64, high: f64) {
    for _ in 0..n {
        let (x, size, foot) = (random.between(0.0, WIDTH), random.between(low, high), HORIZON + random.between(30.0, 84.0));
        rect(svg, x - size * 0.06, foot - size * 0.6, size * 0.12, size * 0.6, "#4a3a2e");
        for (dx, dy, r) in [(0.0, 1.0, 0.42), (-0.3, 0.78, 0.32), (0.3, 0.8, 0.32)] {
            let _ = write!(
                svg,
                "<circle cx=\"{:.0}\" cy=\"{:.0}\" r=\"{:.0}\" fill=\"{}\"/>",
                x + dx * size,
                foot - dy * size,
                r * size,
                light.far[2]
            );
        }
    }
}

fn wood(svg: &mut String, light: &Light, random: &mut Random) {
    meadow(svg, light);
    for (row, fill) in light.far.iter().enumerate() {
        let mut x = -30.0;
        while x < WIDTH + 30.0 {
            let (h, w) = (random.between(210.0, 330.0) - row as f64 * 45.0, random.between(46.0, 80.0));
            let foot = HORIZON + 12.0 + row as f64 * 26.0;
            let _ = write!(svg, "<path d=\"M{x:.0} {:.0}l{w:.0} {h:.0}h{:.0}z\" fill=\"{fill}\"/>", foot - h, -2.0 * w);
            let _ = write!(
                svg,
                "<path d=\"M{x:.0} {:.0}l{:.0} {:.0}h{:.0}z\" fill=\"#000\" opacity=\".07\"/>",
                foot - h * 0.7,
                w * 0.9,
                h * 0.7,
                -w * 0.9
            );
            x += w * random.between(0.8, 1.5);
        }
    }
}

fn suburb(svg: &mut String, light: &Light, random: &mut Random) {
    ridge(svg, random, 20.0, 100.0, 240.0, false, light.far[1]);
    meadow(svg, light);
    let mut x = random.between(-120.0, 0.0);
    while x < WIDTH {
        let (w, h) = (random.between(230.0, 300.0), random.between(110.0, 150.0));
        let (wall, roof) =
            (*random.choose(&["#efe6d6", "#e3d2bf", "#f4f1ea", "#c9d3d6"]), *random.choose(&["#8c4a3a", "#6a5650", "#4f5860"]));
        let top = HORIZON + 60.0 - h;
        rect(svg, x, top, w, h, wall);
        let _ = write!(
            svg,
            "<path d=\"M{:.0} {top:.0}L{:.0} {:.0}L{:.0} {top:.0}Z\" fill=\"{roof}\"/>",
            x - 18.0,
            x + w / 2.0,
            top - 92.0,
            x + w + 18.0
        );
        rect(svg, x + w * 0.44, top + h - 76.0, 40.0, 76.0, "#5b4636");
        for dx in [0.12, 0.74] {
            let fill = if random.fraction() < light.lamps { "#ffdc8f" } else { "#5b7386" };
            rect(svg, x + w * dx, top + 30.0, 46.0, 44.0, fill);
        }
        // Dusk falls on walls, too.
        let _ = write!(
            svg,
            "<rect x=\"{x:.0}\" y=\"{top:.0}\" width=\"{w:.0}\" height=\"{h:.0}\" fill=\"{}\" opacity=\"{:.2}\"/>",
            light.sky[0],
            light.lamps * 0.45
        );
        x += w + random.between(60.0, 150.0);
    }
    trees(svg, light, random, 6, 70.0, 120.0);
    rect(svg, 0.0, HORIZON + 50.0, WIDTH, 44.0, light.far[2]);
}
