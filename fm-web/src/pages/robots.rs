use crate::visit::Visit;
use actix_web::{HttpResponse, http::header};

/// Tells search engines where to look and where not.
pub async fn robots(visit: Visit) -> HttpResponse {
    let origin = visit.site.to_string();
    let text = format!(
        "User-agent: *\nDisallow: /account\nDisallow: /api/\nDisallow: /my/\nDisallow: /preferences\nDisallow: /sell\nDisallow: /sign-\n\n\
         Sitemap: {origin}/sitemap.xml\n"
    );
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").insert_header((header::CACHE_CONTROL, "public, max-age=3600")).body(text)
}
