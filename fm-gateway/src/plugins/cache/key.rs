//! Which requests are the same one.

use crate::pipeline::Exchange;
use http::HeaderValue;
use std::fmt::Write;

/// The address that was asked for: scheme, host, normal path and query as the upstream gets them.
pub fn key_of(exchange: &Exchange) -> String {
    let mut key = origin(exchange);
    key.push_str(exchange.path());
    if let Some(query) = exchange.head.uri.query() {
        key.push('?');
        key.push_str(query);
    }
    key
}

fn origin(exchange: &Exchange) -> String {
    format!("{}://{}", exchange.client.scheme, exchange.client.authority.to_str().unwrap_or_default())
}

/// The address that a header of an answer names, if it is of the same origin (RFC 9111, 4.4).
pub fn key_named(exchange: &Exchange, value: &HeaderValue) -> Option<String> {
    let named = value.to_str().ok()?.split('#').next()?;
    let origin = origin(exchange);
    let rest = if named.starts_with('/') && !named.starts_with("//") { named } else { named.strip_prefix(&origin)? };
    rest.starts_with('/').then(|| format!("{origin}{rest}"))
}

/// What the upstream is told beside the address, whatever `Vary` says: which service it is; who asks, as far as it is known; the path that a step before has put
/// in the place of the client's; headers that only this route lets in.
pub fn scope_of(exchange: &Exchange) -> String {
    let mut scope = String::new();
    if let Some(path) = &exchange.upstream_path {
        add(&mut scope, "path", path);
    }
    if let Some(upstream) = &exchange.upstream {
        add(&mut scope, "service", &upstream.name);
    }
    if let Some(who) = &exchange.identity {
        add(&mut scope, "sub", who.sub());
        who.roles().iter().for_each(|role| add(&mut scope, "role", role));
        who.scopes().iter().for_each(|granted| add(&mut scope, "scope", granted));
    }
    if let Some(consumer) = &exchange.consumer {
        add(&mut scope, "consumer", consumer);
    }
    if let Some(certificate) = &exchange.client.certificate {
        add(&mut scope, "certificate", &certificate.sha256);
    }
    for name in &exchange.route.allow_headers {
        for value in exchange.head.headers.get_all(name) {
            add(&mut scope, name.as_str(), &value.as_bytes().escape_ascii().to_string());
        }
    }
    scope
}

/// With its length in front, so that no value can look like two.
fn add(scope: &mut String, name: &str, value: &str) {
    let _ = write!(scope, "{name}:{}:{value};", value.len());
}
