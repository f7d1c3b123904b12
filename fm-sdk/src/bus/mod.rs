//! The bus: what services say to each other, and the seam to the broker that carries it.

mod calling;
mod handle;
pub mod memory;
#[cfg(feature = "rabbitmq")]
pub mod rabbitmq;
pub mod transport;

pub use calling::Calling;
pub use handle::Bus;
pub(crate) use handle::{Trail, of_request, seal};
