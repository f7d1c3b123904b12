//! Style sheets, scripts and the font: part of the program. Those of others lie in `assets/vendor`, with their licences.

use actix_web::{HttpRequest, HttpResponse, http::header, web::Path};
use sha2::{Digest, Sha256};
use std::{borrow::Cow, sync::LazyLock};

/// Asked for again each time, and sent again when it has changed.
const REVALIDATED: &str = "no-cache";
/// What has its hash in its address never changes.
const FOR_GOOD: &str = "public, max-age=31536000, immutable";
const FONT: &str = "inter.woff2";

struct Asset {
    name: &'static str,
    media: &'static str,
    content: Cow<'static, [u8]>,
    /// Of the content.
    hash: String,
}

static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| {
    let script = |name, content: &'static str| Asset::new(name, "text/javascript; charset=utf-8", content.as_bytes().into());
    let style = |name, content: Cow<'static, [u8]>| Asset::new(name, "text/css; charset=utf-8", content);
    let font = Asset::new(FONT, "font/woff2", include_bytes!("../../../assets/vendor/inter.woff2").into());
    let own_style = include_str!("../../../assets/admin.css").replace(FONT, &format!("{FONT}?{}", font.hash));
    vec![
        font,
        style("admin.css", own_style.into_bytes().into()),
        style("uplot.css", include_bytes!("../../../assets/vendor/uplot.css").into()),
        script("uplot.js", include_str!("../../../assets/vendor/uplot.js")),
        script("admin.js", include_str!("../../../assets/admin.js")),
        script("charts.js", include_str!("../../../assets/charts.js")),
        script("live.js", include_str!("../../../assets/live.js")),
        script("palette.js", include_str!("../../../assets/palette.js")),
        script("sparklines.js", include_str!("../../../assets/sparklines.js")),
    ]
});

impl Asset {
    fn new(name: &'static str, media: &'static str, content: Cow<'static, [u8]>) -> Asset {
        let hash = Sha256::digest(&content)[..8].iter().map(|byte| format!("{byte:02x}")).collect();
        Asset { name, media, content, hash }
    }
}

/// Serves an asset; a browser that has it gets 304.
pub async fn serve(request: HttpRequest, name: Path<String>) -> HttpResponse {
    let Some(asset) = ASSETS.iter().find(|asset| asset.name == name.as_str()) else { return HttpResponse::NotFound().finish() };
    let tag = format!("\"{}\"", asset.hash);
    let cache = if request.query_string() == asset.hash { FOR_GOOD } else { REVALIDATED };
    let is_known = request.headers().get(header::IF_NONE_MATCH).is_some_and(|known| known == tag.as_str());
    let mut response = if is_known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response.insert_header((header::CACHE_CONTROL, cache)).insert_header((header::ETAG, tag));
    if is_known { response.finish() } else { response.content_type(asset.media).body(asset.content.as_ref()) }
}
