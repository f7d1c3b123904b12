//! One request, put together from all instances that had a part in it. Each keeps its own spans; nothing collects them until somebody asks.

mod recent;
mod span;
mod tree;

pub use {
    recent::{RecentTrace, TraceFilter, TraceList},
    span::{Link, Span},
    tree::{Placed, arrange},
};

use super::{Admin, peers::Question};
use crate::{NAME, upstream};
use fm_sdk::{Error, Kind, Result, registry::services::Instance, trace::TraceId};
use futures::{StreamExt, future::join, stream};
use http::StatusCode;
use serde::{Serialize, de::DeserializeOwned};
use std::{collections::BTreeSet, time::Duration};
use tokio::time::timeout;

/// How long one instance may take; one that is unreachable must not cost the others' answers.
const PATIENCE: Duration = Duration::from_secs(1);
/// How many instances are asked at once.
const AT_ONCE: usize = 32;
/// The most bytes that one instance may tell.
const MAX_ANSWER: usize = 4 << 20;
/// The most spans that are put together.
const MAX_SPANS: usize = 5_000;

/// A trace of the whole market.
#[derive(Clone, Debug, Serialize)]
pub struct Trace {
    pub trace_id: String,
    /// When its first span began, in microseconds since the Unix epoch.
    pub start_us: i64,
    /// From the beginning of the first span to the end of the last one.
    pub duration_us: u64,
    /// Each behind the one that caused it.
    pub spans: Vec<Placed>,
    /// Instances that gave no answer: what they know is missing.
    pub unreachable: Vec<Unreachable>,
    /// There are more spans than are shown.
    pub truncated: bool,
}

/// An instance that gave no answer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Unreachable {
    pub service: String,
    pub instance: String,
    pub why: String,
}

impl Admin {
    /// Asks all registered instances for a trace.
    ///
    /// # Errors
    /// `NotFound`, code `trace-unknown`, with the instances that gave no answer.
    pub async fn trace(&self, id: TraceId) -> Result<Trace> {
        let ((mut spans, mut unreachable), (of_gateways, silent)) = join(self.of_services(id), self.of_gateways(id)).await;
        spans.extend(of_gateways);
        unreachable.extend(silent);
        unreachable.sort();
        if spans.is_empty() {
            let missing: Vec<_> = unreachable.iter().map(|u| format!("{} ({})", u.instance, u.why)).collect();
            let without = if missing.is_empty() { String::new() } else { format!("; no answer from {}", missing.join(", ")) };
            return Err(Error::new(Kind::NotFound, "trace-unknown", format!("no instance keeps this trace{without}")));
        }
        let mut seen = BTreeSet::new();
        spans.retain(|span| seen.insert(span.span_id.clone()));
        let truncated = spans.len() > MAX_SPANS;
        spans.truncate(MAX_SPANS);
        let spans = arrange(spans);
        let start_us = spans.iter().map(|placed| placed.span.start_us).min().unwrap_or_default();
        let ends = spans.iter().map(|placed| placed.offset_us.saturating_add_unsigned(placed.span.duration_us)).max();
        let duration_us = ends.unwrap_or_default().unsigned_abs();
        Ok(Trace { trace_id: id.to_string(), start_us, duration_us, spans, unreachable, truncated })
    }

    /// The spans that this node keeps.
    pub fn own_spans(&self, id: TraceId) -> Vec<Span> {
        serde_json::from_str(&self.tracer.json(&self.tracer.trace(id))).unwrap_or_default()
    }

    async fn of_services(&self, id: TraceId) -> (Vec<Span>, Vec<Unreachable>) {
        let instances = self.services.all().list();
        let asked = instances.iter().filter(|instance| instance.service != NAME).map(|instance| async move {
            let answer = ask(instance, id).await;
            answer.map_err(|why| Unreachable { service: instance.service.clone(), instance: instance.id.clone(), why })
        });
        let (mut spans, mut unreachable) = (Vec::new(), Vec::new());
        let mut answers = stream::iter(asked).buffer_unordered(AT_ONCE);
        while let Some(answer) = answers.next().await {
            match answer {
                Ok(known) => spans.extend(known),
                Err(silent) => unreachable.push(silent),
            }
        }
        (spans, unreachable)
    }

    async fn of_gateways(&self, id: TraceId) -> (Vec<Span>, Vec<Unreachable>) {
        let mut spans = self.own_spans(id);
        let (others, unreachable) = self.ask_gateways::<Vec<Span>>(&Question::Trace { id: id.to_string() }).await;
        spans.extend(others.into_iter().flatten());
        (spans, unreachable)
    }

    /// The answers of the other gateways, and those that gave none.
    async fn ask_gateways<T: DeserializeOwned>(&self, question: &Question) -> (Vec<T>, Vec<Unreachable>) {
        let unreachable = |instance: String, why: &str| Unreachable { service: NAME.into(), instance, why: why.into() };
        match self.peers.ask::<T>(self, question).await {
            Ok(answers) => {
                (answers.of.into_values().collect(), answers.silent.into_iter().map(|node| unreachable(node, "no answer")).collect())
            }
            Err(e) => {
                let others = self.services.instances(NAME);
                let others = others.iter().filter(|node| node.id != self.instance);
                (Vec::new(), others.map(|node| unreachable(node.id.clone(), e.code())).collect())
            }
        }
    }
}

/// What one instance knows, or why it gave no answer.
async fn ask(instance: &Instance, id: TraceId) -> std::result::Result<Vec<Span>, String> {
    let authority = instance.url.strip_prefix("http://").ok_or("only http:// instances can be reached")?;
    let path = format!("/traces/{id}");
    let answer = timeout(PATIENCE, upstream::fetch(authority, &path, MAX_ANSWER)).await.map_err(|_| "no answer in time")?;
    let (status, body) = answer.map_err(|failure| failure.reason().to_owned())?;
    match status {
        StatusCode::OK => serde_json::from_slice(&body).map_err(|_| "an answer that cannot be read".into()),
        StatusCode::NOT_FOUND => Ok(Vec::new()),
        other => Err(format!("status {}", other.as_u16())),
    }
}
