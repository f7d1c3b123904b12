//! Pictures of the demo's cars: drawn as SVG from the shapes that the web client shows, made JPEG.

mod car;
mod files;
mod light;
mod picture;
mod random;
mod render;
mod scene;
mod showroom;

pub use car::{Car, Shapes};
pub use files::write_pictures;
pub use picture::{picture, views};
pub use random::Random;
pub use render::jpeg;
