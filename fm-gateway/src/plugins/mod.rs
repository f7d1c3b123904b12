//! The plugins that come with the gateway, one folder each.

mod access_log;
mod api_key;
mod authentication;
mod authorization;
mod basic_auth;
mod body_limit;
pub mod cache;
mod canary;
mod circuit_breaker;
mod compression;
mod concurrency;
mod consumer;
mod cors;
mod discovery;
mod dns;
mod external_auth;
mod headers;
mod health_check;
mod ip;
mod mirror;
mod oidc;
mod proxy;
pub mod rate_limit;
mod redirect;
mod request_validation;
mod respond;
mod rewrite;
mod service;
mod upstream;
mod who;

use crate::{front::is_stripped, pipeline::Plugin};
use http::HeaderName;
use std::sync::Arc;

/// Gives one of each.
pub fn all() -> Vec<Arc<dyn Plugin>> {
    vec![
        Arc::new(access_log::AccessLog),
        Arc::new(api_key::ApiKey),
        Arc::new(authentication::Authentication),
        Arc::new(basic_auth::BasicAuth::default()),
        Arc::new(body_limit::BodyLimit),
        Arc::new(cache::Cache::default()),
        Arc::new(canary::Canary),
        Arc::new(circuit_breaker::CircuitBreaker::default()),
        Arc::new(compression::Compression),
        Arc::new(concurrency::Concurrency::default()),
        Arc::new(cors::Cors),
        Arc::new(discovery::Discovery),
        Arc::new(dns::Dns::default()),
        Arc::new(external_auth::ExternalAuth),
        Arc::new(headers::Headers),
        Arc::new(ip::Ip),
        Arc::new(mirror::Mirror),
        Arc::new(oidc::Oidc::default()),
        Arc::new(proxy::Proxy),
        Arc::new(rate_limit::RateLimit::default()),
        Arc::new(redirect::Redirect),
        Arc::new(request_validation::RequestValidation::default()),
        Arc::new(respond::Respond),
        Arc::new(rewrite::Rewrite),
        Arc::new(upstream::Addresses::default()),
    ]
}

/// Reads settings that the schema has let through.
fn read<T: serde::de::DeserializeOwned>(settings: &serde_json::Map<String, serde_json::Value>) -> Result<T, String> {
    serde_json::from_value(serde_json::Value::Object(settings.clone())).map_err(|e| e.to_string())
}

/// Reads the name of a header.
fn header_name(name: &str) -> Result<HeaderName, String> {
    HeaderName::from_bytes(name.as_bytes()).map_err(|_| format!("{name:?} is no header's name"))
}

/// Reads the name of a header that tells the service who asks: one that is taken out of every request, so that no client can send it.
fn service_header(name: &str) -> Result<HeaderName, String> {
    let name = header_name(name)?;
    if is_stripped(name.as_str()) {
        Ok(name)
    } else {
        Err(format!(
            "{name}: clients can send this header themselves on other routes; x-user-... and x-auth-request-... are taken out everywhere"
        ))
    }
}
