//! What may follow a body (RFC 9110, 6.5.1): trailers that would frame, route or authenticate a message, or say what its content is, come too
//! late for that and are left out, because whoever merges them into the head would believe them.

use crate::front::is_stripped;
use http::{HeaderMap, HeaderName, header};

/// The trailers of an answer that go on to the client.
pub fn of_answer(mut trailers: HeaderMap) -> HeaderMap {
    retain(&mut trailers, |name| !belongs_to_head(name));
    trailers
}

/// The trailers of a request that go on to an upstream: nothing that says who asks.
pub fn of_request(mut trailers: HeaderMap) -> HeaderMap {
    retain(&mut trailers, |name| !belongs_to_head(name) && !is_stripped(name.as_str()) && !name.as_str().starts_with("x-forwarded-"));
    trailers
}

fn retain(trailers: &mut HeaderMap, keeps: impl Fn(&HeaderName) -> bool) {
    let others: Vec<HeaderName> = trailers.keys().filter(|name| !keeps(name)).cloned().collect();
    for name in others {
        trailers.remove(name);
    }
}

fn belongs_to_head(name: &HeaderName) -> bool {
    matches!(
        *name,
        // Framing and connection.
        header::CONTENT_LENGTH
            | header::TRANSFER_ENCODING
            | header::CONNECTION
            | header::UPGRADE
            | header::TE
            | header::TRAILER
            // Routing and request modifiers.
            | header::HOST
            | header::EXPECT
            | header::MAX_FORWARDS
            | header::RANGE
            | header::VIA
            // Authentication and state.
            | header::AUTHORIZATION
            | header::COOKIE
            | header::SET_COOKIE
            | header::PROXY_AUTHENTICATE
            | header::PROXY_AUTHORIZATION
            | header::WWW_AUTHENTICATE
            // Control data of answers.
            | header::AGE
            | header::CACHE_CONTROL
            | header::LOCATION
            | header::VARY
            // The content.
            | header::CONTENT_ENCODING
            | header::CONTENT_RANGE
            | header::CONTENT_TYPE
    ) || matches!(name.as_str(), "keep-alive" | "proxy-connection" | "traceparent")
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn fields(names: &[&'static str]) -> HeaderMap {
        names.iter().map(|name| (HeaderName::from_static(name), HeaderValue::from_static("x"))).collect()
    }

    #[test]
    fn what_belongs_to_the_head_is_left_out() {
        let own = ["grpc-status", "grpc-message", "server-timing", "x-checksum"];
        for late in ["content-length", "transfer-encoding", "host", "set-cookie", "authorization", "content-type", "location", "connection"]
        {
            let trailers = fields(&[&own[..], &[late]].concat());
            assert_eq!(of_answer(trailers.clone()), fields(&own), "{late}");
            assert_eq!(of_request(trailers), fields(&own), "{late}");
        }
    }

    #[test]
    fn a_client_cannot_say_who_it_is_after_its_body() {
        for name in ["x-user-id", "x_user_id", "remote-user", "x-forwarded-for"] {
            assert!(of_request(fields(&[name])).is_empty(), "{name}");
        }
        assert_eq!(of_answer(fields(&["x_own.field"])).len(), 1, "services name theirs as they like");
    }
}
