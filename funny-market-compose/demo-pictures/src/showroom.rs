//! A dealer's showroom: panels, strips of light, a floor that shines.

use crate::random::Random;
use std::fmt::Write;

/// Colours of walls and floor.
const WALLS: [[&str; 3]; 3] = [["#e9ecef", "#d5dade", "#b8bec4"], ["#c9d3dc", "#b3bfca", "#98a3ad"], ["#dfe6e3", "#c6d1cc", "#a7b3ad"]];

pub fn showroom(random: &mut Random) -> String {
    let [wall, panel, floor] = *random.choose(&WALLS);
    let mut svg = format!(
        r##"<rect width="1200" height="800" fill="{wall}"/><linearGradient id="floor" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="{panel}"/><stop offset="1" stop-color="{floor}"/></linearGradient>"##
    );
    let shift = random.between(-90.0, 0.0);
    for n in 0..8 {
        let x = shift + f64::from(n) * 190.0;
        let _ = write!(svg, "<rect x=\"{x:.0}\" y=\"150\" width=\"176\" height=\"410\" fill=\"{panel}\" opacity=\".55\"/>");
    }
    for n in 0..3 {
        let x = 60.0 + f64::from(n) * 390.0;
        let _ = write!(
            svg,
            "<rect x=\"{x:.0}\" y=\"60\" width=\"300\" height=\"14\" rx=\"7\" fill=\"#fff\"/><ellipse cx=\"{:.0}\" cy=\"67\" rx=\"200\" ry=\"34\" fill=\"url(#cloud)\" opacity=\".6\"/>",
            x + 150.0
        );
    }
    svg.push_str("<rect y=\"560\" width=\"1200\" height=\"240\" fill=\"url(#floor)\"/><rect y=\"556\" width=\"1200\" height=\"6\" fill=\"#000\" opacity=\".22\"/>");
    svg.push_str("<ellipse cx=\"600\" cy=\"690\" rx=\"680\" ry=\"104\" fill=\"url(#cloud)\" opacity=\".26\"/>");
    svg
}
