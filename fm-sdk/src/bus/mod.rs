//! The bus: what services say to each other, and the seam to the broker that carries it.

pub mod transport;
