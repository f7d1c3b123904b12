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

pub const ALL: [Light; 3] = [
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
        sky: ["#6aa5d8", "#b9d6ea", "#f6ead2"],
        sun: "#fff3d0",
        height: Some(0.35),
        far: ["#b9c4bf", "#8fa39a", "#6d8571"],
        grass: "#86a05a",
        road: ["#918f8c", "#716f70"],
        lamps: 0.0,
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
];
