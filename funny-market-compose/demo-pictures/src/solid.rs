//! A car in perspective: its body as small faces, each with the light that falls on it and what its paint and glass mirror.

use crate::{
    bodies::{Body, Section, body},
    car::{Car, paint},
    scene::WIDTH,
};
use std::fmt::Write;

type Point = [f64; 3];
/// Red, green, blue; 0 to 1.
type Rgb = [f64; 3];

/// How wide a car is in the picture, and where its wheels stand.
const SHOWN: f64 = 940.0;
const GROUND: f64 = 712.0;
/// Steps along the length.
const STEPS: usize = 64;
const GLASS: Rgb = [0.10, 0.13, 0.16];
const PLASTIC: Rgb = [0.13, 0.14, 0.15];
const LAMP: Rgb = [0.93, 0.94, 0.90];
const TAIL_LAMP: Rgb = [0.70, 0.05, 0.08];
const SEATS: Rgb = [0.22, 0.19, 0.18];
const MIRRORED_GROUND: Rgb = [0.16, 0.16, 0.16];

fn minus(a: Point, b: Point) -> Point {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}
fn dot(a: Point, b: Point) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}
fn cross(a: Point, b: Point) -> Point {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}
fn unit(a: Point) -> Point {
    let length = dot(a, a).sqrt().max(1e-9);
    a.map(|v| v / length)
}
fn mixed(a: Rgb, b: Rgb, share: f64) -> Rgb {
    [0, 1, 2].map(|i| a[i] + (b[i] - a[i]) * share)
}
fn rgb(hex: &str) -> Rgb {
    let channel = |at: usize| hex.get(at..at + 2).and_then(|digits| u8::from_str_radix(digits, 16).ok()).unwrap_or(128);
    [1, 3, 5].map(|at| f64::from(channel(at)) / 255.0)
}
fn hex(color: Rgb) -> String {
    let [r, g, b] = color.map(|v| (v.clamp(0.0, 1.0) * 255.0).round() as u8);
    format!("#{r:02x}{g:02x}{b:02x}")
}

/// A face with its colour, before light falls on it.
struct Face {
    corners: Vec<Point>,
    /// A point behind it.
    inside: Point,
    color: Rgb,
    /// How much it mirrors.
    gloss: f64,
}

/// From where a car is seen.
struct Camera {
    eye: Point,
    forward: Point,
    right: Point,
    up: Point,
}

impl Camera {
    fn new(eye: Point, target: Point) -> Self {
        let forward = unit(minus(target, eye));
        let right = unit(cross(forward, [0.0, 0.0, 1.0]));
        Camera { eye, forward, right, up: cross(right, forward) }
    }
    /// Where a point is seen, one unit away.
    fn see(&self, point: Point) -> (f64, f64) {
        let at = minus(point, self.eye);
        let depth = dot(at, self.forward);
        (dot(at, self.right) / depth, -dot(at, self.up) / depth)
    }
}

/// Maps what a camera sees into the picture.
struct Frame {
    camera: Camera,
    scale: f64,
    left: f64,
    ground: f64,
}

impl Frame {
    /// So that a body fills the picture and stands on the ground.
    fn around(camera: Camera, body: &Body) -> Self {
        let (mut left, mut right, mut low) = (f64::MAX, f64::MIN, f64::MIN);
        for section in body.sections {
            for (y, z) in [(-section.half, section.sill), (section.half, section.belt), (-section.half, 0.0)] {
                let (x, down) = camera.see([section.x, y, z]);
                (left, right, low) = (left.min(x), right.max(x), low.max(down));
            }
        }
        let scale = SHOWN / (right - left);
        Frame { camera, scale, left: (WIDTH - SHOWN) / 2.0 - left * scale, ground: GROUND - low * scale }
    }
    fn place(&self, point: Point) -> (f64, f64) {
        let (x, y) = self.camera.see(point);
        (x * self.scale + self.left, y * self.scale + self.ground)
    }
    fn polygon(&self, svg: &mut String, corners: &[Point], fill: &str) {
        svg.push_str("<polygon points=\"");
        for corner in corners {
            let (x, y) = self.place(*corner);
            let _ = write!(svg, "{x:.1},{y:.1} ");
        }
        let _ = write!(svg, "\" fill=\"{fill}\" stroke=\"{fill}\" stroke-width=\"1\"/>");
    }
    fn line(&self, svg: &mut String, points: &[Point], stroke: &str, width: f64) {
        svg.push_str("<polyline fill=\"none\" points=\"");
        for point in points {
            let (x, y) = self.place(*point);
            let _ = write!(svg, "{x:.1},{y:.1} ");
        }
        let _ = write!(svg, "\" stroke=\"{stroke}\" stroke-width=\"{width}\"/>");
    }
}

/// Half of a section's outline, from the sill up to the middle of the roof: half width and height.
fn outline(s: &Section) -> [(f64, f64); 12] {
    let (low, glass) = (s.belt - s.sill, s.roof - s.belt);
    let (foot, side) = ((s.half * 0.93, s.belt + 0.5), |t: f64, from: (f64, f64)| (from.0 + (s.top - from.0) * t, from.1 + glass * t));
    [
        (s.half * 0.90, s.sill),
        (s.half * 0.985, s.sill + low * 0.2),
        (s.half, s.sill + low * 0.52),
        (s.half * 0.985, s.sill + low * 0.84),
        (s.half * 0.95, s.belt),
        side(0.04, foot),
        side(0.5, foot),
        side(0.9, foot),
        (s.top * 0.94, s.roof + 0.5),
        (s.top * 0.75, s.roof + 1.8),
        (s.top * 0.4, s.roof + 3.0),
        (0.0, s.roof + 3.5),
    ]
}

/// What the faces between two points of the outline are made of, at this place of the length.
fn material(of: &Body, s: &Section, part: usize, painted: Rgb) -> (Rgb, f64) {
    let within = |range: (f64, f64)| s.x > range.0 && s.x < range.1;
    let has_glass = s.roof - s.belt > 9.0;
    match part {
        0 => (PLASTIC, 0.1),
        2 | 3 if s.x < 20.0 => (LAMP, 0.9),
        2 | 3 if s.x > of.length() - 17.0 => (TAIL_LAMP, 0.7),
        5 | 6 if has_glass && within(of.side) && of.pillars.iter().all(|pillar| (pillar - s.x).abs() > 4.0) => (GLASS, 1.0),
        8.. if within((of.windscreen.0 + 4.0, of.windscreen.1 - 2.0)) || within((of.rear.0 + 2.0, of.rear.1 - 3.0)) => (GLASS, 1.0),
        8.. if of.open.is_some_and(within) => (SEATS, 0.0),
        _ => (painted, 0.55),
    }
}

/// The body's faces.
fn faces(of: &Body, painted: Rgb) -> Vec<Face> {
    let mut faces = Vec::new();
    let xs: Vec<f64> = (0..=STEPS).map(|n| of.length() * n as f64 / STEPS as f64).collect();
    for pair in xs.windows(2) {
        let (front, rear) = (of.section(pair[0]), of.section(pair[1]));
        let middle = of.section((pair[0] + pair[1]) / 2.0);
        let (a, b) = (outline(&front), outline(&rear));
        for part in 0..a.len() - 1 {
            let (color, gloss) = material(of, &middle, part, painted);
            for side in [-1.0, 1.0] {
                let corner = |x: f64, (y, z): (f64, f64)| [x, y * side, z];
                let corners =
                    vec![corner(front.x, a[part]), corner(front.x, a[part + 1]), corner(rear.x, b[part + 1]), corner(rear.x, b[part])];
                faces.push(Face { corners, inside: [middle.x, 0.0, 62.0], color, gloss });
            }
        }
    }
    for x in [0.0, of.length()] {
        let half = outline(&of.section(x));
        let right = half.iter().map(|(y, z)| [x, -y, *z]);
        let corners = right.chain(half.iter().rev().map(|(y, z)| [x, *y, *z])).collect();
        faces.push(Face { corners, inside: [of.length() / 2.0, 0.0, 62.0], color: painted, gloss: 0.4 });
    }
    if let Some((from, to)) = of.open {
        for y in [-40.0, 40.0] {
            faces.extend(headrest([from + (to - from) * 0.55, y, of.section(from).belt]));
        }
    }
    faces
}

/// The back of a seat that stands out of an open car.
fn headrest([x, y, z]: Point) -> Vec<Face> {
    let block = |x0: f64, x1: f64, half: f64, z0: f64, z1: f64| {
        let corner = |x: f64, side: f64, z: f64| [x, y + side * half, z];
        let inside = [(x0 + x1) / 2.0, y, (z0 + z1) / 2.0];
        let face = |corners: [Point; 4]| Face { corners: corners.to_vec(), inside, color: SEATS, gloss: 0.1 };
        [
            face([corner(x0, -1.0, z0), corner(x0, 1.0, z0), corner(x0, 1.0, z1), corner(x0, -1.0, z1)]),
            face([corner(x1, -1.0, z0), corner(x1, 1.0, z0), corner(x1, 1.0, z1), corner(x1, -1.0, z1)]),
            face([corner(x0, -1.0, z0), corner(x1, -1.0, z0), corner(x1, -1.0, z1), corner(x0, -1.0, z1)]),
            face([corner(x0, 1.0, z0), corner(x1, 1.0, z0), corner(x1, 1.0, z1), corner(x0, 1.0, z1)]),
            face([corner(x0, -1.0, z1), corner(x1, -1.0, z1), corner(x1, 1.0, z1), corner(x0, 1.0, z1)]),
        ]
    };
    [block(x - 6.0, x + 8.0, 24.0, z, z + 12.0), block(x - 2.0, x + 7.0, 13.0, z + 12.0, z + 28.0)].into_iter().flatten().collect()
}

/// Light on a face: `None` if it turns its back.
fn lit(face: &Face, camera: &Camera, sky: Rgb) -> Option<(f64, Rgb)> {
    let n = face.corners.len() as f64;
    let center = face.corners.iter().fold([0.0; 3], |sum, c| [sum[0] + c[0] / n, sum[1] + c[1] / n, sum[2] + c[2] / n]);
    let [a, b, c, ..] = face.corners[..] else { return None };
    let d = face.corners[face.corners.len() - 1];
    let mut normal = unit(cross(minus(c, a), minus(d, b)));
    let view = unit(minus(camera.eye, center));
    // Corners come in either order.
    if dot(normal, minus(center, face.inside)) < 0.0 {
        normal = normal.map(|v| -v);
    }
    let facing = dot(normal, view);
    if facing <= 0.0 {
        return None;
    }
    let sun = unit([camera.eye[0].signum() * 0.25, camera.eye[1].signum() * 0.45, 0.85]);
    let brightness = 0.42 + 0.22 * normal[2] + 0.5 * dot(normal, sun).max(0.0);
    let mirrored = [0, 1, 2].map(|i| 2.0 * facing * normal[i] - view[i]);
    let surroundings = mixed(MIRRORED_GROUND, sky, ((mirrored[2] + 0.12) / 0.3).clamp(0.0, 1.0));
    let share = face.gloss * (0.14 + 0.5 * (1.0 - facing).powi(3));
    let glint = face.gloss * dot(mirrored, sun).max(0.0).powi(36) * 0.55;
    let color = mixed(face.color.map(|v| v * brightness), surroundings, share).map(|v| v + glint);
    Some((dot(minus(center, camera.eye), minus(center, camera.eye)), color))
}

fn circle(x: f64, y: f64, z: f64, radius: f64) -> Vec<Point> {
    (0..40).map(|n| f64::from(n) * std::f64::consts::TAU / 40.0).map(|a| [x + radius * a.cos(), y, z + radius * a.sin()]).collect()
}

fn wheel(frame: &Frame, svg: &mut String, x: f64, y: f64, radius: f64) {
    frame.polygon(svg, &circle(x, y, radius, radius), "#17181a");
    frame.polygon(svg, &circle(x, y, radius, radius * 0.70), "#868c93");
    frame.polygon(svg, &circle(x, y, radius, radius * 0.62), "#2a2d31");
    for spoke in 0..5 {
        let angle = f64::from(spoke) * std::f64::consts::TAU / 5.0 + 0.3;
        let end = |a: f64, r: f64| [x + radius * r * a.cos(), y, radius + radius * r * a.sin()];
        frame.polygon(svg, &[end(angle - 0.5, 0.12), end(angle - 0.16, 0.66), end(angle + 0.16, 0.66), end(angle + 0.5, 0.12)], "#b4bac0");
    }
    frame.polygon(svg, &circle(x, y, radius, radius * 0.14), "#7c8288");
}

/// The car as SVG in the picture's coordinates, from the front or from the rear; `mirrored` from its other side.
pub fn quarter(car: &Car, from_rear: bool, mirrored: bool, sky: &str) -> String {
    let of = body(&car.body);
    let (length, side) = (of.length(), if mirrored { 1.0 } else { -1.0 });
    let eye = [if from_rear { length + 560.0 } else { -560.0 }, side * 690.0, 200.0];
    let frame = Frame::around(Camera::new(eye, [length / 2.0, 0.0, 60.0]), of);
    let mut svg = String::new();

    let shadow: Vec<Point> = circle(length / 2.0, 0.0, 0.0, 1.0)
        .iter()
        .map(|[x, _, s]| [length / 2.0 + (x - length / 2.0) * length * 0.53, s * 112.0, 0.0])
        .collect();
    svg.push_str("<g opacity=\".5\" filter=\"url(#far)\">");
    frame.polygon(&mut svg, &shadow, "#0b0c0e");
    svg.push_str("</g>");
    for x in of.axles {
        let half = of.section(x).half;
        frame.polygon(&mut svg, &circle(x, -side * (half - 16.0), of.wheel, of.wheel), "#0d0e0f");
        frame.polygon(&mut svg, &circle(x, side * (half - 26.0), of.wheel, of.wheel), "#101113");
    }

    let (painted, sky) = (rgb(paint(&car.color)), rgb(sky));
    let mut shown: Vec<(f64, Rgb, Vec<Point>)> = faces(of, painted)
        .into_iter()
        .filter_map(|face| lit(&face, &frame.camera, sky).map(|(far, color)| (far, color, face.corners)))
        .collect();
    shown.sort_by(|a, b| b.0.total_cmp(&a.0));
    for (_, color, corners) in &shown {
        frame.polygon(&mut svg, corners, &hex(*color));
    }
    details(&frame, &mut svg, of, from_rear, side);
    svg
}

/// What lies on the body: grille, plates, gaps, handles, mirrors, wheels.
fn details(frame: &Frame, svg: &mut String, of: &Body, from_rear: bool, side: f64) {
    let end = of.section(if from_rear { of.length() } else { 0.0 });
    let x = end.x + if from_rear { 1.0 } else { -1.0 };
    let rect = |half: f64, low: f64, high: f64| [[x, -half, low], [x, half, low], [x, half, high], [x, -half, high]];
    let height = end.belt - end.sill;
    if from_rear {
        frame.polygon(svg, &rect(end.half * 0.8, end.sill, end.sill + height * 0.22), "#222426");
    } else {
        frame.polygon(svg, &rect(end.half * 0.5, end.sill + height * 0.42, end.sill + height * 0.9), "#15171a");
        frame.polygon(svg, &rect(end.half * 0.78, end.sill + height * 0.04, end.sill + height * 0.28), "#1b1d20");
    }
    frame.polygon(svg, &rect(25.0, end.sill + height * 0.25, end.sill + height * 0.25 + 10.0), "#f2f3f1");

    let on_side = |x: f64, z: f64| [x, side * (of.section(x).half + 0.6), z];
    let mut gaps = vec![of.windscreen.1 - 44.0];
    gaps.extend(of.pillars.iter().filter(|pillar| **pillar < of.axles[1] - 20.0));
    if of.pillars.is_empty() {
        gaps.push(of.side.1 - 60.0);
    }
    for x in gaps {
        let s = of.section(x);
        frame.line(svg, &[on_side(x, s.belt - 2.0), on_side(x - 3.0, (s.belt + s.sill) / 2.0), on_side(x, s.sill + 6.0)], "#000000", 1.6);
    }
    for x in of.pillars.iter().map(|pillar| pillar - 18.0).chain(of.pillars.is_empty().then_some(of.side.1 - 80.0)) {
        let z = of.section(x).belt - 12.0;
        frame.polygon(svg, &[on_side(x - 9.0, z), on_side(x + 9.0, z), on_side(x + 9.0, z + 2.6), on_side(x - 9.0, z + 2.6)], "#3a3d41");
    }
    for x in of.axles {
        let half = of.section(x).half;
        frame.polygon(svg, &circle(x, side * (half + 0.8), of.wheel + 1.0, of.wheel * 1.14), "#0c0d0e");
        wheel(frame, svg, x, side * (half + 1.0), of.wheel);
    }
    let (at, s) = (of.windscreen.0 + 38.0, of.section(of.windscreen.0 + 38.0));
    let mirror: Vec<Point> =
        circle(at, side * (s.half + 10.0), s.belt + 7.0, 6.5).iter().map(|[x, y, z]| [at + (x - at) * 1.4, *y, *z]).collect();
    frame.polygon(svg, &mirror, "#1d2024");
}
