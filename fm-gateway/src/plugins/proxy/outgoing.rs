//! The request that an upstream gets.

use super::Forward;
use crate::{
    front::RequestBody,
    pipeline::Exchange,
    upstream::{Endpoint, Failure, Outgoing, Upload},
};
use fm_sdk::trace::TraceParent;
use http::{HeaderName, HeaderValue, Request, Uri, Version, uri::PathAndQuery};

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

impl Forward {
    /// The path that the upstream gets.
    pub(super) fn path<'a>(&self, exchange: &'a Exchange) -> &'a str {
        let path = exchange.upstream_path.as_deref().unwrap_or_else(|| exchange.path());
        match self.settings.strip_prefix.as_deref().and_then(|prefix| path.strip_prefix(prefix)) {
            Some("") => "/",
            Some(rest) if rest.starts_with('/') => rest,
            _ => path,
        }
    }

    /// Path and query that the upstream gets.
    fn target(&self, exchange: &Exchange) -> Result<Uri, Failure> {
        let (path, sent) = (self.path(exchange), &exchange.head.uri);
        let target = match (sent.path_and_query(), sent.query()) {
            (Some(target), _) if path == sent.path() => target.clone(),
            (_, Some(query)) => as_target(format!("{path}?{query}"))?,
            (_, None) => as_target(path.to_owned())?,
        };
        Ok(Uri::from(target))
    }

    /// `trace` is the step that asks.
    pub(super) fn request(
        &self,
        exchange: &Exchange,
        trace: TraceParent,
        endpoint: &Endpoint<'_>,
        is_http2: bool,
        body: Option<RequestBody>,
    ) -> Result<Request<Upload>, Failure> {
        let client = &exchange.client;
        let preserved = self.settings.preserve_host && !client.authority.is_empty();
        let host = if preserved { client.authority.clone() } else { value(endpoint.host())? };
        let traceparent = trace.to_string();
        let head = Outgoing {
            method: &exchange.head.method,
            target: self.target(exchange)?,
            host,
            headers: &exchange.head.headers,
            own: [
                (FORWARDED_FOR, value(&client.forwarded_for)?),
                (FORWARDED_PROTO, HeaderValue::from_static(client.scheme)),
                (FORWARDED_HOST, client.authority.clone()),
                // The trace's id, without the version before and span and flags behind it.
                (REQUEST_ID, value(&traceparent[3..35])?),
                (TRACEPARENT, value(&traceparent)?),
            ],
            length: exchange.length,
            http2: is_http2.then(|| endpoint.scheme()),
        };
        let Some(body) = body.filter(|_| !exchange.length.is_zero()) else { return head.with(Upload::none()) };
        let mut upload = Upload::new(body, exchange.length, exchange.max_body);
        if is_http2 {
            upload = upload.multiplexed();
            // Trailers pass where both sides speak HTTP/2.
            if exchange.head.version == Version::HTTP_2 {
                upload = upload.with_trailers();
            }
            if self.streams_grpc(exchange) {
                upload = upload.endless();
            }
        }
        head.with(upload)
    }
}

/// What a plugin or setting has made of a request may not be one.
fn value(text: &str) -> Result<HeaderValue, Failure> {
    HeaderValue::from_str(text).map_err(|_| Failure::Unsendable)
}

fn as_target(text: String) -> Result<PathAndQuery, Failure> {
    PathAndQuery::try_from(text).map_err(|_| Failure::Unsendable)
}
