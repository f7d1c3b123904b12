use crate::request_context::RequestContext;
use actix_web::{HttpResponse, http::header};

/// Tells search engines where to look and where not.
pub async fn robots(context: RequestContext) -> HttpResponse {
    let mut text = String::from(
        "User-agent: *\nDisallow: /account\nDisallow: /api/\nDisallow: /my/\nDisallow: /preferences\nDisallow: /sell\nDisallow: /sign-\n",
    );
    if !context.site.is_empty() {
        text.push_str(&format!("\nSitemap: {}/sitemap.xml\n", context.site));
    }
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").insert_header((header::CACHE_CONTROL, "public, max-age=3600")).body(text)
}
