//! Finds the addresses of a name by DNS, and follows them. A request only looks at what is known.

mod follow;
mod resolve;

use super::health_check::{self, Checked, HealthChecks};
use crate::{
    pipeline::{Drivers, Exchange, Flow, Phases, Plugin, Step, StepInstances, Upstream},
    upstream::Chooser,
};
use fm_sdk::{Error, Kind, config::parse_duration};
use follow::{Followed, Following};
use futures::future::LocalBoxFuture;
use resolve::{Question, Records};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::{net::IpAddr, sync::Arc, time::Duration};

/// What is followed, for all routes and tables that name it.
#[derive(Default)]
pub struct Dns {
    names: Following,
    checks: HealthChecks,
}

#[derive(Deserialize)]
struct Settings {
    name: Option<String>,
    host: String,
    record: Record,
    port: Option<u16>,
    scheme: String,
    min_ttl: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
enum Record {
    #[serde(rename = "address")]
    Address,
    #[serde(rename = "SRV")]
    Srv,
}

struct Find {
    name: Arc<str>,
    followed: Arc<Followed>,
    checked: Option<Arc<Checked>>,
    chooser: Chooser,
}

impl Plugin for Dns {
    fn name(&self) -> &'static str {
        "dns"
    }

    fn about(&self) -> &'static str {
        "Finds the addresses of a name by DNS"
    }

    fn schema(&self) -> Value {
        health_check::schema(json!({
            "type": "object",
            "additionalProperties": false,
            "required": ["host"],
            "properties": {
                "host": {
                    "type": "string", "minLength": 1, "maxLength": 253, "title": "Host",
                    "description": "The whole name that is asked for; no search domain is appended", "examples": ["billing.example", "_http._tcp.billing.example"]
                },
                "record": {
                    "type": "string", "enum": ["address", "SRV"], "default": "address", "title": "Record",
                    "description": "address: A and AAAA, with the port that is named; SRV: names, ports and weights, of the lowest priority"
                },
                "port": {"type": "integer", "minimum": 1, "maximum": 65535, "title": "Port", "description": "Of addresses; SRV records say their own"},
                "scheme": {
                    "type": "string", "enum": ["http", "https"], "default": "http", "title": "Scheme",
                    "description": "https: the certificate must be for the name that is asked for, for SRV without _service._protocol"
                },
                "min_ttl": {
                    "type": "string", "format": "duration", "default": "5s", "title": "Minimum TTL",
                    "description": "The name is asked for anew when its time to live is over, and not before this, from 100ms to 1h; likewise after a failure"
                },
                "name": {
                    "type": "string", "minLength": 1, "maxLength": 100, "title": "Name",
                    "description": "What limits, budgets, metrics and operators call it, if it is not the host; routes with the same name share them"
                }
            }
        }))
    }

    fn phases(&self) -> Phases {
        Phases::REQUEST
    }

    fn provides(&self) -> &'static [&'static str] {
        &["target", "service"]
    }

    fn build(&self, settings: &Map<String, Value>, drivers: &Drivers) -> Result<Box<dyn Step>, String> {
        let own: Settings = super::read(settings)?;
        let question = question(own.name.clone().unwrap_or_else(|| own.host.clone()), own)?;
        let tools = &drivers.tools;
        let name: Arc<str> = question.name.as_str().into();
        let followed = self.names.follow(question, &tools.name_servers, &tools.metrics);
        let of = followed.clone();
        let checked = self.checks.of(settings, &name, Arc::new(move || of.instances()), tools)?;
        Ok(Box::new(Find { name, followed, checked, chooser: tools.chooser.clone() }))
    }
}

impl Step for Find {
    fn ready(&self) -> LocalBoxFuture<'_, ()> {
        Box::pin(async {
            self.followed.ready().await;
            health_check::ready(self.checked.as_deref()).await;
        })
    }

    fn unregistered(&self) -> Option<StepInstances<'_>> {
        let unwell = self.checked.as_ref().map(|checked| checked.unwell()).unwrap_or_default();
        Some(StepInstances { name: &self.name, instances: self.followed.instances(), unwell })
    }

    fn request<'a>(&'a self, exchange: &'a mut Exchange) -> Flow<'a> {
        let instances = health_check::well(self.checked.as_deref(), self.followed.instances());
        if instances.is_empty() {
            let error = Error::new(Kind::Unavailable, "service-down", format!("no address of {} is known", self.name));
            return Flow::fail(error.retry_after(1));
        }
        exchange.upstream = Some(Upstream { name: self.name.clone(), instances, chooser: self.chooser.clone() });
        Flow::pass()
    }
}

fn question(name: String, settings: Settings) -> Result<Question, String> {
    let Settings { host, record, port, scheme, min_ttl, .. } = settings;
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let is_label = |label: &str| {
        let is_plain = label.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
        (1..=63).contains(&label.len()) && is_plain
    };
    // Whoever can name the host of a request can reach what only the gateway can reach.
    if !host.split('.').all(is_label) || host.parse::<IpAddr>().is_ok() {
        return Err(format!("{host:?}: a host is a name of DNS, without variables"));
    }
    health_check::check_name(&name)?;
    let records = match (record, port) {
        (Record::Address, Some(port)) => Records::Addresses { port },
        (Record::Srv, None) => Records::Services,
        (Record::Address, None) => return Err("addresses need a port".into()),
        (Record::Srv, Some(_)) => return Err("SRV records say their own ports".into()),
    };
    let min_ttl = parse_duration(&min_ttl)?;
    if !(Duration::from_millis(100)..=Duration::from_secs(3600)).contains(&min_ttl) {
        return Err("min_ttl goes from 100ms to 1h".into());
    }
    Ok(Question { name, host, records, is_tls: scheme == "https", min_ttl })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::schema::validate;

    fn read(mut settings: Value) -> Result<Question, String> {
        assert_eq!(validate(&Dns::default().schema(), &mut settings), []);
        let settings: Settings = crate::plugins::read(settings.as_object().unwrap())?;
        question(settings.name.clone().unwrap_or_else(|| settings.host.clone()), settings)
    }

    #[test]
    fn a_name_is_asked_for_as_its_settings_say() {
        let plain = read(json!({"host": "Billing.Example.", "port": 8080})).unwrap();
        assert_eq!((plain.name.as_str(), plain.host.as_str(), plain.is_tls), ("Billing.Example.", "billing.example", false));
        assert_eq!((plain.records, plain.min_ttl), (Records::Addresses { port: 8080 }, Duration::from_secs(5)));
        let srv =
            read(json!({"host": "_http._tcp.billing.example", "record": "SRV", "scheme": "https", "name": "billing", "min_ttl": "1m"}));
        let srv = srv.unwrap();
        assert_eq!(
            (srv.name.as_str(), srv.records, srv.is_tls, srv.min_ttl),
            ("billing", Records::Services, true, Duration::from_secs(60))
        );
    }

    #[test]
    fn what_cannot_be_asked_for_is_refused_with_its_reason() {
        for (settings, reason) in [
            (json!({"host": "a b", "port": 80}), "a name of DNS"),
            (json!({"host": "a..b", "port": 80}), "a name of DNS"),
            (json!({"host": "${header.x}.example", "port": 80}), "a name of DNS"),
            (json!({"host": "10.0.0.1", "port": 80}), "a name of DNS"),
            (json!({"host": "a"}), "need a port"),
            (json!({"host": "a", "record": "SRV", "port": 80}), "their own ports"),
            (json!({"host": "a", "port": 80, "min_ttl": "10ms"}), "min_ttl goes from"),
            (json!({"host": "a", "port": 80, "name": "a/b"}), "an upstream's name"),
        ] {
            let refused = read(settings.clone()).err().unwrap_or_default();
            assert!(refused.contains(reason), "{settings}: {refused}");
        }
    }
}
