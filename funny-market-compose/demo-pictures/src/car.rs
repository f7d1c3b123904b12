//! The car in a picture: its shape, its paint, how light falls on it.

use serde::Deserialize;
use std::collections::HashMap;

/// What a picture must know of a car; the rest of it does not matter.
#[derive(Clone, Debug, Deserialize)]
pub struct Car {
    pub body: String,
    pub color: String,
    #[serde(default)]
    pub interior_color: Option<String>,
}

/// Outlines of cars seen from the side, 400 x 190, facing right, on wheels that stand at [`Shapes::GROUND`].
pub struct Shapes(HashMap<String, String>);

impl Shapes {
    pub const WIDTH: f64 = 400.0;
    pub const GROUND: f64 = 176.0;

    /// Reads the symbols of an SVG file by their ids.
    pub fn read(svg: &str) -> Self {
        let symbol = |text: &str| {
            let (head, rest) = text.split_once('>')?;
            let id = head.split("id=\"").nth(1)?.split('"').next()?;
            Some((id.to_string(), rest.split("</symbol>").next()?.to_string()))
        };
        Shapes(svg.split("<symbol ").skip(1).filter_map(symbol).collect())
    }
    fn of(&self, body: &str) -> Option<&str> {
        self.0.get(body).or_else(|| self.0.get("other")).map(String::as_str)
    }
}

/// The colour of the paint.
pub fn paint(color: &str) -> &'static str {
    match color {
        "black" => "#20232a",
        "grey" => "#697079",
        "white" => "#f1f3f4",
        "silver" => "#b7bfc7",
        "blue" => "#1d55b4",
        "red" => "#b91f2c",
        "green" => "#1d6e49",
        "orange" => "#e3701e",
        "yellow" => "#ecc02a",
        "brown" => "#644633",
        "beige" => "#d5c5a5",
        "purple" => "#5a2f86",
        "violet" => "#7d50b4",
        _ => "#8a9199",
    }
}

/// The car as SVG in its own coordinates; `sky` is what its windows mirror. `None` if there is no such shape.
pub fn drawn(car: &Car, shapes: &Shapes, sky: &str) -> Option<String> {
    // A shape begins with a shadow for plain pages, which the scene replaces; then comes the body, then what is on it.
    let (_, shape) = shapes.of(&car.body)?.split_once("/>")?;
    let (body, rest) = shape.split_once("/>")?;
    let outline = body.split_once("d=\"")?.1.split('"').next()?;
    let (paint, rest) = (paint(&car.color), rest.replace("#1a222c", "url(#glass)"));
    Some(format!(
        r##"<defs>
<linearGradient id="glass" x1="0" y1="0" x2=".25" y2="1"><stop offset="0" stop-color="{sky}"/><stop offset=".4" stop-color="#3a4551"/><stop offset="1" stop-color="#151b22"/></linearGradient>
<linearGradient id="light" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#fff" stop-opacity=".36"/><stop offset=".45" stop-color="#fff" stop-opacity=".04"/><stop offset=".56" stop-color="#000" stop-opacity=".04"/><stop offset="1" stop-color="#000" stop-opacity=".45"/></linearGradient>
</defs><g color="{paint}">{body}/><path d="{outline}" fill="url(#light)"/>{rest}</g>"##
    ))
}
