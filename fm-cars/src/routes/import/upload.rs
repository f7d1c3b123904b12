use actix_web::{HttpMessage, HttpRequest, web};
use fm_sdk::{Error, Kind, Result};
use futures::StreamExt;

/// The largest file, in bytes.
const LIMIT: usize = 20 * 1024 * 1024;

fn too_large() -> Error {
    Error::new(Kind::TooLarge, "too-large", format!("the file is larger than {LIMIT} bytes"))
}

/// Reads a file of comma-separated values from the body.
///
/// # Errors
/// `unsupported-media-type` (415), `too-large` (413), `malformed` (400) if the connection breaks.
pub async fn csv(request: &HttpRequest, mut body: web::Payload) -> Result<Vec<u8>> {
    if !request.content_type().eq_ignore_ascii_case("text/csv") {
        return Err(Error::new(Kind::Unsupported, "unsupported-media-type", "the body must be text/csv"));
    }
    let mut file = Vec::new();
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|e| Error::new(Kind::Malformed, "malformed", "the body could not be read").caused_by(e))?;
        if file.len() + chunk.len() > LIMIT {
            return Err(too_large());
        }
        file.extend_from_slice(&chunk);
    }
    Ok(file)
}
