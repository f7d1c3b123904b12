//! Names addresses that are no instances of the registry, and their shares of the requests.

use super::health_check::{self, Checked, HealthChecks};
use crate::{
    pipeline::{Drivers, Exchange, Flow, Phases, Plugin, Step, StepInstances, Upstream},
    upstream::{
        Chooser, Protocol,
        chooser::{WEIGHT, ZONE},
        endpoint::{PROTOCOL, is_endpoint},
    },
};
use fm_sdk::registry::services::Instance;
use futures::future::LocalBoxFuture;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::{collections::BTreeSet, sync::Arc};

/// Health checks are shared by all routes and tables that name the same addresses.
#[derive(Default)]
pub struct Addresses(HealthChecks);

#[derive(Deserialize)]
struct Settings {
    name: String,
    addresses: Vec<Address>,
}

#[derive(Deserialize)]
struct Address {
    url: String,
    weight: u32,
    zone: Option<String>,
    protocol: Protocol,
}

struct Named {
    name: Arc<str>,
    instances: Arc<[Instance]>,
    checked: Option<Arc<Checked>>,
    chooser: Chooser,
}

impl Plugin for Addresses {
    fn name(&self) -> &'static str {
        "upstream"
    }

    fn about(&self) -> &'static str {
        "Names addresses of an upstream that is not in the registry"
    }

    fn schema(&self) -> Value {
        health_check::schema(json!({
            "type": "object",
            "additionalProperties": false,
            "required": ["name", "addresses"],
            "properties": {
                "name": {
                    "type": "string", "minLength": 1, "maxLength": 100, "title": "Name",
                    "description": "What limits, budgets, metrics and operators call it; routes with the same name share them", "examples": ["billing"]
                },
                "addresses": {
                    "type": "array", "minItems": 1, "maxItems": 100, "title": "Addresses",
                    "description": "A url, http://host:port or https://host:port, for each; perhaps its weight beside the others (1; 0: it gets nothing), its zone, and its protocol (auto, http1 or h2, as of proxy)",
                    "examples": [[{"url": "https://10.0.0.7:8443", "weight": 3}, {"url": "https://10.0.0.8:8443"}]],
                    "items": {
                        "type": "object",
                        "additionalProperties": false,
                        "required": ["url"],
                        "properties": {
                            "url": {"type": "string", "minLength": 1, "maxLength": 300},
                            "weight": {"type": "integer", "minimum": 0, "maximum": 1000, "default": 1},
                            "zone": {"type": "string", "minLength": 1, "maxLength": 100},
                            "protocol": {"type": "string", "enum": ["auto", "http1", "h2"], "default": "auto"}
                        }
                    }
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
        let Settings { name, addresses } = super::read(settings)?;
        let (instances, tools) = (instances(&name, &addresses)?, &drivers.tools);
        let of = instances.clone();
        let checked = self.0.of(settings, &name, Arc::new(move || of.clone()), tools)?;
        Ok(Box::new(Named { name: name.into(), instances, checked, chooser: tools.chooser.clone() }))
    }
}

impl Step for Named {
    fn ready(&self) -> LocalBoxFuture<'_, ()> {
        Box::pin(health_check::ready(self.checked.as_deref()))
    }

    fn unregistered(&self) -> Option<StepInstances<'_>> {
        let unwell = self.checked.as_ref().map(|checked| checked.unwell()).unwrap_or_default();
        Some(StepInstances { name: &self.name, instances: self.instances.clone(), unwell })
    }

    fn request<'a>(&'a self, exchange: &'a mut Exchange) -> Flow<'a> {
        let instances = health_check::well(self.checked.as_deref(), self.instances.clone());
        let (name, chooser) = (self.name.clone(), self.chooser.clone());
        exchange.upstream = Some(Upstream { name, instances, chooser });
        Flow::pass()
    }
}

/// The addresses as instances, without those that get nothing.
fn instances(name: &str, addresses: &[Address]) -> Result<Arc<[Instance]>, String> {
    health_check::check_name(name)?;
    let mut seen = BTreeSet::new();
    for Address { url, .. } in addresses {
        // Whoever can name the address of a request can reach what only the gateway can reach.
        if !is_endpoint(url) {
            return Err(format!("{url:?}: an address is http://host:port or https://host:port, without variables"));
        }
        if !seen.insert(id(url).to_ascii_lowercase()) {
            return Err(format!("{url:?}: the address stands there twice"));
        }
    }
    if addresses.iter().all(|address| address.weight == 0) {
        return Err("every weight is 0, so that no address gets a request".into());
    }
    Ok(addresses.iter().filter(|address| address.weight > 0).map(|address| instance(name, address)).collect())
}

/// An address as an instance: the same one in each table that names it, so that what is known of it outlives them.
fn instance(name: &str, Address { url, weight, zone, protocol }: &Address) -> Instance {
    let mut instance = Instance { started: 0, ..Instance::new(name, id(url), url) };
    let says = [(WEIGHT, Some(weight.to_string())), (ZONE, zone.clone()), (PROTOCOL, protocol.name().map(str::to_owned))];
    instance.metadata.extend(says.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
    instance
}

/// Host and port.
fn id(url: &str) -> &str {
    url.split_once("://").map_or(url, |(_, authority)| authority)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::schema::validate;

    fn read(addresses: Value) -> Result<Arc<[Instance]>, String> {
        let mut settings = json!({"name": "billing", "addresses": addresses});
        assert_eq!(validate(&Addresses::default().schema(), &mut settings), []);
        let Settings { name, addresses } = crate::plugins::read(settings.as_object().unwrap())?;
        instances(&name, &addresses)
    }

    #[test]
    fn each_address_is_an_instance_with_what_is_said_of_it() {
        let said =
            json!([{"url": "http://a:1"}, {"url": "https://[::1]:2", "weight": 3, "zone": "north"}, {"url": "http://c:3", "weight": 0}]);
        let read_twice = [read(said.clone()).unwrap(), read(said).unwrap()];
        assert_eq!(read_twice[0], read_twice[1], "nothing of it differs from table to table");
        let of = |one: &Instance| (one.id.clone(), one.url.clone(), one.metadata.get(WEIGHT).cloned(), one.metadata.get(ZONE).cloned());
        let expected = [("a:1", "http://a:1", "1", None), ("[::1]:2", "https://[::1]:2", "3", Some("north"))];
        let expected = expected.map(|(id, url, weight, zone)| (id.into(), url.into(), Some(weight.into()), zone.map(str::to_owned)));
        assert_eq!(read_twice[0].iter().map(of).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn what_leads_nowhere_or_twice_to_the_same_place_is_refused_with_its_reason() {
        for (addresses, reason) in [
            (json!([{"url": "ftp://a:1"}]), "an address is"),
            (json!([{"url": "http://a"}]), "an address is"),
            (json!([{"url": "http://a:1/x"}]), "an address is"),
            (json!([{"url": "http://${header.x}:1"}]), "an address is"),
            (json!([{"url": "http://a:1"}, {"url": "http://b:1"}, {"url": "https://A:1"}]), "twice"),
            (json!([{"url": "http://a:1", "weight": 0}, {"url": "http://b:1", "weight": 0}]), "every weight is 0"),
        ] {
            let refused = read(addresses.clone()).unwrap_err();
            assert!(refused.contains(reason), "{addresses}: {refused}");
        }
    }
}
