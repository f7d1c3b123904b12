//! Spans on their way to an OpenTelemetry collector, and collectors that are unreachable, slow or out of their mind.

use fm_sdk::{
    metrics::Metrics,
    testing::eventually,
    trace::{SpanKind, TraceParent, TraceSettings, Tracer, key},
};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

/// Longer than anything here takes.
const TIMEOUT: Duration = Duration::from_secs(30);

struct Exporting {
    tracer: Tracer,
    metrics: Metrics,
    task: actix_rt::task::JoinHandle<()>,
}

impl Exporting {
    fn to(collector: &str) -> Exporting {
        let (tracer, metrics) = (Tracer::new("fm-x", "x-1", TraceSettings::default()), Metrics::default());
        tracer.register(&metrics);
        let (exporter, collector) = (tracer.clone(), collector.to_owned());
        let task = actix_rt::spawn(async move { exporter.export_to(&collector).await });
        Exporting { tracer, metrics, task }
    }
    fn count(&self, name: &str) -> u64 {
        let text = self.metrics.text();
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok());
        value.unwrap_or_else(|| panic!("{name} is not in\n{text}"))
    }
    /// Makes spans until one is counted under this name.
    async fn until_counted(&self, name: &str) {
        eventually(name, TIMEOUT, async || {
            self.tracer.begin(SpanKind::Server, "GET", "/", None).end();
            self.count(name) > 0
        })
        .await;
    }
}
impl Drop for Exporting {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn collector(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(answer).mount(&server).await;
    server
}

#[actix_rt::test]
async fn spans_reach_the_collector_as_they_were() {
    let server = collector(ResponseTemplate::new(200).set_body_json(json!({}))).await;
    let exporting = Exporting::to(&format!("{}/", server.uri()));
    // Until its task has begun nothing is exported.
    exporting.until_counted("trace_spans_exported_total").await;
    let parent: TraceParent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".parse().unwrap();
    let mut span = exporting.tracer.begin(SpanKind::Consumer, "process", "car.listed", Some(parent));
    span.set(key::MESSAGING_ATTEMPT, 2_u32);
    span.set(key::CANCELLED, true);
    span.link(parent);
    span.fail("later");
    span.end();
    let sent = async || {
        let requests = server.received_requests().await.unwrap();
        let all: Vec<Value> = requests
            .iter()
            .map(|request| {
                assert_eq!((request.url.path(), request.headers["content-type"].to_str().unwrap()), ("/v1/traces", "application/json"));
                serde_json::from_slice(&request.body).unwrap()
            })
            .collect();
        all.into_iter()
            .map(|body| body["resourceSpans"][0].clone())
            .find(|spans| spans.to_string().contains("4bf92f3577b34da6a3ce929d0e0e4736"))
    };
    eventually("it is sent", TIMEOUT, async || sent().await.is_some()).await;
    let sent = sent().await.unwrap();
    assert_eq!(sent["resource"]["attributes"][0], json!({"key": "service.name", "value": {"stringValue": "fm-x"}}));
    let spans = sent["scopeSpans"][0]["spans"].as_array().unwrap();
    let span = spans.iter().find(|span| span["name"] == "process car.listed").unwrap();
    assert_eq!((&span["traceId"], &span["parentSpanId"]), (&json!("4bf92f3577b34da6a3ce929d0e0e4736"), &json!("00f067aa0ba902b7")));
    assert_eq!((&span["kind"], &span["status"]["code"], span["spanId"].as_str().unwrap().len()), (&json!(5), &json!(2), 16));
    assert_eq!(span["links"], json!([{"traceId": "4bf92f3577b34da6a3ce929d0e0e4736", "spanId": "00f067aa0ba902b7"}]));
    assert_eq!(
        span["attributes"],
        json!([
            {"key": "fm.messaging.attempt", "value": {"intValue": "2"}},
            {"key": "fm.cancelled", "value": {"boolValue": true}},
            {"key": "error.type", "value": {"stringValue": "later"}},
        ])
    );
    let nanos = |field: &str| span[field].as_str().unwrap().parse::<u64>().unwrap();
    assert!(nanos("endTimeUnixNano") >= nanos("startTimeUnixNano") && nanos("startTimeUnixNano") > 1_600_000_000_000_000_000);
}

#[actix_rt::test]
async fn a_collector_that_is_unreachable_refuses_or_answers_garbage_costs_its_spans_and_nothing_else() {
    let refuses = collector(ResponseTemplate::new(503)).await;
    let redirects = collector(ResponseTemplate::new(302).insert_header("location", "/elsewhere")).await;
    for url in ["http://127.0.0.1:9".to_owned(), refuses.uri(), redirects.uri()] {
        let exporting = Exporting::to(&url);
        exporting.until_counted("trace_spans_not_exported_total").await;
        assert_eq!(exporting.count("trace_spans_exported_total"), 0, "{url}");
        assert!(exporting.count("trace_spans") > 0, "they are kept here nevertheless");
    }
    let garbage = collector(ResponseTemplate::new(200).set_body_bytes(vec![0xff; 1 << 20])).await;
    Exporting::to(&garbage.uri()).until_counted("trace_spans_exported_total").await;
}

#[actix_rt::test]
async fn nobody_waits_for_a_slow_collector_and_what_waits_for_it_is_bounded() {
    let slow = collector(ResponseTemplate::new(200).set_delay(TIMEOUT)).await;
    let exporting = Exporting::to(&slow.uri());
    // The first one begins the request that hangs.
    exporting.tracer.begin(SpanKind::Server, "GET", "/", None).end();
    eventually("it hangs", TIMEOUT, async || {
        exporting.tracer.begin(SpanKind::Server, "GET", "/", None).end();
        !slow.received_requests().await.unwrap().is_empty()
    })
    .await;
    let started = Instant::now();
    for _ in 0..20_000 {
        exporting.tracer.begin(SpanKind::Server, "GET", "/", None).end();
    }
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    assert!(exporting.count("trace_spans_not_exported_total") >= 20_000 - 8_192);
}
