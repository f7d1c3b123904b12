//! fm-image: the pictures of the market's cars. Takes uploads, checks them, makes what is shown of them, and deletes them with their car.

mod files;
mod handlers;
mod jobs;
mod key;
mod limits;
pub mod messages;
mod openapi;
mod picture;
mod pipeline;
mod rejection;
mod removal;
mod routes;
mod upload;
mod variant;

pub use files::Files;
pub use picture::{GoneCar, Picture, State};

use fm_sdk::{Clock, Result, Service, Work};
use pipeline::ImagePipeline;
use std::{sync::Arc, time::Duration};
use tokio::sync::Semaphore;

/// How often pictures that nobody has are looked for.
const SWEEP: Duration = Duration::from_secs(60);

/// What an instance works with.
pub struct Images {
    files: Files,
    clock: Clock,
    pipeline: ImagePipeline,
    uploads: Semaphore,
}

impl Images {
    pub fn new(files: Files, clock: Clock) -> Self {
        Images { files, clock, pipeline: ImagePipeline::new(), uploads: Semaphore::new(limits::UPLOADS) }
    }
}

/// The service.
pub fn image(images: Images) -> Service<Images> {
    Service::new("fm-image", images)
        .version(env!("CARGO_PKG_VERSION"))
        .keeps::<Picture>()
        .expires(GoneCar::at, limits::GONE)
        .on(handlers::removed)
        .at_start(async |images: Arc<Images>, _: Work| -> Result<()> { images.files.check().await })
        .every(SWEEP, "sweep-images", jobs::sweep)
        .http(routes::configure)
        .openapi(openapi::document)
}
