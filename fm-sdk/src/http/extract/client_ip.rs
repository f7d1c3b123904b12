//! Who is at the other end, also behind proxies.

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header::HeaderMap};
use ipnet::IpNet;
use std::{
    convert::Infallible,
    future::{Ready, ready},
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
};

/// Networks whose `X-Forwarded-For` is believed; as `app_data`. None without.
#[derive(Clone, Debug, Default)]
pub struct TrustedProxies(pub Arc<[IpNet]>);

impl TrustedProxies {
    /// Says whether a proxy at this address is believed.
    #[must_use]
    pub fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|n| n.contains(&address.to_canonical()))
    }
    /// Gives the client of a connection: the last address in the chain of proxies that is no proxy of ours.
    #[must_use]
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer.to_canonical();
        let chain: Vec<&str> = headers.get_all("x-forwarded-for").filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(',')).collect();
        // From the nearest to the farthest: each proxy appends whom it saw, and anything before the first that lies is worthless.
        for hop in chain.iter().rev() {
            let Some(address) = self.trusts(client).then(|| parse(hop)).flatten() else { break };
            client = address;
        }
        client
    }
}

/// Some proxies write the port too.
fn parse(hop: &str) -> Option<IpAddr> {
    let hop = hop.trim();
    let address = hop.parse::<IpAddr>().ok().or_else(|| hop.parse::<std::net::SocketAddr>().ok().map(|a| a.ip()));
    address.map(|a| a.to_canonical())
}

/// The client's address, for limits and logs; 0.0.0.0 if the connection has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientIp(pub IpAddr);

impl FromRequest for ClientIp {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let peer = request.peer_addr().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |a| a.ip());
        let none = TrustedProxies::default();
        ready(Ok(ClientIp(request.app_data::<TrustedProxies>().unwrap_or(&none).client(peer, request.headers()))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    async fn client(peer: &str, forwarded: &[&str]) -> String {
        let proxies = TrustedProxies(["127.0.0.0/8", "10.0.0.0/8"].map(|n| n.parse().unwrap()).into());
        let mut request = TestRequest::default().peer_addr(format!("{peer}:1000").parse().unwrap()).app_data(proxies);
        for value in forwarded {
            request = request.append_header(("x-forwarded-for", *value));
        }
        ClientIp::extract(&request.to_http_request()).await.unwrap().0.to_string()
    }

    #[actix_web::test]
    async fn the_chain_of_proxies_is_followed_as_far_as_it_is_trusted() {
        assert_eq!(client("127.0.0.1", &["9.9.9.9"]).await, "9.9.9.9");
        assert_eq!(client("127.0.0.1", &["6.6.6.6, 9.9.9.9, 10.1.1.1"]).await, "9.9.9.9", "what the client itself wrote is not believed");
        assert_eq!(client("127.0.0.1", &["6.6.6.6", "9.9.9.9:80"]).await, "9.9.9.9");
        assert_eq!(client("[::ffff:127.0.0.1]", &["2001:db8::1"]).await, "2001:db8::1");
    }

    #[actix_web::test]
    async fn an_untrusted_peer_cannot_spoof_its_address() {
        assert_eq!(client("8.8.8.8", &["9.9.9.9"]).await, "8.8.8.8");
        assert_eq!(client("127.0.0.1", &["unknown"]).await, "127.0.0.1");
        assert_eq!(client("127.0.0.1", &[]).await, "127.0.0.1");
    }
}
