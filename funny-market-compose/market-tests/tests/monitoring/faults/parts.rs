//! What the market stands on, and what watches it.

use super::{Broken, Scene};

pub fn etcd_hangs(scene: &Scene) -> Broken {
    let local = scene.market.local();
    local.signal("etcd", "STOP").unwrap();
    Broken::until(move || local.signal("etcd", "CONT").unwrap())
}

pub fn node_exporter_ends(scene: &Scene) -> Broken {
    let exporter = scene.prometheus.node_exporter.clone();
    exporter.stop();
    Broken::until(move || exporter.start())
}

/// As when it has ended, after a year.
pub fn token_is_not_valid(scene: &Scene) -> Broken {
    let file = scene.prometheus.token_file();
    let token = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, "another").unwrap();
    Broken::until(move || std::fs::write(file, token).unwrap())
}
