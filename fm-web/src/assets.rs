//! Style sheet, font, scripts and drawings: part of the program, served under an address that changes with them.

use actix_web::{HttpResponse, http::header, web};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use fm_sdk::{Error, Result};
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

const STYLE: &str = concat!(
    include_str!("../assets/css/tokens.css"),
    include_str!("../assets/css/page.css"),
    include_str!("../assets/css/controls.css"),
    include_str!("../assets/css/cards.css"),
    include_str!("../assets/css/ask.css"),
    include_str!("../assets/css/home.css"),
    include_str!("../assets/css/results.css"),
    include_str!("../assets/css/car.css"),
    include_str!("../assets/css/account.css"),
    include_str!("../assets/css/inbox.css"),
    include_str!("../assets/css/rating.css"),
    include_str!("../assets/css/favourites.css"),
    include_str!("../assets/css/guide.css"),
    include_str!("../assets/css/legal.css"),
    include_str!("../assets/css/forced.css"),
);

const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";
const WOFF2: &str = "font/woff2";

/// Name, media type, content.
const FILES: &[(&str, &str, &[u8])] = &[
    ("market.css", CSS, STYLE.as_bytes()),
    ("design.css", CSS, include_bytes!("../assets/css/design.css")),
    ("inter.woff2", WOFF2, include_bytes!("../assets/font/inter.woff2")),
    ("arrange.js", JS, include_bytes!("../assets/js/arrange.js")),
    ("ask.js", JS, include_bytes!("../assets/js/ask.js")),
    ("drawer.js", JS, include_bytes!("../assets/js/drawer.js")),
    ("filters.js", JS, include_bytes!("../assets/js/filters.js")),
    ("focus.js", JS, include_bytes!("../assets/js/focus.js")),
    ("gallery.js", JS, include_bytes!("../assets/js/gallery.js")),
    ("goodbye.js", JS, include_bytes!("../assets/js/goodbye.js")),
    ("hearts.js", JS, include_bytes!("../assets/js/hearts.js")),
    ("live.js", JS, include_bytes!("../assets/js/live.js")),
    ("market.js", JS, include_bytes!("../assets/js/market.js")),
    ("models.js", JS, include_bytes!("../assets/js/models.js")),
    ("pictures.js", JS, include_bytes!("../assets/js/pictures.js")),
    ("places.js", JS, include_bytes!("../assets/js/places.js")),
    ("quick.js", JS, include_bytes!("../assets/js/quick.js")),
    ("results.js", JS, include_bytes!("../assets/js/results.js")),
    ("search.js", JS, include_bytes!("../assets/js/search.js")),
    ("sell.js", JS, include_bytes!("../assets/js/sell.js")),
    ("store.js", JS, include_bytes!("../assets/js/store.js")),
    ("times.js", JS, include_bytes!("../assets/js/times.js")),
    ("upload.js", JS, include_bytes!("../assets/js/upload.js")),
    ("mark.svg", SVG, include_bytes!("../assets/mark.svg")),
    ("icons.svg", SVG, include_bytes!("../assets/icons.svg")),
    ("cars.svg", SVG, include_bytes!("../assets/cars.svg")),
];

static BASE: LazyLock<String> = LazyLock::new(|| {
    let mut hash = Sha256::new();
    for (name, media, content) in FILES {
        for part in [name.as_bytes(), media.as_bytes(), content] {
            hash.update(part.len().to_le_bytes());
            hash.update(part);
        }
    }
    format!("/assets/{}", URL_SAFE_NO_PAD.encode(&hash.finalize()[..9]))
});

/// The folder that all files are in now. One for all, so that scripts import each other by relative names.
pub fn base() -> &'static str {
    &BASE
}

/// Serves a file: for ever under its present address; under that of another version, which a page from another instance may name, as it
/// is now and only for a short time.
pub async fn asset(path: web::Path<(String, String)>) -> Result<HttpResponse> {
    let (version, name) = path.into_inner();
    let (_, media, content) = FILES.iter().find(|f| f.0 == name).ok_or_else(|| Error::not_found("asset-unknown"))?;
    let current = base().ends_with(&format!("/{version}"));
    let cache = if current { "public, max-age=31536000, immutable" } else { "public, max-age=60" };
    let mut response = HttpResponse::Ok();
    response.content_type(*media).insert_header((header::CACHE_CONTROL, cache)).insert_header((header::VARY, "Accept-Encoding"));
    if *media == WOFF2 {
        // It is compressed in itself.
        response.insert_header(header::ContentEncoding::Identity);
    }
    Ok(response.body(*content))
}
