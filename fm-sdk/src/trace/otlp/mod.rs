//! Sends kept spans to an OpenTelemetry collector: OTLP over HTTP, in its JSON encoding (<https://opentelemetry.io/docs/specs/otlp/>).
//! Nobody waits for the collector: what it does not take in time is dropped and counted.

mod encode;

use super::{SpanRecord, metrics::TraceMetrics};
use crate::connector;
use actix_web::http::header;
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::{Instant, sleep, timeout, timeout_at},
};

/// The most spans that wait; about 4 MiB.
const MAX_QUEUED: usize = 8192;
/// Spans of one request, and how long the first of them waits for others.
const BATCH: usize = 512;
const LINGER: Duration = Duration::from_secs(1);
/// How long the collector may take for one.
const EXPORT_TIMEOUT: Duration = Duration::from_secs(5);
/// The wait after a failure, doubled with each further one.
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// Takes spans; never waits.
pub(super) struct Exporter {
    sender: UnboundedSender<Vec<SpanRecord>>,
    queued: Arc<AtomicUsize>,
    metrics: TraceMetrics,
}

/// The other end: sends them.
pub(super) struct Sending {
    receiver: UnboundedReceiver<Vec<SpanRecord>>,
    queued: Arc<AtomicUsize>,
    metrics: TraceMetrics,
}

pub(super) fn queue(metrics: TraceMetrics) -> (Exporter, Sending) {
    let ((sender, receiver), queued) = (unbounded_channel(), Arc::<AtomicUsize>::default());
    (Exporter { sender, queued: queued.clone(), metrics: metrics.clone() }, Sending { receiver, queued, metrics })
}

impl Exporter {
    pub(super) fn push(&self, spans: &[SpanRecord]) {
        let n = spans.len();
        if self.queued.fetch_add(n, Relaxed) + n > MAX_QUEUED || self.sender.send(spans.to_vec()).is_err() {
            self.queued.fetch_sub(n, Relaxed);
            self.metrics.not_exported.inc_by(n as u64);
        }
    }
}

impl Sending {
    /// Sends until it is dropped.
    pub(super) async fn run(mut self, collector: &str, service: &str, instance: &str) {
        let url = format!("{}/v1/traces", collector.trim_end_matches('/'));
        let mut wait = FIRST_WAIT;
        while let Some(batch) = self.next().await {
            let count = batch.len() as u64;
            match timeout(EXPORT_TIMEOUT, send(&url, encode::request(service, instance, &batch)))
                .await
                .unwrap_or(Err("no answer in time".into()))
            {
                Ok(()) => {
                    if wait > FIRST_WAIT {
                        log::info!("traces: exporting spans to the collector again");
                    }
                    wait = FIRST_WAIT;
                    self.metrics.exported.inc_by(count);
                }
                Err(why) => {
                    self.metrics.not_exported.inc_by(count);
                    if wait == FIRST_WAIT {
                        log::warn!("traces: exporting spans to the collector failed ({why}), dropping them until it accepts them");
                    }
                    sleep(wait).await;
                    wait = (wait * 2).min(LONGEST_WAIT);
                }
            }
        }
    }

    async fn next(&mut self) -> Option<Vec<SpanRecord>> {
        let mut batch = self.receiver.recv().await?;
        let until = Instant::now() + LINGER;
        while batch.len() < BATCH
            && let Ok(Some(more)) = timeout_at(until, self.receiver.recv()).await
        {
            batch.extend(more);
        }
        self.queued.fetch_sub(batch.len(), Relaxed);
        Some(batch)
    }
}

async fn send(url: &str, body: String) -> Result<(), String> {
    let request = connector::pooled().post(url).insert_header((header::CONTENT_TYPE, "application/json"));
    let response = request.send_body(body).await.map_err(|e| e.to_string())?;
    // What else it says is not read: a partial success has no consequence here.
    if response.status().is_success() { Ok(()) } else { Err(format!("status {}", response.status().as_u16())) }
}
