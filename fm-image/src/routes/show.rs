use crate::{Images, key::Key, size::Size};
use actix_web::{
    HttpRequest, HttpResponse,
    body::SizedStream,
    http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderMap, IF_NONE_MATCH, X_CONTENT_TYPE_OPTIONS},
    web::Data,
};
use fm_sdk::{Error, Result, http::extract::Path};

/// What a key stands for never changes.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// Shows a picture in one of its sizes.
#[utoipa::path(get, path = "/images/{key}/{size}", tag = "images",
    params(("key" = String, Path, description = "the picture"), ("size" = String, Path, description = "thumb, card or full")), responses(
    (status = 200, description = "the picture", content_type = "image/jpeg"), (status = 304, description = "the client has it already"),
    (status = 404, description = "no such picture or size"), (status = 503, description = "the store of the pictures is unreachable")))]
pub async fn show(images: Data<Images>, path: Path<(Key, Size)>, request: HttpRequest) -> Result<HttpResponse> {
    let (key, size) = path.into_inner();
    let tag = format!("\"{}-{}\"", key.as_str(), size.name());
    if known(request.headers(), &tag) && images.files.has(&key, size).await? {
        return Ok(HttpResponse::NotModified().insert_header((ETAG, tag)).insert_header((CACHE_CONTROL, FOR_EVER)).finish());
    }
    let found = images.files.get(&key, size).await?.ok_or_else(|| Error::not_found("image-unknown"))?;
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "image/jpeg"))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((CACHE_CONTROL, FOR_EVER))
        .insert_header((ETAG, tag))
        .body(SizedStream::new(found.length, found.content)))
}

/// Whether the client has it (RFC 9110, section 13.1.2: weak comparison).
fn known(headers: &HeaderMap, tag: &str) -> bool {
    let texts = headers.get_all(IF_NONE_MATCH).filter_map(|v| v.to_str().ok());
    texts.flat_map(|t| t.split(',')).map(str::trim).any(|t| t == "*" || t.strip_prefix("W/").unwrap_or(t) == tag)
}
