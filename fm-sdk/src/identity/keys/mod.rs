//! Key pairs on disk, their public halves in the registry, and their rotation.

mod folder;
mod jwk;
mod pair;
mod purpose;
mod schedule;
mod set;

pub(crate) use jwk::Published;
pub use jwk::{Jwk, JwkSet};
pub(crate) use pair::KeyPair;
pub use purpose::Purpose;
pub(crate) use purpose::{ACCESS, SERVICES};
pub use set::Keys;
