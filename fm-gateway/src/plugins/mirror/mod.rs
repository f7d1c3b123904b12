//! Sends a copy of a share of the requests to another service: a new version that is to be tried with real requests, say. Nobody waits for it, and its
//! answers are dropped.

mod send;
mod settings;

use crate::{
    front::BodyCopy,
    pipeline::{Drivers, Exchange, Flow, Phases, Plugin, Step},
    upstream::{Length, chooser::weighted_in},
};
use fm_sdk::registry::services::Instances;
use futures::{FutureExt, future::LocalBoxFuture};
use rand::Rng;
use send::{Request, Sender};
use serde_json::{Map, Value};
use settings::Settings;
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

pub struct Mirror;

struct Copies {
    settings: Settings,
    instances: Instances,
    under_way: Arc<AtomicUsize>,
    drivers: Drivers,
}

/// A place among the copies that are under way.
struct Place(Arc<AtomicUsize>);

impl Plugin for Mirror {
    fn name(&self) -> &'static str {
        "mirror"
    }

    fn about(&self) -> &'static str {
        "Sends a copy of a share of the requests to another service"
    }

    fn schema(&self) -> Value {
        settings::schema()
    }

    fn phases(&self) -> Phases {
        Phases::REQUEST
    }

    fn requires(&self) -> &'static [&'static str] {
        &["registry"]
    }

    fn build(&self, settings: &Map<String, Value>, drivers: &Drivers) -> Result<Box<dyn Step>, String> {
        let settings = Settings::read(settings)?;
        let instances = drivers.tools.services.watch(&settings.service);
        Ok(Box::new(Copies { settings, instances, under_way: Arc::default(), drivers: drivers.clone() }))
    }
}

impl Step for Copies {
    fn ready(&self) -> LocalBoxFuture<'_, ()> {
        Box::pin(self.instances.ready(Duration::MAX).map(drop))
    }

    fn request<'a>(&'a self, exchange: &'a mut Exchange) -> Flow<'a> {
        if rand::rng().random_range(0..settings::WHOLE) < self.settings.share
            && let Err(why) = self.copy(exchange)
        {
            self.count(exchange, why);
        }
        Flow::pass()
    }
}

impl Copies {
    fn count(&self, exchange: &Exchange, outcome: &'static str) {
        self.drivers.tools.metrics.mirrored(&exchange.route.id, outcome);
    }

    /// Sends a copy as soon as all of the request is here. What is not sent is told by the name under which it is counted.
    fn copy(&self, exchange: &mut Exchange) -> Result<(), &'static str> {
        if matches!(exchange.length, Length::Known(length) if length > self.settings.max_body as u64) {
            return Err("too-large");
        }
        let place = Place::take(&self.under_way, self.settings.at_once).ok_or("busy")?;
        let request = Request::of(exchange, self.settings.keeps_identity).ok_or("unsendable")?;
        let instances = weighted_in(self.drivers.tools.drains.available(self.instances.list()));
        let sender = Sender {
            instances,
            chooser: self.drivers.tools.chooser.clone(),
            pool: exchange.worker.pool.clone(),
            timeout: self.settings.timeout,
        };
        let (metrics, route) = (self.drivers.tools.metrics.clone(), exchange.route.clone());
        let expected = match exchange.length {
            Length::Known(length) => Some(length),
            Length::None => Some(0),
            Length::Chunked => None,
        };
        let send = move |body| {
            tokio::task::spawn_local(async move {
                let outcome = match body {
                    Some(body) => sender.send(request, body).await,
                    None => "incomplete",
                };
                metrics.mirrored(&route.id, outcome);
                drop(place);
            });
        };
        match &mut exchange.body {
            Some(body) if expected != Some(0) => body.copy_to(BodyCopy::new(expected, self.settings.max_body, send)),
            _ => send(Some(bytes::Bytes::new())),
        }
        Ok(())
    }
}

impl Place {
    fn take(under_way: &Arc<AtomicUsize>, limit: usize) -> Option<Place> {
        let enters = |count| (count < limit).then_some(count + 1);
        under_way.fetch_update(Ordering::Relaxed, Ordering::Relaxed, enters).ok().map(|_| Place(under_way.clone()))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
