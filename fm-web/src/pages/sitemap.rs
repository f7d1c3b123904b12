use crate::{
    Web,
    request_context::RequestContext,
    view::{CarPage, Facets},
};
use actix_web::{HttpResponse, http::header, web::Data};
use fm_sdk::{Error, Result};
use futures::future::join;
use std::fmt::Write;

/// Lists the start page, a page for each maker, and the newest cars (<https://www.sitemaps.org/protocol.html>). A sitemap consists of whole
/// URLs: there is none while the site's own is not set.
pub async fn sitemap(web: Data<Web>, context: RequestContext) -> Result<HttpResponse> {
    if context.site.is_empty() {
        return Err(Error::not_found("no-public-url"));
    }
    let (gateway, caller) = (&web.gateway, &context.caller);
    let (facets, newest) = join(async { gateway.get(caller, "/api/cars/facets").send().await?.json::<Facets>() }, async {
        gateway.get(caller, "/api/cars").query_string("sort=-added&per_page=100").send().await?.json::<CarPage>()
    })
    .await;
    let origin = escaped(&context.site);
    let mut xml =
        String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n");
    let mut add = |path: &str, changed: &str| {
        let changed = if changed.is_empty() { String::new() } else { format!("<lastmod>{}</lastmod>", escaped(changed)) };
        // Writing to a `String` does not fail.
        let _ = writeln!(xml, "<url><loc>{origin}{}</loc>{changed}</url>", escaped(path));
    };
    add("/", "");
    add("/cars", "");
    for maker in facets?.of("maker").iter().filter(|m| m.count > 0) {
        add(&format!("/cars?{}", crate::search::encoded(&[("maker", maker.value.clone())])), "");
    }
    for car in newest?.items.iter().filter(|c| super::id_of(&c.id).is_ok()) {
        add(&format!("/cars/{}", car.id), &car.updated);
    }
    xml.push_str("</urlset>\n");
    Ok(HttpResponse::Ok().content_type("application/xml").insert_header((header::CACHE_CONTROL, "public, max-age=600")).body(xml))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&apos;")
}
