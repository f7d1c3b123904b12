//! The Admin API and the dashboard, as operators and their programs see them.

mod access;
mod exposure;
mod first_use;
mod first_user;
mod forms;
mod groups;
mod large_tables;
mod pages;
mod plugin_switch;
mod route_switch;
mod saved_requests;
mod sign_in;
mod tables;
mod targets;
mod tls;
mod tokens;
mod users;

use crate::support::TestApp;
use serde_json::{Value, json};

fn respond(text: &str) -> Value {
    json!([{"id": "all", "path": "/**", "plugins": [{"plugin": "respond", "settings": {"body": text}}]}])
}

async fn app() -> TestApp {
    TestApp::with_routes(respond("first")).await
}
