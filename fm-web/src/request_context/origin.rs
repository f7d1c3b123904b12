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
    /// Reads the origin by which this request reached the market. A market may have several (a port of its own beside TLS), so
    /// `FM_PUBLIC_URL` decides only for its own host, and for requests about which no trusted proxy says anything.
    pub fn of(request: &HttpRequest) -> Self {
        let header = |name: &str| request.headers().get(name).and_then(|v| v.to_str().ok()).map(str::trim);
        let trusted =
            request.peer_addr().is_some_and(|peer| request.app_data::<TrustedProxies>().is_some_and(|proxies| proxies.trusts(peer.ip())));
        let told = |name: &str| header(name).filter(|_| trusted).map(|v| v.split(',').next().unwrap_or_default().trim());
        let forwarded = told("x-forwarded-host").filter(|h| is_host(h));
        let host = forwarded.or_else(|| header("host")).or_else(|| request.uri().authority().map(|a| a.as_str()));
        let host = host.filter(|h| is_host(h)).unwrap_or("localhost").to_ascii_lowercase();
        match Origin::public(request) {
            Some(public) if forwarded.is_none() || public.host == host => public,
            _ => Origin { secure: told("x-forwarded-proto").is_some_and(|p| p.eq_ignore_ascii_case("https")), host },
        }
    }
    /// Gives the origin of `FM_PUBLIC_URL`, if it is set.
    pub fn public(request: &HttpRequest) -> Option<Self> {
        let url = request.app_data::<Data<Web>>()?.public_url.as_deref()?;
        let (scheme, host) = url.split_once("://").unwrap_or(("http", url));
        let host = host.split('/').next().unwrap_or_default().to_ascii_lowercase();
        Some(Origin { secure: scheme == "https", host })
    }
    /// Says whether a text, like the header `Origin`, names this origin.
    pub fn is(&self, text: &str) -> bool {
        text.eq_ignore_ascii_case(&self.to_string())
    }
}

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
    use crate::{
        catalogue::Catalogue,
        gateway::Gateway,
        request_context::{Renewals, RequestContext, verify_origin},
    };
    use actix_web::test::TestRequest;
    use std::{net::SocketAddr, sync::Arc};

    fn request(peer: &str, public: Option<&str>, headers: &[(&'static str, &str)]) -> HttpRequest {
        let mut request = TestRequest::get().peer_addr(format!("{peer}:1").parse::<SocketAddr>().unwrap());
        for header in headers {
            request = request.insert_header(*header);
        }
        let web = Web {
            gateway: Gateway::new(&"http://gateway".parse().unwrap()),
            catalogue: Catalogue::default(),
            renewals: Renewals::default(),
            public_url: public.map(str::to_owned),
            legal: Default::default(),
            design: false,
        };
        request.app_data(Data::new(web)).app_data(TrustedProxies(Arc::new(["10.0.0.0/8".parse().unwrap()]))).to_http_request()
    }

    fn seen(peer: &str, headers: &[(&'static str, &str)]) -> String {
        Origin::of(&request(peer, None, headers)).to_string()
    }

    #[test]
    fn only_trusted_proxies_say_what_the_reader_sees() {
        let told = [("host", "inner:1"), ("x-forwarded-host", "Market.example"), ("x-forwarded-proto", "https")];
        assert_eq!(seen("10.1.2.3", &told), "https://market.example");
        assert_eq!(seen("192.0.2.1", &told), "http://inner:1");
    }

    #[test]
    fn the_public_url_decides_for_its_own_host_and_where_no_trusted_proxy_speaks() {
        let public = Some("https://market.example");
        let by = |peer, host, scheme| {
            let headers = [("host", "inner:1"), ("x-forwarded-host", host), ("x-forwarded-proto", scheme)];
            Origin::of(&request(peer, public, &headers)).to_string()
        };
        for (host, scheme, origin) in [
            ("market.example", "https", "https://market.example"),
            // The last proxy speaks plain HTTP and does not say that the first one spoke TLS.
            ("MARKET.example", "http", "https://market.example"),
            ("localhost:8080", "http", "http://localhost:8080"),
            ("localhost:8443", "https", "https://localhost:8443"),
            ("market.example:8443", "https", "https://market.example:8443"),
        ] {
            assert_eq!(by("10.1.2.3", host, scheme), origin);
            assert_eq!(by("192.0.2.1", host, scheme), "https://market.example");
        }
        assert_eq!(by("10.1.2.3", "a b", "http"), "https://market.example");
        assert_eq!(Origin::of(&request("10.1.2.3", public, &[("host", "inner:1")])).to_string(), "https://market.example");
    }

    #[test]
    fn a_form_is_accepted_from_every_way_in_and_from_nowhere_else() {
        let public = Some("https://market.example");
        let by = |host, scheme, origin| {
            let headers = [("x-forwarded-host", host), ("x-forwarded-proto", scheme), ("origin", origin)];
            verify_origin(&request("10.1.2.3", public, &headers)).is_ok()
        };
        for (host, scheme, origin) in [
            ("market.example", "https", "https://market.example"),
            ("localhost:8080", "http", "http://localhost:8080"),
            ("localhost:8443", "https", "https://localhost:8443"),
            // A proxy in front of the trusted one has put another name in the place of the host.
            ("inner:1", "http", "https://market.example"),
        ] {
            assert!(by(host, scheme, origin), "{origin} by {scheme}://{host}");
            for foreign in
                ["https://evil.example", "null", "https://market.example.evil.example", "http://market.example", "https://localhost:8080"]
            {
                assert!(!by(host, scheme, foreign), "{foreign} by {scheme}://{host}");
            }
        }
    }

    #[test]
    fn absolute_links_name_the_public_url_whatever_the_host() {
        let told = [("x-forwarded-host", "localhost:8080")];
        let context = |public| RequestContext::of(&request("10.1.2.3", public, &told)).site.clone();
        assert_eq!(context(Some("https://market.example")), "https://market.example");
        // A page that a cache keeps must not name what whoever asked first has made up.
        assert_eq!(context(None), "");
    }

    #[test]
    fn a_host_that_is_none_never_reaches_a_page() {
        for bad in ["a b", "x\"><script>", "x/../y", ""] {
            assert_eq!(seen("192.0.2.1", &[("host", bad)]), "http://localhost", "{bad}");
        }
    }
}
