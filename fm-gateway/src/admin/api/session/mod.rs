//! Signing in and out, the own password, the own sessions.

pub mod create;
pub mod delete;
pub mod end;
pub mod list;
pub mod password;
pub mod show;
