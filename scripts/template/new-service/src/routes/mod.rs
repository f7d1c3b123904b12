//! The URLs.

pub mod add;
pub mod list;

use actix_web::web::{ServiceConfig, resource};

pub fn configure(cfg: &mut ServiceConfig) {
    cfg.service(resource("/api/@STEM@/notes").get(list::list).post(add::add));
}
