//! Sends nobody on for a while when too many calls fail or are slow. Each gateway judges by its own calls; a change of the table forgets nothing.

mod breaker;

use crate::pipeline::{Answer, Drivers, Exchange, Flow, Phases, Plugin, Step};
use breaker::{Breaker, CallOutcome, Limits, Ticket};
use fm_sdk::{Error, Kind, config::parse_duration};
use hashlink::LruCache;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::{
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::{Duration, Instant},
};

/// Circuits that are kept for the next table; those of routes that are asked.
const MAX_CIRCUITS: usize = 16_384;
const MAX_TIME: Duration = Duration::from_secs(3600);

pub struct CircuitBreaker(Arc<Circuits>);

type Circuits = Mutex<LruCache<Key, Circuit>>;
type Circuit = Arc<Mutex<Breaker>>;

/// Route and place in its pipeline. With other limits a circuit begins anew.
type Key = (String, usize, Limits);

#[derive(Deserialize)]
struct Settings {
    window: usize,
    min_calls: usize,
    failure_percent: usize,
    slow: Option<String>,
    open_for: String,
    probes: usize,
}

struct Guard {
    limits: Limits,
    slow: Option<Duration>,
    circuits: Arc<Circuits>,
    circuit: OnceLock<Circuit>,
    drivers: Drivers,
}

/// A call that the breaker let through. One that is dropped without an outcome was cancelled by its client.
struct Call {
    circuit: Circuit,
    ticket: Option<Ticket>,
    started: Instant,
}

impl Default for CircuitBreaker {
    fn default() -> Self {
        CircuitBreaker(Arc::new(Mutex::new(LruCache::new(MAX_CIRCUITS))))
    }
}

impl Plugin for CircuitBreaker {
    fn name(&self) -> &'static str {
        "circuit-breaker"
    }

    fn about(&self) -> &'static str {
        "Refuses requests for a while when too many fail or are slow"
    }

    fn schema(&self) -> Value {
        json!({
            "type": "object",
            "additionalProperties": false,
            "properties": {
                "window": {
                    "type": "integer", "minimum": 1, "maximum": 10_000, "default": 100, "title": "Window", "description": "The last so many requests count"
                },
                "min_calls": {
                    "type": "integer", "minimum": 1, "maximum": 10_000, "default": 20, "title": "Minimum requests", "description": "Fewer of them say nothing"
                },
                "failure_percent": {
                    "type": "integer", "minimum": 1, "maximum": 100, "default": 50, "title": "Failures in percent",
                    "description": "The circuit opens when so many were answered 5xx or slowly"
                },
                "slow": {
                    "type": "string", "minLength": 1, "title": "Slow after",
                    "description": "An answer whose head comes later counts as a failure; none is slow if it is not said", "examples": ["2s"]
                },
                "open_for": {
                    "type": "string", "default": "10s", "title": "Open for", "description": "How long requests are refused before some try it out; 1h at most"
                },
                "probes": {
                    "type": "integer", "minimum": 1, "maximum": 1000, "default": 3, "title": "Probes",
                    "description": "So many requests try it out; when all are well the circuit closes, when one is not it opens again"
                }
            }
        })
    }

    fn phases(&self) -> Phases {
        Phases { request: true, response: true, ..Phases::default() }
    }

    fn build(&self, settings: &Map<String, Value>, drivers: &Drivers) -> Result<Box<dyn Step>, String> {
        let Settings { window, min_calls, failure_percent, slow, open_for, probes } = super::read(settings)?;
        if min_calls > window {
            return Err("min_calls is not larger than window".into());
        }
        let time = |name: &str, text: &str| match parse_duration(text)? {
            time if !time.is_zero() && time <= MAX_TIME => Ok(time),
            _ => Err(format!("{name} is longer than 0s, and 1h at most")),
        };
        let (slow, open_for) = (slow.map(|text| time("slow", &text)).transpose()?, time("open_for", &open_for)?);
        let limits = Limits { window, min_calls, failure_percent, open_for, probes };
        Ok(Box::new(Guard { limits, slow, circuits: self.0.clone(), circuit: OnceLock::new(), drivers: drivers.clone() }))
    }
}

impl Step for Guard {
    fn request<'a>(&'a self, exchange: &'a mut Exchange) -> Flow<'a> {
        let (circuit, started) = (self.circuit(exchange), Instant::now());
        let admitted = lock(circuit).admit(started);
        match admitted {
            Ok(ticket) => {
                exchange.keep(Call { circuit: circuit.clone(), ticket: Some(ticket), started });
                Flow::pass()
            }
            Err(wait) => {
                self.drivers.tools.metrics.shed(&exchange.route.id, "circuit-breaker");
                let error = Error::new(Kind::Unavailable, "circuit-open", "too many requests have failed here; ask again later");
                Flow::fail(error.retry_after(seconds(wait)))
            }
        }
    }

    fn response(&self, exchange: &mut Exchange, answer: &mut Answer) {
        if let Some(call) = exchange.kept::<Call>() {
            let is_slow = self.slow.is_some_and(|slow| call.started.elapsed() >= slow);
            call.end(if answer.status.is_server_error() || is_slow { CallOutcome::Failed } else { CallOutcome::Well });
        }
    }
}

impl Guard {
    fn circuit(&self, exchange: &Exchange) -> &Circuit {
        self.circuit.get_or_init(|| {
            let key = (exchange.route.id.clone(), exchange.step, self.limits);
            let mut circuits = self.circuits.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(circuit) = circuits.get(&key) {
                return circuit.clone();
            }
            let circuit = Arc::new(Mutex::new(Breaker::new(self.limits)));
            circuits.insert(key, circuit.clone());
            circuit
        })
    }
}

impl Call {
    fn end(&mut self, outcome: CallOutcome) {
        if let Some(ticket) = self.ticket.take() {
            lock(&self.circuit).note(ticket, outcome, Instant::now());
        }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.end(CallOutcome::Unknown);
    }
}

fn lock(circuit: &Circuit) -> MutexGuard<'_, Breaker> {
    circuit.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whole seconds, rounded up, and one at least.
fn seconds(time: Duration) -> u64 {
    (time.as_secs() + u64::from(time.subsec_nanos() > 0)).max(1)
}
