//! Reads a multipart body (RFC 7578) file by file, and never more of it than is allowed.

use super::{Body, Checked, spool::Spool};
use crate::{
    limits,
    pipeline::ImagePipeline,
    rejection::{Rejection, Rejections},
};
use actix_multipart::{Field, Multipart, MultipartError};
use actix_web::{
    error::PayloadError,
    http::header::{self, HeaderMap},
};
use fm_sdk::{Error, FieldError, Kind, Result};
use futures::TryStreamExt;
use std::future::Future;
use tokio::time::timeout;

/// One upload on its way in.
pub struct UploadForm(Multipart);

impl UploadForm {
    /// Begins; nothing is read yet.
    ///
    /// # Errors
    /// `TooLarge` if the client says so itself, `Unsupported` if it is no multipart.
    pub fn begin(headers: &HeaderMap, body: Body) -> Result<Self> {
        let announced = headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()).and_then(|v| v.parse::<u64>().ok());
        if announced.is_some_and(|n| n > limits::UPLOAD_BYTES) {
            return Err(too_large());
        }
        let kind = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        if !kind.trim_start().to_ascii_lowercase().starts_with("multipart/form-data") {
            return Err(Error::new(Kind::Unsupported, "unsupported-media-type", "the body must be multipart/form-data"));
        }
        Ok(UploadForm(Multipart::new(headers, body)))
    }

    /// Reads all files and checks each as soon as it is in.
    ///
    /// # Errors
    /// All that is wrong with the files; `Malformed` if the body cannot be read.
    pub async fn check(mut self, car: &str, pipeline: &ImagePipeline) -> Result<Vec<Checked>> {
        let (mut checked, mut rejections) = (Vec::<Checked>::new(), Rejections::default());
        let mut n = 0;
        while let Some(field) = heard(self.0.try_next()).await? {
            if field.name() != Some("images") {
                let name = field.name().unwrap_or_default().to_string();
                let wrong = vec![FieldError { field: name, message: "is not known; files are sent as images".into() }];
                return Err(Error::new(Kind::Malformed, "malformed", "the form has an unknown field").with_fields(wrong));
            }
            if n == limits::FILES {
                rejections.add(n, Rejection::TooMany);
                break;
            }
            match one(field, car, pipeline).await? {
                Ok(good) if checked.iter().any(|c| c.key == good.key) => {}
                Ok(good) => checked.push(good),
                Err(rejection) => rejections.add(n, rejection),
            }
            n += 1;
        }
        if n == 0 {
            return Err(Error::field("images", "is required"));
        }
        rejections.error().map_or(Ok(checked), Err)
    }
}

async fn one(mut field: Field, car: &str, pipeline: &ImagePipeline) -> Result<std::result::Result<Checked, Rejection>> {
    let mut spool = Spool::start(car)?;
    while let Some(bytes) = heard(field.try_next()).await? {
        if spool.write(&bytes).await? > limits::FILE_BYTES {
            drop(spool);
            while heard(field.try_next()).await?.is_some() {}
            return Ok(Err(Rejection::TooLarge));
        }
    }
    let (key, file) = spool.finish().await?;
    Ok(pipeline.process(file).await?.map(|processed| Checked { key, processed }))
}

/// What comes next, if it comes in time.
async fn heard<T>(next: impl Future<Output = std::result::Result<T, MultipartError>>) -> Result<T> {
    let silent = |_| Error::new(Kind::Malformed, "upload-stalled", format!("nothing came for {} s", limits::SILENCE.as_secs()));
    timeout(limits::SILENCE, next).await.map_err(silent)?.map_err(|e| match e {
        MultipartError::Payload(PayloadError::Overflow) => too_large(),
        e => Error::new(Kind::Malformed, "malformed", "the multipart body cannot be read").caused_by(Said(e.to_string())),
    })
}

/// actix's errors must not leave their thread.
#[derive(Debug)]
struct Said(String);
impl std::fmt::Display for Said {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
impl std::error::Error for Said {}

fn too_large() -> Error {
    Error::new(Kind::TooLarge, "too-large", format!("the upload is larger than {} MiB", limits::UPLOAD_BYTES >> 20))
}
