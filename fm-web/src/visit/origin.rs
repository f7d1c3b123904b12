use crate::Web;
use actix_web::{HttpRequest, web::Data};
use fm_sdk::http::TrustedProxies;
use std::fmt;

/// Scheme, host and port under which the reader sees this site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    pub secure: bool,
    host: String,
}

impl Origin {
    /// Takes the one that is set, or reads it from the request; what proxies say counts only if they are trusted.
    pub fn of(request: &HttpRequest) -> Self {
        if let Some(set) = request.app_data::<Data<Web>>().and_then(|web| web.public_url.as_deref()) {
            let (scheme, host) = set.split_once("://").unwrap_or(("http", set));
            return Origin { secure: scheme == "https", host: host.split('/').next().unwrap_or_default().to_owned() };
        }
        let header = |name: &str| request.headers().get(name).and_then(|v| v.to_str().ok()).map(str::trim);
        let trusted =
            request.peer_addr().is_some_and(|peer| request.app_data::<TrustedProxies>().is_some_and(|proxies| proxies.trusts(peer.ip())));
        let told = |name: &str| header(name).filter(|_| trusted).map(|v| v.split(',').next().unwrap_or_default().trim());
        let host = told("x-forwarded-host").or_else(|| header("host")).or_else(|| request.uri().authority().map(|a| a.as_str()));
        let host = host.filter(|h| is_host(h)).unwrap_or("localhost").to_ascii_lowercase();
        Origin { secure: told("x-forwarded-proto").is_some_and(|p| p.eq_ignore_ascii_case("https")), host }
    }
    /// Says whether a text, like the header `Origin`, names this origin.
    pub fn is(&self, text: &str) -> bool {
        text.eq_ignore_ascii_case(&self.to_string())
    }
}

/// It becomes part of pages and headers.
fn is_host(text: &str) -> bool {
    !text.is_empty() && text.len() <= 255 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b".-:[]".contains(&b))
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", if self.secure { "https" } else { "http" }, self.host)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;
    use std::{net::SocketAddr, sync::Arc};

    fn seen(peer: &str, headers: &[(&'static str, &str)]) -> String {
        let mut request = TestRequest::get().peer_addr(format!("{peer}:1").parse::<SocketAddr>().unwrap());
        for header in headers {
            request = request.insert_header(*header);
        }
        let proxies = TrustedProxies(Arc::new(["10.0.0.0/8".parse().unwrap()]));
        Origin::of(&request.app_data(proxies).to_http_request()).to_string()
    }

    #[test]
    fn only_trusted_proxies_say_what_the_reader_sees() {
        let told = [("host", "inner:1"), ("x-forwarded-host", "Market.example"), ("x-forwarded-proto", "https")];
        assert_eq!(seen("10.1.2.3", &told), "https://market.example");
        assert_eq!(seen("192.0.2.1", &told), "http://inner:1");
    }

    #[test]
    fn a_host_that_is_none_never_reaches_a_page() {
        for bad in ["a b", "x\"><script>", "x/../y", ""] {
            assert_eq!(seen("192.0.2.1", &[("host", bad)]), "http://localhost", "{bad}");
        }
    }
}
