//! A service as a value, the context of its handlers, and how it runs.

mod builder;
mod cx;
mod handle;
mod relay;
mod runtime;

pub use builder::Service;
pub use cx::Cx;
pub use runtime::{Runtime, Seams};
