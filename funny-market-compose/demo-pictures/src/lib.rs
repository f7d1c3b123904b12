//! Pictures of the demo's cars: a body in perspective, the inside, and the shapes that the web client shows from the side; SVG made JPEG.

mod bodies;
mod car;
mod files;
mod inside;
mod light;
mod picture;
mod random;
mod render;
mod scene;
mod showroom;
mod solid;

pub use car::{Car, Shapes};
pub use files::write_pictures;
pub use picture::{picture, views};
pub use random::Random;
pub use render::jpeg;
