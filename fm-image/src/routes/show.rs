use crate::{Images, key::Key, variant::Variant};
use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder,
    body::SizedStream,
    http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderMap, IF_NONE_MATCH, X_CONTENT_TYPE_OPTIONS},
    web::Data,
};
use fm_sdk::{Error, Result, http::extract::Path};

/// What a name stands for never changes.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// What stands in for a file that is not there: it may come, if the picture is uploaded again.
const FOR_A_DAY: &str = "public, max-age=86400";

/// Shows a picture in one of its sizes. For `card.webp` of a picture that was uploaded before there were such files the JPEG stands in.
#[utoipa::path(get, path = "/images/{key}/{size}", tag = "images",
    params(("key" = String, Path, description = "the picture"), ("size" = String, Path, description = "thumb, card, card.webp or full")), responses(
    (status = 200, description = "the picture", content_type = "image/jpeg"), (status = 304, description = "the client has it already"),
    (status = 404, description = "no such picture or size"), (status = 503, description = "the store of the pictures is unreachable")))]
pub async fn show(images: Data<Images>, path: Path<(Key, Variant)>, request: HttpRequest) -> Result<HttpResponse> {
    let (key, variant) = path.into_inner();
    let tag = format!("\"{}-{}\"", key.as_str(), variant.name());
    if known(request.headers(), &tag) && images.files.has(&key, variant).await? {
        return Ok(HttpResponse::NotModified().insert_header((ETAG, tag)).insert_header((CACHE_CONTROL, FOR_EVER)).finish());
    }
    if let Some(found) = images.files.get(&key, variant).await? {
        let mut response = start(variant, FOR_EVER);
        return Ok(response.insert_header((ETAG, tag)).body(SizedStream::new(found.length, found.content)));
    }
    let instead = variant.instead().ok_or_else(unknown)?;
    let found = images.files.get(&key, instead).await?.ok_or_else(unknown)?;
    Ok(start(instead, FOR_A_DAY).body(SizedStream::new(found.length, found.content)))
}

fn start(variant: Variant, cached: &'static str) -> HttpResponseBuilder {
    let mut response = HttpResponse::Ok();
    response
        .insert_header((CONTENT_TYPE, variant.format().media_type()))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((CACHE_CONTROL, cached));
    response
}

fn unknown() -> Error {
    Error::not_found("image-unknown")
}

/// Whether the client has it (RFC 9110, section 13.1.2: weak comparison).
fn known(headers: &HeaderMap, tag: &str) -> bool {
    let texts = headers.get_all(IF_NONE_MATCH).filter_map(|v| v.to_str().ok());
    texts.flat_map(|t| t.split(',')).map(str::trim).any(|t| t == "*" || t.strip_prefix("W/").unwrap_or(t) == tag)
}
