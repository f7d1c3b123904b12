//! Refuses changes that another site has a browser send.

use actix_web::http::header::HeaderMap;
use fm_sdk::{Error, Kind, Result};

/// Checks `Sec-Fetch-Site` and `Origin`. Programs that are no browsers send neither.
///
/// # Errors
/// `Forbidden`, code `origin`.
pub fn check_origin(headers: &HeaderMap) -> Result<()> {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let own = match (text("sec-fetch-site"), text("origin")) {
        (Some(site), _) => matches!(site, "same-origin" | "none"),
        (None, Some(origin)) => {
            let host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
            host.is_some() && host == text("host")
        }
        (None, None) => true,
    };
    if own { Ok(()) } else { Err(Error::new(Kind::Forbidden, "origin", "a change must come from the dashboard itself")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    #[test]
    fn only_same_origin_pages_and_programs_may_change_anything() {
        for (headers, own) in [
            (&[][..], true),
            (&[("sec-fetch-site", "same-origin")], true),
            (&[("sec-fetch-site", "none")], true),
            (&[("origin", "http://gateway:8081")], true),
            (&[("origin", "https://gateway:8081")], true),
            (&[("sec-fetch-site", "cross-site")], false),
            (&[("sec-fetch-site", "same-site"), ("origin", "http://gateway:8081")], false),
            (&[("origin", "http://gateway:8080")], false),
            (&[("origin", "http://evil.example")], false),
            (&[("origin", "null")], false),
            (&[("origin", "")], false),
        ] {
            let mut request = TestRequest::post().insert_header(("host", "gateway:8081"));
            for header in headers {
                request = request.insert_header(*header);
            }
            assert_eq!(check_origin(request.to_http_request().headers()).is_ok(), own, "{headers:?}");
        }
    }
}
