//! Pictures of the demo's cars: drawn as SVG from the shapes that the web client shows, made JPEG.

mod car;
mod dice;
mod hall;
mod light;
mod picture;
mod render;
mod scene;

pub use car::{Car, Shapes};
pub use picture::{picture, views};
pub use render::jpeg;
