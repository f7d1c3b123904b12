//! Tells Prometheus what to scrape: every registered instance, at its address for operators.
//!
//! The answer has the format of HTTP service discovery (<https://prometheus.io/docs/prometheus/latest/http_sd/>).

use crate::admin::{Ask, api::Call, users::Role};
use actix_web::HttpResponse;
use fm_sdk::{Error, Kind, Result, registry::services::Instance};
use serde::Serialize;
use std::{collections::BTreeMap, time::Duration};

/// Where an instance says in the registry that operators are served at another address than clients.
pub const OPERATORS: &str = "admin";
/// How long the registry may take for its first answer.
const TIMEOUT: Duration = Duration::from_secs(2);

/// A viewer's call, unlike `/metrics` beside it: it tells addresses and versions of the whole market, as `/services` does.
pub const CALL: Call =
    Call::get("/targets", Role::Viewer, "Lists all instances as targets for the HTTP service discovery of Prometheus", |ask| {
        Box::pin(run(ask))
    });

/// Targets with the same labels; each instance has labels of its own.
#[derive(Debug, PartialEq, Serialize)]
struct TargetGroup {
    targets: [String; 1],
    labels: BTreeMap<&'static str, String>,
}

async fn run(ask: Ask) -> Result<HttpResponse> {
    let instances = ask.admin.services.all();
    // After an error Prometheus goes on with the targets that it has; an empty list would end all of them.
    if !instances.ready(TIMEOUT).await {
        return Err(Error::new(Kind::Unavailable, "instances-unknown", "the registry has not said yet which instances there are"));
    }
    let groups: Vec<TargetGroup> = instances.list().iter().filter_map(target_group).collect();
    Ok(HttpResponse::Ok().json(groups))
}

/// `None` where the address is no URL.
fn target_group(instance: &Instance) -> Option<TargetGroup> {
    let url = instance.metadata.get(OPERATORS).unwrap_or(&instance.url).parse::<http::Uri>().ok()?;
    let (scheme, host) = (url.scheme_str()?, url.host()?);
    let port = url.port_u16().unwrap_or(if scheme == "https" { 443 } else { 80 });
    let labels = [
        ("__scheme__", scheme.to_owned()),
        ("service", instance.service.clone()),
        ("instance", instance.id.clone()),
        ("version", instance.version.clone()),
    ];
    Some(TargetGroup { targets: [format!("{host}:{port}")], labels: labels.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(url: &str) -> Option<(String, String)> {
        let group = target_group(&Instance::new("fm-cars", "a", url))?;
        Some((group.labels["__scheme__"].clone(), group.targets[0].clone()))
    }

    #[test]
    fn every_address_of_an_instance_becomes_host_and_port() {
        for (url, scheme, target) in [
            ("http://10.0.0.7:8102", "http", "10.0.0.7:8102"),
            ("https://cars.example", "https", "cars.example:443"),
            ("http://cars.example/", "http", "cars.example:80"),
            ("http://[fd00::7]:8102", "http", "[fd00::7]:8102"),
            ("http://user:password@cars:8102", "http", "cars:8102"),
        ] {
            assert_eq!(address(url), Some((scheme.into(), target.into())), "{url}");
        }
        for url in ["", "cars:8102", "/metrics", "http://", "not a url"] {
            assert_eq!(address(url), None, "{url}");
        }
    }
}
