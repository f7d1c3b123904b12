use crate::market::{CAR, Market};
use actix_web::test::TestRequest;

#[actix_web::test]
async fn every_page_forbids_foreign_and_inline_code() {
    let market = Market::new().await;
    for path in ["/", "/cars", "/nowhere", "/robots.txt"] {
        let page = market.get(path).await;
        let policy = page.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
        assert!(!policy.contains("unsafe") && !policy.contains("http"), "{policy}");
        assert_eq!((page.header("x-content-type-options"), page.header("x-frame-options")), ("nosniff", "DENY"));
        page.lacks(" style=\"").lacks(" onclick=").lacks("<style").lacks("javascript:");
    }
}

#[actix_web::test]
async fn files_are_kept_for_ever_under_an_address_that_changes_with_them() {
    let market = Market::new().await;
    let page = market.get("/").await;
    let start = page.html.find("/assets/").unwrap();
    let css = &page.html[start..start + page.html[start..].find(['"', '#']).unwrap()];
    let folder = css.rsplit_once('/').unwrap().0;
    for (file, media) in [
        ("market.css", "text/css; charset=utf-8"),
        ("market.js", "text/javascript; charset=utf-8"),
        ("cars.svg", "image/svg+xml"),
        ("icons.svg", "image/svg+xml"),
    ] {
        let asset = market.get(&format!("{folder}/{file}")).await;
        assert_eq!((asset.is(200).header("content-type"), asset.header("cache-control")), (media, "public, max-age=31536000, immutable"));
    }
    assert_eq!(market.get("/assets/older/market.css").await.is(200).header("cache-control"), "public, max-age=60");
}

#[actix_web::test]
async fn pages_are_compressed_for_who_takes_it() {
    let market = Market::new().await;
    let plain = market.get("/robots.txt").await;
    assert_eq!((plain.header("content-encoding"), plain.is(200).html.contains("Disallow: /my/")), ("", true));
}

#[actix_web::test]
async fn absolute_urls_name_the_set_site_and_never_the_host_of_a_request() {
    let car = format!("/cars/{CAR}");
    let evil = |path: &str| {
        TestRequest::get().uri(path).peer_addr("127.0.0.1:5".parse().unwrap()).insert_header(("x-forwarded-host", "evil.example"))
    };
    let market = Market::known_as("https://cars.example/").await;
    for path in ["/", "/cars?maker=bmw", car.as_str(), "/robots.txt", "/sitemap.xml"] {
        market.send(evil(path)).await.is(200).has("https://cars.example").lacks("evil.example").lacks("market.example");
    }
    market.get("/sitemap.xml").await.has("<loc>https://cars.example/cars?maker=bmw</loc>");
    market.get(&car).await.has(&format!("<link rel=\"canonical\" href=\"https://cars.example{car}\">"));
    // Where it is not set, pages name paths only.
    let market = Market::new().await;
    for path in ["/", "/cars?maker=bmw", car.as_str(), "/robots.txt"] {
        market.send(evil(path)).await.is(200).lacks("evil.example").lacks("market.example").lacks("property=\"og:url\"");
    }
    market.get("/sitemap.xml").await.is(404);
}

#[actix_web::test]
async fn a_site_over_https_tells_browsers_to_come_back_only_so() {
    for (url, told) in [("https://cars.example", "max-age=31536000"), ("http://cars.example", "")] {
        let market = Market::known_as(url).await;
        for path in ["/", "/nowhere", "/robots.txt", "/my/cars"] {
            assert_eq!(market.get(path).await.header("strict-transport-security"), told, "{url} {path}");
        }
    }
}

#[actix_web::test]
async fn language_and_appearance_are_kept_for_pages_of_our_own_only() {
    let market = Market::new().await;
    let form = |body: &'static str| {
        TestRequest::post().uri("/preferences").insert_header(("content-type", "application/x-www-form-urlencoded")).set_payload(body)
    };
    let page = market.send(form("lang=de&theme=dark&to=%2Fcars%3Fq%3Dx").insert_header(("origin", "http://market.example"))).await;
    assert_eq!(page.is(303).header("location"), "/cars?q=x");
    let cookies: Vec<_> = page.headers.get_all("set-cookie").map(|v| v.to_str().unwrap().to_owned()).collect();
    assert_eq!(cookies.len(), 2);
    assert!(cookies.iter().all(|c| c.contains("HttpOnly") && c.contains("SameSite=Lax")), "{cookies:?}");
    assert_eq!(market.send(form("lang=xx&to=//evil.example")).await.is(303).header("location"), "/");
    market.send(form("lang=de").insert_header(("origin", "http://evil.example"))).await.is(403);
    market.send(form("lang=de").insert_header(("sec-fetch-site", "cross-site"))).await.is(403);
    market
        .send(TestRequest::post().uri("/preferences").set_payload("{}").insert_header(("content-type", "application/json")))
        .await
        .is(415);
    market.send(form("lang=%ff&theme=%00&x=1")).await.is(303);
}

#[actix_web::test]
async fn the_font_is_shipped_small_and_once() {
    let market = Market::new().await;
    let page = market.get("/").await;
    let (_, rest) = page.html.split_once("<link rel=\"preload\" href=\"").unwrap();
    let (font, rest) = rest.split_once('"').unwrap();
    assert!(rest.starts_with(" as=\"font\" type=\"font/woff2\" crossorigin>"), "{rest:.80}");
    let style = market.get(&font.replace("inter.woff2", "market.css")).await;
    style.is(200).has("url(\"inter.woff2\")").has("font-display: swap").has("size-adjust");
    let request = TestRequest::get().uri(font).insert_header(("accept-encoding", "gzip"));
    let file = market.raw(request).await;
    assert_eq!((file.status, file.header("content-type")), (200, Some("font/woff2")));
    assert_eq!((file.header("cache-control"), file.header("vary")), (Some("public, max-age=31536000, immutable"), Some("Accept-Encoding")));
    assert!(file.body.starts_with(b"wOF2") && file.body.len() <= 35 * 1024, "{} bytes", file.body.len());
}
