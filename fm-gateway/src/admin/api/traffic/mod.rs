//! Requests over time, all gateways added up.

pub mod routes;
pub mod show;
