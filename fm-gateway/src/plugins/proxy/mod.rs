//! Sends the request on to an instance of a service and hands its answer back, both as streams.

mod attempt;
mod hedge;
mod operations;
mod outgoing;
mod settings;
mod websocket;

use crate::{
    pipeline::{Drivers, Exchange, Flow, Phases, Plugin, Step, Upstream},
    upstream::{Chooser, Limit},
};
use fm_sdk::registry::services::Instance;
use serde_json::{Map, Value};
use settings::{Settings, Target};
use std::sync::{Arc, OnceLock};

pub struct Proxy;

/// A configured proxy.
pub struct Forward {
    settings: Settings,
    /// The upstream of a fixed target.
    fixed: Option<(Upstream, Limit)>,
    /// That of the service which discovery finds.
    limit: OnceLock<(Arc<str>, Limit)>,
    drivers: Drivers,
}

impl Plugin for Proxy {
    fn name(&self) -> &'static str {
        "proxy"
    }

    fn about(&self) -> &'static str {
        "Sends the request on to an instance of a service"
    }

    fn schema(&self) -> Value {
        settings::schema()
    }

    fn phases(&self) -> Phases {
        Phases::REQUEST
    }

    fn answers(&self) -> bool {
        true
    }

    fn build(&self, settings: &Map<String, Value>, drivers: &Drivers) -> Result<Box<dyn Step>, String> {
        let settings = Settings::read(settings)?;
        let fixed = match &settings.target {
            Target::Discovered => None,
            Target::Fixed(url) => {
                let upstream = alone(url, drivers.tools.chooser.clone());
                let limit = drivers.tools.limits.of(url, settings.at_once);
                Some((upstream, limit))
            }
        };
        Ok(Box::new(Forward { settings, fixed, limit: OnceLock::new(), drivers: drivers.clone() }))
    }
}

impl Step for Forward {
    fn request<'a>(&'a self, exchange: &'a mut Exchange) -> Flow<'a> {
        Flow::Later(Box::pin(self.forward(exchange)))
    }
}

/// A fixed address, as a service with one instance.
fn alone(url: &str, chooser: Chooser) -> Upstream {
    Upstream { name: url.into(), instances: Arc::new([Instance::new(url.replace('/', "_"), "fixed", url)]), chooser }
}
