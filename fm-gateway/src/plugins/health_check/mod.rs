//! Health checks of upstreams that do not register: a task asks each instance again and again, and requests leave out those that are not well.

mod rounds;

use crate::{
    front::GatewayMetrics,
    pipeline::Tools,
    upstream::{Connector, probe},
};
use arc_swap::ArcSwap;
use fm_sdk::{config::parse_duration, registry::services::Instance};
use futures::future::join_all;
use http::uri::PathAndQuery;
use rounds::Rounds;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, OnceLock, PoisonError, Weak},
    time::Duration,
};
use tokio::{sync::watch, task::AbortHandle};

/// How long an instance may take for its answer.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Adds the settings of health checks to the schema of a plugin.
pub fn schema(mut of_plugin: Value) -> Value {
    if let Some(properties) = of_plugin["properties"].as_object_mut() {
        let path = json!({
            "type": "string", "minLength": 1, "maxLength": 300, "title": "Health check",
            "description": "A path that each address is asked for; one that does not answer with 2xx twice in a row gets no requests until it does. Not set: only what becomes of requests counts",
            "examples": ["/health/ready"]
        });
        let interval = json!({
            "type": "string", "format": "duration", "default": "5s", "title": "Between health checks", "description": "From 100ms to 10m"
        });
        properties.extend([("health_path".to_owned(), path), ("health_interval".to_owned(), interval)]);
    }
    of_plugin
}

/// Checks the name of an upstream that does not register.
///
/// # Errors
/// A sentence that says what is wrong.
pub fn check_name(name: &str) -> Result<(), String> {
    if name.contains(['/', '$']) { Err("an upstream's name has no / and no variables".into()) } else { Ok(()) }
}

#[derive(Deserialize)]
struct Settings {
    health_path: Option<String>,
    health_interval: String,
}

/// What is asked, and how often.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HealthCheck {
    path: PathAndQuery,
    interval: Duration,
}

impl HealthCheck {
    /// Reads what is set; `None` if there are no checks.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    fn read(path: Option<&str>, interval: &str) -> Result<Option<HealthCheck>, String> {
        let interval = parse_duration(interval)?;
        if !(Duration::from_millis(100)..=Duration::from_secs(600)).contains(&interval) {
            return Err("health_interval goes from 100ms to 10m".into());
        }
        let Some(text) = path else { return Ok(None) };
        match text.parse::<PathAndQuery>() {
            Ok(path) if text.starts_with('/') && text.is_ascii() && !text.contains(['$', '#']) => Ok(Some(HealthCheck { path, interval })),
            _ => Err(format!("{text:?}: a health check asks for a path that begins with / and has no variables")),
        }
    }
}

/// Which instances are asked: those of an upstream, and its settings, so that other settings begin anew.
type Key = (String, String, HealthCheck);
/// Gives the instances that there are just now.
type List = Arc<dyn Fn() -> Arc<[Instance]> + Send + Sync>;

/// All upstreams whose instances are checked.
#[derive(Default)]
pub struct HealthChecks(Mutex<HashMap<Key, Weak<Checked>>>);

impl HealthChecks {
    /// Checks the instances of a list, if the settings of a plugin ask for it; whoever has the same settings shares what is known.
    /// Nothing is asked before somebody waits for it.
    ///
    /// # Errors
    /// A sentence that says what is wrong with the settings.
    pub fn of(&self, settings: &Map<String, Value>, name: &str, list: List, tools: &Tools) -> Result<Option<Arc<Checked>>, String> {
        let Settings { health_path, health_interval } = super::read(settings)?;
        let Some(check) = HealthCheck::read(health_path.as_deref(), &health_interval)? else { return Ok(None) };
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, checked| checked.strong_count() > 0);
        let key = (name.to_owned(), Value::from(settings.clone()).to_string(), check.clone());
        if let Some(checked) = all.get(&key).and_then(Weak::upgrade) {
            return Ok(Some(checked));
        }
        let (connector, metrics) = (tools.connector.clone(), tools.metrics.clone());
        let checks = Checks { name: name.into(), check, list, connector, metrics };
        let checked = Arc::new(Checked { checks, unwell: watch::Sender::new(None), chosen: ArcSwap::default(), task: OnceLock::new() });
        all.insert(key, Arc::downgrade(&checked));
        Ok(Some(checked))
    }
}

#[derive(Clone)]
struct Checks {
    name: Arc<str>,
    check: HealthCheck,
    list: List,
    connector: Connector,
    metrics: GatewayMetrics,
}

/// The ids of those that are not well.
type Unwell = Arc<BTreeSet<String>>;

/// An upstream whose instances are checked.
pub struct Checked {
    checks: Checks,
    /// None: nobody was asked yet.
    unwell: watch::Sender<Option<Unwell>>,
    chosen: ArcSwap<Chosen>,
    task: OnceLock<AbortHandle>,
}

/// What was chosen last, and of what.
#[derive(Default)]
struct Chosen {
    of: Arc<[Instance]>,
    without: Unwell,
    rest: Arc<[Instance]>,
}

impl Checked {
    /// Resolves when all were asked once.
    pub async fn ready(&self) {
        self.task.get_or_init(|| tokio::task::spawn_local(run(self.checks.clone(), self.unwell.clone())).abort_handle());
        // This one holds a sender.
        let _ = self.unwell.subscribe().wait_for(Option::is_some).await;
    }

    /// The ids of those that get no requests.
    pub fn unwell(&self) -> Unwell {
        self.unwell.borrow().clone().unwrap_or_default()
    }

    /// Those that are well; all of them, if none is: an attempt is worth more than a certain refusal.
    pub fn well(&self, instances: Arc<[Instance]>) -> Arc<[Instance]> {
        let unwell = self.unwell();
        if unwell.is_empty() {
            return instances;
        }
        let chosen = self.chosen.load();
        if Arc::ptr_eq(&chosen.of, &instances) && Arc::ptr_eq(&chosen.without, &unwell) {
            return chosen.rest.clone();
        }
        let rest: Arc<[Instance]> = instances.iter().filter(|one| !unwell.contains(&one.id)).cloned().collect();
        let rest = if rest.is_empty() { instances.clone() } else { rest };
        self.chosen.store(Arc::new(Chosen { of: instances, without: unwell, rest: rest.clone() }));
        rest
    }
}

/// Resolves when all were asked once, if they are checked.
pub async fn ready(checked: Option<&Checked>) {
    if let Some(checked) = checked {
        checked.ready().await;
    }
}

/// Those that are well, as far as they are checked.
pub fn well(checked: Option<&Checked>, instances: Arc<[Instance]>) -> Arc<[Instance]> {
    match checked {
        Some(checked) => checked.well(instances),
        None => instances,
    }
}

impl Drop for Checked {
    fn drop(&mut self) {
        if let Some(task) = self.task.get() {
            task.abort();
        }
    }
}

async fn run(checks: Checks, unwell: watch::Sender<Option<Unwell>>) {
    let Checks { name, check, list, connector, metrics } = checks;
    let mut rounds = Rounds::default();
    loop {
        let instances = list();
        let (connector, path) = (&connector, &check.path);
        let asked = instances.iter().map(|one| async move {
            match probe(connector, one, path, TIMEOUT).await {
                Ok(status) if status.is_success() => Ok(()),
                Ok(status) => Err(format!("it answers {}", status.as_u16())),
                Err(failure) => Err(failure.to_string()),
            }
        });
        let answers = join_all(asked).await;
        for answer in &answers {
            metrics.health_checked(&name, if answer.is_ok() { "passed" } else { "failed" });
        }
        let (now, changes) = rounds.note(instances.iter().map(|one| one.id.as_str()).zip(answers));
        for (id, why) in changes {
            match why {
                Some(why) => log::warn!(upstream = &*name, upstream_instance = id.as_str(); "health-check: not well, no requests: {why}"),
                None => log::info!(upstream = &*name, upstream_instance = id.as_str(); "health-check: well again"),
            }
        }
        unwell.send_if_modified(|known| {
            let differs = known.as_deref() != Some(&now);
            if differs {
                *known = Some(Arc::new(now));
            }
            differs
        });
        tokio::time::sleep(check.interval).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_asked_for_is_refused() {
        assert_eq!(HealthCheck::read(None, "5s"), Ok(None));
        let check = HealthCheck::read(Some("/health/ready?full"), "1s").unwrap().unwrap();
        assert_eq!((check.path.as_str(), check.interval), ("/health/ready?full", Duration::from_secs(1)));
        for path in ["", "health", "http://a:1/", "/${header.x}", "/a b", "/a#b", "/\u{e4}"] {
            assert!(HealthCheck::read(Some(path), "5s").is_err(), "{path}");
        }
        assert!(HealthCheck::read(None, "10ms").is_err() && HealthCheck::read(None, "1h").is_err());
    }
}
