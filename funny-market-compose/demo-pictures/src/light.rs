//! Times of day: what colours they give to sky, distance and ground.

pub struct Light {
    /// From the zenith to the horizon.
    pub sky: [&'static str; 3],
    pub sun: &'static str,
    /// Where the sun stands: 0 at the horizon, 1 high; `None` where there is none.
    pub height: Option<f64>,
    /// Things far away, from the farthest to the nearest.
    pub far: [&'static str; 3],
    pub grass: &'static str,
    pub road: [&'static str; 2],
    /// Lit windows and lamps.
    pub lamps: f64,
}

pub const ALL: [Light; 5] = [
    Light {
        sky: ["#4f97d6", "#9cc9ec", "#e4f1f8"],
        sun: "#fffbe8",
        height: Some(0.8),
        far: ["#a9c1cf", "#7f9f9d", "#587f66"],
        grass: "#6f9a54",
        road: ["#8b8f94", "#6c7076"],
        lamps: 0.0,
    },
    Light {
        sky: ["#5a7fb5", "#e2b59a", "#fbdcae"],
        sun: "#fff0c4",
        height: Some(0.18),
        far: ["#c79f9b", "#8f7787", "#5d5a72"],
        grass: "#7b7a4e",
        road: ["#8c8384", "#625d64"],
        lamps: 0.25,
    },
    Light {
        sky: ["#2b3a67", "#a85c7c", "#f59a5f"],
        sun: "#ffd38a",
        height: Some(0.06),
        far: ["#7c5a78", "#54466a", "#352f50"],
        grass: "#47503c",
        road: ["#6a6272", "#45404f"],
        lamps: 0.7,
    },
    Light {
        sky: ["#9aa7b2", "#bcc6cd", "#dfe4e6"],
        sun: "#ffffff",
        height: None,
        far: ["#b2bdc3", "#909fa3", "#6f8180"],
        grass: "#7c8e6c",
        road: ["#85898c", "#63676b"],
        lamps: 0.1,
    },
    Light {
        sky: ["#0e1a36", "#23406b", "#5f7fa3"],
        sun: "#e9eefb",
        height: Some(0.7),
        far: ["#3a5577", "#283c59", "#18263d"],
        grass: "#2c3f38",
        road: ["#4b5361", "#2e343f"],
        lamps: 0.9,
    },
];
