//! Finds the running instances of a service. The registry is watched; a request only looks at what is known.

use super::service::ServiceName;
use crate::{
    drain::Drains,
    pipeline::{Drivers, Exchange, Flow, Phases, Plugin, Step, Upstream},
    upstream::{Chooser, chooser::weighted_in},
};
use fm_sdk::{Error, Kind, registry::services::Instances};
use futures::{FutureExt, future::LocalBoxFuture};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::{sync::Arc, time::Duration};

pub struct Discovery;

#[derive(Deserialize)]
struct Settings {
    service: ServiceName,
}

struct Find {
    name: Arc<str>,
    instances: Instances,
    chooser: Chooser,
    drains: Drains,
}

impl Plugin for Discovery {
    fn name(&self) -> &'static str {
        "discovery"
    }

    fn about(&self) -> &'static str {
        "Finds the running instances of a service"
    }

    fn schema(&self) -> Value {
        json!({
            "type": "object",
            "additionalProperties": false,
            "required": ["service"],
            "properties": {
                "service": ServiceName::schema("The name under which its instances register", "fm-cars")
            }
        })
    }

    fn phases(&self) -> Phases {
        Phases::REQUEST
    }

    fn requires(&self) -> &'static [&'static str] {
        &["registry"]
    }

    fn provides(&self) -> &'static [&'static str] {
        &["target", "service"]
    }

    fn build(&self, settings: &Map<String, Value>, drivers: &Drivers) -> Result<Box<dyn Step>, String> {
        let Settings { service } = super::read(settings)?;
        let instances = drivers.tools.services.watch(&service);
        Ok(Box::new(Find {
            name: service.shared(),
            instances,
            chooser: drivers.tools.chooser.clone(),
            drains: drivers.tools.drains.clone(),
        }))
    }
}

impl Step for Find {
    fn ready(&self) -> LocalBoxFuture<'_, ()> {
        Box::pin(self.instances.ready(Duration::MAX).map(drop))
    }

    fn request<'a>(&'a self, exchange: &'a mut Exchange) -> Flow<'a> {
        let instances = self.instances.list();
        if instances.is_empty() {
            let error = Error::new(Kind::Unavailable, "service-down", format!("no instance of {} is up", self.name));
            return Flow::fail(error.retry_after(1));
        }
        let instances = weighted_in(self.drains.available(instances));
        if instances.is_empty() {
            let error = Error::new(Kind::Unavailable, "service-drained", format!("all instances of {} are drained", self.name));
            return Flow::fail(error.retry_after(1));
        }
        exchange.upstream = Some(Upstream { name: self.name.clone(), instances, chooser: self.chooser.clone() });
        Flow::pass()
    }
}
