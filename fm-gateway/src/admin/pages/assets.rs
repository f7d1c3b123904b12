//! Style sheet and script: part of the program.

use actix_web::{HttpRequest, HttpResponse, http::header, web::Path};

const CSS: &str = include_str!("../../../assets/admin.css");
const JS: &str = include_str!("../../../assets/admin.js");
const LIVE: &str = include_str!("../../../assets/live.js");
const PALETTE: &str = include_str!("../../../assets/palette.js");
/// Asked for again after a new version at the latest.
const CACHE: &str = "no-cache";

/// Serves an asset; a browser that has it gets 304.
pub async fn serve(request: HttpRequest, name: Path<String>) -> HttpResponse {
    let (media, content) = match name.as_str() {
        "admin.css" => ("text/css; charset=utf-8", CSS),
        "palette.js" => ("text/javascript; charset=utf-8", PALETTE),
        "admin.js" => ("text/javascript; charset=utf-8", JS),
        "live.js" => ("text/javascript; charset=utf-8", LIVE),
        _ => return HttpResponse::NotFound().finish(),
    };
    let tag = format!("\"{}-{}\"", env!("CARGO_PKG_VERSION"), content.len());
    if request.headers().get(header::IF_NONE_MATCH).is_some_and(|known| known == tag.as_str()) {
        return HttpResponse::NotModified().finish();
    }
    HttpResponse::Ok().insert_header((header::CACHE_CONTROL, CACHE)).insert_header((header::ETAG, tag)).content_type(media).body(content)
}
