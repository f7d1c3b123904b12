//! Users and their roles.

pub mod create;
pub mod delete;
pub mod list;
pub mod reset;
pub mod update;
