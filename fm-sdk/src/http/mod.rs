//! HTTP: strict extractors, errors as problems, the middleware every service wears, and the client between services.

pub mod draining;
pub mod observe;
pub mod problem;

pub use {draining::Draining, observe::Observe, problem::Problem};
