//! What lies in funny-market-compose/monitoring.

use serde_json::Value;
use std::{fs, path::PathBuf};

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../monitoring"))
}

pub fn read(name: &str) -> String {
    fs::read_to_string(folder().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The dashboards by name.
pub fn dashboards() -> Vec<(String, Value)> {
    let files = fs::read_dir(folder().join("grafana/dashboards")).unwrap();
    let mut names: Vec<_> = files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names.into_iter().map(|name| (name.clone(), serde_json::from_str(&read(&format!("grafana/dashboards/{name}"))).unwrap())).collect()
}
