//! The spans that the SDK makes: one request is one tree, over HTTP, the store and the bus.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use actix_web::{test::TestRequest, web};
use fm_sdk::{
    Cx, Error, Handled, Kind, Reply, Result, Service, Work, document, messages, reject,
    testing::MockBus,
    trace::{SpanKind, SpanRecord, SpanStatus, TraceId, TraceParent, Value, key},
};
use std::collections::HashSet;

messages! {
    event "thing.listed" from "fm-shop" Listed { id: String }
    event "thing.praised" from "fm-shop" Praised { id: String }
    event "thing.broken" from any Broken { hopeless: bool }
    call "fm-shop/price" Price { id: String } -> i64;
}

#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
struct Thing {
    id: String,
}
document!(Thing = "things" {});

async fn list(work: Work, id: web::Path<String>) -> Result<String> {
    let price = work.call(Price { id: id.clone() }).await?;
    let thing = Thing { id: id.into_inner() };
    work.insert(thing, |thing, out| out.publish(Listed { id: thing.id.clone() })).await?;
    Ok(price.to_string())
}
async fn price(m: Price, _: Cx<()>) -> Reply<i64> {
    if m.id == "unknown" { Err(Error::not_found("thing-unknown")) } else { Ok(7) }
}
async fn praise(m: Listed, cx: Cx<()>) -> Handled {
    cx.publish(Praised { id: m.id })
}
async fn fail(m: Broken, _: Cx<()>) -> Handled {
    Err(if m.hopeless { reject("no") } else { Error::new(Kind::Unavailable, "later", "not yet") })
}

fn shop() -> MockBus<()> {
    let service = Service::new("fm-shop", ()).keeps::<Thing>().call(price).on(praise).on(fail).http(|cfg| {
        cfg.route("/api/things/{id}", web::put().to(list));
    });
    MockBus::for_service(service)
}

const ID: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

fn traceparent(flags: &str) -> String {
    format!("00-{ID}-00f067aa0ba902b7-{flags}")
}
fn id() -> TraceId {
    ID.parse().unwrap()
}
fn put(path: &str, traceparent: &str) -> TestRequest {
    TestRequest::put().uri(path).insert_header(("traceparent", traceparent.to_owned()))
}
fn named<'a>(spans: &'a [SpanRecord], name: &str) -> &'a SpanRecord {
    let found: Vec<_> = spans.iter().filter(|s| s.name() == name).collect();
    assert_eq!(found.len(), 1, "{name} in {:?}", spans.iter().map(SpanRecord::name).collect::<Vec<_>>());
    found[0]
}
fn text(span: &SpanRecord, key: &str) -> String {
    match span.attribute(key) {
        Some(Value::Text(text)) => text.as_str().to_owned(),
        other => panic!("{key} of {}: {other:?}", span.name()),
    }
}

#[actix_rt::test]
async fn one_request_is_one_tree_of_http_store_bus_and_handlers() {
    let bus = shop();
    assert_eq!(bus.http(put("/api/things/t1?secret=s", &traceparent("01"))).await.status, 200);
    let spans = bus.trace(id());
    let ids: HashSet<String> = spans.iter().map(SpanRecord::span_id).collect();
    assert_eq!(ids.len(), spans.len(), "each span has an id of its own");
    for span in &spans {
        let parent = span.parent_span_id().unwrap();
        assert!(ids.contains(&parent) || parent == "00f067aa0ba902b7", "{} has no parent in the trace", span.name());
    }
    for (child, parent) in [
        ("call fm-shop/price", "PUT /api/things/{id}"),
        ("process fm-shop/price", "call fm-shop/price"),
        ("insert things", "PUT /api/things/{id}"),
        ("send thing.listed", "PUT /api/things/{id}"),
        ("process thing.listed", "send thing.listed"),
        ("find inbox", "process thing.listed"),
        ("insert inbox", "process thing.listed"),
        ("send thing.praised", "process thing.listed"),
    ] {
        let parent = named(&spans, parent);
        let is_below = |s: &&SpanRecord| s.name() == child && s.parent_span_id() == Some(parent.span_id());
        let found: Vec<_> = spans.iter().filter(is_below).collect();
        assert!(found.len() == 1 && found[0].start_us() >= parent.start_us(), "{child} below {}: {found:?}", parent.name());
    }
    let kinds = [
        "PUT /api/things/{id}",
        "call fm-shop/price",
        "process fm-shop/price",
        "insert things",
        "send thing.listed",
        "process thing.listed",
    ];
    let kinds = kinds.map(|name| named(&spans, name).kind());
    assert_eq!(kinds, [SpanKind::Server, SpanKind::Client, SpanKind::Server, SpanKind::Client, SpanKind::Producer, SpanKind::Consumer]);
    let (insert, handler) = (named(&spans, "insert things"), named(&spans, "process thing.listed"));
    assert_eq!((text(insert, key::DB_SYSTEM), text(insert, key::DB_COLLECTION)), ("sqlite".into(), "things".into()));
    assert_eq!((text(handler, key::MESSAGING_OUTCOME), text(handler, key::MESSAGING_GROUP)), ("ack".into(), "fm-shop".into()));
    assert!(!format!("{spans:?}").contains("t1") && !format!("{spans:?}").contains("secret"), "{spans:?}");
}

#[actix_rt::test]
async fn each_attempt_of_a_handler_is_a_child_of_what_sent_the_message_and_links_to_it() {
    for (hopeless, outcomes) in [(true, vec!["dead_letter"]), (false, vec!["retry", "retry", "retry", "retry", "retry", "dead_letter"])] {
        let bus = shop();
        let _ = bus.deliver_edited(Broken { hopeless }, |m| m.trace = Some(traceparent("01"))).await.dead_letter();
        let spans = bus.trace(id());
        let attempts: Vec<_> = spans.iter().filter(|s| s.name() == "process thing.broken").collect();
        assert_eq!(attempts.iter().map(|s| text(s, key::MESSAGING_OUTCOME)).collect::<Vec<_>>(), outcomes);
        for (n, span) in attempts.iter().enumerate() {
            assert_eq!(span.attribute(key::MESSAGING_ATTEMPT), Some(&Value::Int(n as i64 + 1)));
            assert_eq!(span.links(), [traceparent("01").parse::<TraceParent>().unwrap()]);
            assert_eq!(span.parent_span_id().as_deref(), Some("00f067aa0ba902b7"));
            assert_eq!(
                (span.status(), text(span, key::ERROR_TYPE)),
                (SpanStatus::Error, if hopeless { "rejected" } else { "later" }.into())
            );
        }
    }
}

#[actix_rt::test]
async fn a_client_error_fails_the_span_of_the_client_and_not_that_of_the_server() {
    let bus = shop();
    assert_eq!(bus.http(put("/api/things/unknown", &traceparent("01"))).await.status, 404);
    let spans = bus.trace(id());
    let status = |name: &str| named(&spans, name).status();
    assert_eq!(
        (status("call fm-shop/price"), status("process fm-shop/price"), status("PUT /api/things/{id}")),
        (SpanStatus::Error, SpanStatus::Unset, SpanStatus::Unset)
    );
    assert_eq!(text(named(&spans, "process fm-shop/price"), key::ERROR_TYPE), "thing-unknown");
}

#[actix_rt::test]
async fn what_the_caller_sampled_out_is_kept_only_if_it_fails() {
    let bus = shop();
    assert_eq!(bus.http(put("/api/things/t1", &traceparent("00"))).await.status, 200);
    assert!(bus.trace(id()).is_empty());
    let _ = bus.deliver_edited(Broken { hopeless: true }, |m| m.trace = Some(traceparent("00"))).await.dead_letter();
    let kept = bus.trace(id());
    assert!(kept.iter().any(|s| s.name() == "process thing.broken") && kept.iter().all(|s| !s.name().contains("listed")), "{kept:?}");
}

#[actix_rt::test]
async fn a_hostile_traceparent_starts_a_new_trace() {
    let long = format!("{}-{}", traceparent("01"), "x".repeat(4000));
    for hostile in [
        "",
        "00",
        "' or 1=1",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "00-+bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        &long,
    ] {
        let bus = shop();
        let answer = bus.http(put("/api/things/t1", hostile)).await;
        let started: TraceId = answer.header("x-trace-id").unwrap().parse().unwrap();
        assert_eq!(answer.status, 200);
        assert_ne!(started, id(), "{hostile}");
        let spans = bus.trace(started);
        assert_eq!(named(&spans, "PUT /api/things/{id}").parent_span_id(), None, "{hostile}");
        let _ = bus.deliver_edited(Broken { hopeless: true }, |m| m.trace = Some(hostile.into())).await.dead_letter();
        assert!(bus.trace(id()).is_empty());
    }
}

#[actix_rt::test]
async fn a_message_carries_the_span_that_sent_it() {
    let bus = shop();
    bus.http(put("/api/things/t1", &traceparent("01"))).await;
    let (envelope, _) = bus.wire::<Listed>().remove(0);
    let sender: TraceParent = envelope.trace.unwrap().parse().unwrap();
    assert_eq!(sender.span_id(), named(&bus.trace(id()), "send thing.listed").span_id());
}
