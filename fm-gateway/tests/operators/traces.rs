//! Traces: what the gateway keeps of a request, and what all instances together know of it.

use crate::support::{Browser, Operator, TestApp, Upstream, ok, put, table_of};
use fm_sdk::{
    registry::{
        MemoryRegistry,
        services::{Instance, Registration},
    },
    testing::eventually,
    trace::TraceParent,
};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Longer than anything here takes.
const TIMEOUT: Duration = Duration::from_secs(60);
const ID: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const REQUEST: &str = "GET /cars/7?token=secret HTTP/1.1\r\nHost: market.test\r\nCookie: sid=secret\r\n\
    traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n\r\n";

/// A gateway in front of fm-cars: the instance answers all requests, those for its traces too.
async fn in_front_of(upstream: &Upstream) -> (TestApp, Operator, Registration) {
    let app = TestApp::with_routes(json!([{"id": "cars", "path": "/cars/**", "plugins": [
        {"plugin": "cors", "settings": {"origins": ["https://shop.test"]}},
        {"plugin": "discovery", "settings": {"service": "fm-cars"}},
        {"plugin": "proxy"},
    ]}]))
    .await;
    let admin = Operator::admin(&app).await;
    let place = app.register("fm-cars", "cars-1", upstream);
    eventually("the instance is known", TIMEOUT, async || app.send(REQUEST).await.status == 200).await;
    (app, admin, place)
}

fn span(id: &str, parent: Option<&str>, service: &str, start_us: i64) -> Value {
    json!({"trace_id": ID, "span_id": id, "parent_span_id": parent, "service": service, "instance": "i", "kind": "server", "name": "GET /api/cars/{id}",
        "start_us": start_us, "duration_us": 900, "status": "unset", "attributes": {"http.response.status_code": 200}, "links": []})
}

async fn trace(operator: &Operator, id: &str) -> Value {
    operator.get(&format!("/traces/{id}")).await.json()
}

fn named<'t>(trace: &'t Value, name: &str) -> Vec<&'t Value> {
    trace["spans"].as_array().unwrap().iter().filter(|span| span["name"] == name).collect()
}

#[actix_rt::test]
async fn spans_of_the_gateway_reach_a_collector() {
    let collector = Upstream::answering(ok("{}")).await;
    let upstream = Upstream::answering(ok("[]")).await;
    let otlp = collector.url().parse().unwrap();
    let routes = json!([{"id": "cars", "path": "/cars/**", "plugins": [{"plugin": "proxy", "settings": {"target": upstream.url()}}]}]);
    let app = TestApp::with(routes, move |settings, _| settings.otlp = Some(otlp)).await;
    let sent = async || {
        app.send(REQUEST).await;
        collector.seen.borrow().iter().any(|request| {
            request.starts_with("POST /v1/traces ")
                && request.contains(ID)
                && request.contains("fm-gateway")
                && request.contains("GET /cars/**")
        })
    };
    eventually("the request is exported", TIMEOUT, sent).await;
    assert!(!collector.seen.borrow().iter().any(|request| request.contains("secret")));
}

#[actix_rt::test]
async fn a_request_has_a_span_of_its_own_and_one_of_each_plugin_and_attempt() {
    let upstream = Upstream::answering(ok("[]")).await;
    let (app, admin, _place) = in_front_of(&upstream).await;
    let before = upstream.requests();
    let reply = app.send(REQUEST).await;
    assert_eq!(reply.header("x-trace-id"), Some(ID));
    let sent = upstream.seen.borrow()[before].clone();
    let sent: TraceParent = sent.lines().find_map(|line| line.strip_prefix("traceparent: ")).unwrap().trim().parse().unwrap();
    // A request is kept when its answer is over, which its client may know before the gateway does.
    let is_it = |span: &&Value| span["span_id"] == json!(sent.span_id());
    eventually("it is kept", TIMEOUT, async || named(&trace(&admin, ID).await, "GET fm-cars").iter().any(is_it)).await;
    let trace = trace(&admin, ID).await;
    let (requests, attempts) = (named(&trace, "GET /cars/**"), named(&trace, "GET fm-cars"));
    let attempt = attempts.into_iter().find(is_it).unwrap();
    let request = requests.into_iter().find(|request| request["span_id"] == attempt["parent_span_id"]).unwrap();
    assert_eq!((&request["kind"], &request["parent_span_id"]), (&json!("server"), &json!("00f067aa0ba902b7")));
    let attributes = &request["attributes"];
    assert_eq!(
        (&attributes["http.route"], &attributes["fm.route.id"], &attributes["http.response.status_code"]),
        (&json!("/cars/**"), &json!("cars"), &json!(200))
    );
    assert_eq!(attempt["attributes"]["fm.peer.instance"], "cars-1");
    let plugins: Vec<_> = ["plugin cors", "plugin discovery"].into_iter().flat_map(|name| named(&trace, name)).collect();
    assert_eq!(plugins.iter().filter(|plugin| plugin["parent_span_id"] == request["span_id"]).count(), 2, "{trace}");
    assert!(!trace.to_string().contains("secret"), "{trace}");
}

#[actix_rt::test]
async fn each_bucket_of_the_times_names_the_trace_of_its_last_request_that_is_kept() {
    let upstream = Upstream::answering(ok("[]")).await;
    let (app, _admin, _place) = in_front_of(&upstream).await;
    let other = "5bf92f3577b34da6a3ce929d0e0e4736";
    app.send(&REQUEST.replace(ID, other).replace("-01\r\n", "-00\r\n")).await;
    app.send(REQUEST).await;
    let named = format!(" # {{trace_id=\"{ID}\"}} 0.");
    let bucket =
        |line: &str| line.starts_with("gateway_request_seconds_bucket{le=") && line.contains("route=\"cars\"") && line.contains(&named);
    eventually("a bucket names it", TIMEOUT, async || app.metrics().await.lines().any(bucket)).await;
    let metrics = app.metrics().await;
    assert!(!metrics.contains(other), "a request that is sampled out has no trace to look at:\n{metrics}");
    assert!(metrics.ends_with("# EOF\n"));
}

#[actix_rt::test]
async fn a_retry_is_a_second_attempt_and_a_failure_is_kept_although_it_is_sampled_out() {
    let app = TestApp::with_routes(json!([{"id": "cars", "path": "/cars/**", "plugins": [{"plugin": "discovery", "settings": {"service": "fm-cars"}}, {"plugin": "proxy"}]}])).await;
    let admin = Operator::admin(&app).await;
    // Nobody listens there.
    let nowhere = |id: &str| app.services().register(Instance::new("fm-cars", id, "http://127.0.0.1:9")).unwrap();
    let _places = [nowhere("cars-1"), nowhere("cars-2")];
    let ask = |flags: &str| format!("GET /cars/7 HTTP/1.1\r\nHost: market.test\r\ntraceparent: 00-{ID}-00f067aa0ba902b7-{flags}\r\n\r\n");
    eventually("both instances are tried", TIMEOUT, async || {
        app.send(&ask("00")).await;
        let trace = trace(&admin, ID).await;
        trace["spans"].is_array() && named(&trace, "GET fm-cars").len() >= 2
    })
    .await;
    let trace = trace(&admin, ID).await;
    let attempts = named(&trace, "GET fm-cars");
    assert!(attempts.iter().all(|attempt| attempt["status"] == "error" && attempt["attributes"]["error.type"] == "connect"), "{trace}");
    assert!(attempts.iter().any(|attempt| attempt["attributes"]["fm.attempt.kind"] == "retry"), "{trace}");
    let request = named(&trace, "GET /cars/**");
    assert!(request.iter().all(|request| request["attributes"]["error.type"] == "503"), "{trace}");
    assert!(named(&trace, "plugin discovery").is_empty(), "what is sampled out has no spans of plugins");
}

#[actix_rt::test]
async fn a_trace_is_put_together_from_all_instances_and_names_those_that_are_unreachable() {
    let spans = json!([
        span("aaaaaaaaaaaaaaaa", Some("bbbbbbbbbbbbbbbb"), "fm-cars", 2_000),
        span("bbbbbbbbbbbbbbbb", Some("00f067aa0ba902b7"), "fm-cars", 1_000)
    ]);
    let knows = Upstream::answering(ok(&spans.to_string())).await;
    let app =
        TestApp::with_routes(json!([{"id": "all", "path": "/**", "plugins": [{"plugin": "respond", "settings": {"body": "x"}}]}])).await;
    let admin = Operator::admin(&app).await;
    let nothing = Upstream::answering("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n").await;
    let garbage = Upstream::answering(ok("<html>")).await;
    let silent = Upstream::start(|mut connection| async move {
        connection.request().await;
        std::future::pending::<()>().await;
    })
    .await;
    let _places = [("knows", &knows), ("nothing", &nothing), ("garbage", &garbage), ("silent", &silent)]
        .map(|(id, at)| app.register("fm-cars", id, at));
    let _gone = app.services().register(Instance::new("fm-cars", "gone", "http://127.0.0.1:9")).unwrap();
    eventually("all instances are known", TIMEOUT, async || {
        trace(&admin, ID).await["unreachable"].as_array().is_some_and(|all| all.len() == 3)
    })
    .await;
    let trace = trace(&admin, ID).await;
    let shown: Vec<_> =
        trace["spans"].as_array().unwrap().iter().map(|s| (s["span_id"].clone(), s["depth"].clone(), s["offset_us"].clone())).collect();
    assert_eq!(shown, [(json!("bbbbbbbbbbbbbbbb"), json!(0), json!(0)), (json!("aaaaaaaaaaaaaaaa"), json!(1), json!(1000))]);
    assert_eq!((&trace["start_us"], &trace["duration_us"]), (&json!(1_000), &json!(1_900)));
    let unreachable: Vec<_> = trace["unreachable"].as_array().unwrap().iter().map(|u| (u["instance"].clone(), u["why"].clone())).collect();
    let expected = [("garbage", "an answer that cannot be read"), ("gone", "connect"), ("silent", "no answer in time")];
    assert_eq!(unreachable, expected.map(|(instance, why)| (json!(instance), json!(why))));
}

#[actix_rt::test]
async fn sixty_spans_of_eight_instances_are_put_together_in_200_milliseconds() {
    let app =
        TestApp::with_routes(json!([{"id": "all", "path": "/**", "plugins": [{"plugin": "respond", "settings": {"body": "x"}}]}])).await;
    let admin = Operator::admin(&app).await;
    let mut held = Vec::new();
    for instance in 0..8 {
        let spans: Vec<_> = (0..8).map(|n| span(&format!("{instance:08}{n:08}"), Some("00f067aa0ba902b7"), "fm-cars", n)).collect();
        let upstream = Upstream::answering(ok(&json!(spans).to_string())).await;
        let place = app.register("fm-cars", &format!("cars-{instance}"), &upstream);
        held.push((upstream, place));
    }
    eventually("all instances are known", TIMEOUT, async || trace(&admin, ID).await["spans"].as_array().is_some_and(|s| s.len() == 64))
        .await;
    let mut times: Vec<_> = Vec::new();
    for _ in 0..10 {
        let started = Instant::now();
        trace(&admin, ID).await;
        times.push(started.elapsed());
    }
    let best = times.iter().min().unwrap();
    assert!(*best <= Duration::from_millis(200), "{times:?}");
}

#[actix_rt::test]
async fn what_another_gateway_keeps_is_there_too_and_a_mute_one_is_named() {
    let registry = MemoryRegistry::new();
    put(&registry, &table_of(crate::respond("x")).to_string()).await;
    let node = |name: &'static str| {
        TestApp::on(registry.clone(), tempfile::tempdir().unwrap(), move |settings, _| settings.instance = Some(name.into()))
    };
    let a = node("a");
    a.loaded().await;
    let admin = Operator::admin(&a).await;
    let b = node("b");
    b.loaded().await;
    b.send(REQUEST).await;
    eventually("the other one answers", TIMEOUT, async || trace(&admin, ID).await["spans"].is_array()).await;
    let is_of_b = |trace: &Value| trace["spans"].as_array().is_some_and(|spans| spans.iter().all(|span| span["instance"] == "b"));
    assert!(is_of_b(&trace(&admin, ID).await));
    let _mute = a.services().register(Instance::new("fm-gateway", "mute", "http://127.0.0.1:9")).unwrap();
    eventually("the mute one is known", TIMEOUT, async || trace(&admin, ID).await["unreachable"][0]["instance"] == "mute").await;
    assert!(is_of_b(&trace(&admin, ID).await));
}

#[actix_rt::test]
async fn the_last_traces_of_all_gateways_are_listed_and_narrowed_by_a_query() {
    let registry = MemoryRegistry::new();
    let respond = |id: &str, status: u16| {
        let settings = json!({"status": status, "body": "x"});
        json!({"id": id, "path": format!("/{id}/**"), "plugins": [{"plugin": "respond", "settings": settings}]})
    };
    put(&registry, &table_of(json!([respond("cars", 200), respond("broken", 502)])).to_string()).await;
    let node = |name: &'static str| {
        TestApp::on(registry.clone(), tempfile::tempdir().unwrap(), move |settings, _| settings.instance = Some(name.into()))
    };
    let a = node("a");
    a.loaded().await;
    let admin = Operator::admin(&a).await;
    let b = node("b");
    b.loaded().await;
    let get = |path: &str| format!("GET {path} HTTP/1.1\r\nHost: market.test\r\n\r\n");
    // One after the other, so that it is known which is newer.
    for (node, path) in [(&a, "/cars/1?token=secret"), (&b, "/cars/2"), (&b, "/broken/3"), (&a, "/nowhere")] {
        node.send(&get(path)).await;
    }
    let listed = async |query: &str| admin.get(&format!("/traces?{query}")).await.json();
    let traces = async |query: &str| {
        let list = listed(query).await["traces"].take();
        let row = |trace: &Value| ["instance", "name", "route", "status", "failed"].map(|field| trace[field].clone());
        list.as_array().unwrap().iter().map(row).collect::<Vec<_>>()
    };
    let nowhere = [json!("a"), json!("GET"), Value::Null, json!(404), json!(false)];
    let broken = [json!("b"), json!("GET /broken/**"), json!("broken"), json!(502), json!(true)];
    let cars = |node: &str| [json!(node), json!("GET /cars/**"), json!("cars"), json!(200), json!(false)];
    // A request is kept when its answer is over, which its client may know before the gateway does.
    eventually("all are kept", TIMEOUT, async || traces("").await.len() == 4).await;
    assert_eq!(traces("").await, [nowhere.clone(), broken.clone(), cars("b"), cars("a")]);
    assert_eq!(traces("failed=true&slower_than=&route=").await, std::slice::from_ref(&broken));
    assert_eq!(traces("route=car&failed=false").await, [cars("b"), cars("a")]);
    assert_eq!(traces("limit=2").await, [nowhere, broken]);
    assert_eq!(traces("slower_than=1h").await, Vec::<[Value; 5]>::new());
    let list = listed("route=cars&limit=1").await;
    assert!(list["unreachable"] == json!([]) && !list.to_string().contains("secret"), "{list}");
    let id = list["traces"][0]["trace_id"].as_str().unwrap();
    assert_eq!(trace(&admin, id).await["spans"][0]["start_us"], list["traces"][0]["start_us"]);
    for query in ["limit=0", "limit=501", "slower_than=soon"] {
        assert_eq!(listed(query).await["code"], "trace-query", "{query}");
    }
    let browser = Browser::of(&admin);
    let page = browser.page("/admin/traces?failed=true&lang=en").await;
    assert!(page.contains("GET /broken/**") && page.contains("502") && !page.contains("GET /cars/**"), "{page}");
    assert!(page.contains("<option value=\"true\" selected>failed") && !page.contains("secret"), "{page}");
    assert!(browser.page("/admin/traces?lang=de").await.contains(&format!("href=\"/admin/traces/{id}\"")));
    assert!(browser.page("/admin/traces?route=submarine&lang=de").await.contains("Kein Trace passt."));
    let refused = browser.page("/admin/traces?slower_than=soon&lang=de").await;
    assert!(refused.contains("value=\"soon\"") && refused.contains("role=\"alert\"") && !refused.contains("Kein Trace"), "{refused}");
    let _mute = a.services().register(Instance::new("fm-gateway", "mute", "http://127.0.0.1:9")).unwrap();
    eventually("the mute one is known", TIMEOUT, async || listed("").await["unreachable"][0]["instance"] == "mute").await;
    assert_eq!(traces("failed=true").await.len(), 1);
    assert!(browser.page("/admin/traces?lang=en").await.contains("mute (no answer)"));
}

#[actix_rt::test]
async fn ids_that_are_none_and_traces_that_nobody_keeps_are_refused() {
    let (app, admin) = {
        let app = TestApp::with_routes(crate::respond("x")).await;
        let admin = Operator::admin(&app).await;
        (app, admin)
    };
    for (id, status, code) in [("4bf9", 400, "trace-id"), (&"0".repeat(32)[..], 400, "trace-id"), (ID, 404, "trace-unknown")] {
        let reply = admin.get(&format!("/traces/{id}")).await;
        assert_eq!((reply.status, reply.code()), (status, code.to_owned()), "{id}");
        let page = Browser::of(&admin).get(&format!("/admin/traces/{id}")).await;
        assert_eq!(page.status, status, "{id}");
        // An error has the navigation and a way on.
        assert!(page.text().contains("href=\"/admin/routes\"") && page.text().contains("href=\"/admin/traces\""), "{}", page.text());
    }
    assert_eq!(admin.get("/traces?slower_than=soon").await.code(), "trace-query");
    assert_eq!(Operator::nobody(&app).get(&format!("/traces/{ID}")).await.status, 401);
    assert_eq!(app.get("/health/live").await.status, 200);
    let list = admin.get("/traces").await.json();
    assert!(list["traces"].as_array().unwrap().iter().all(|one| one["name"] != "GET"), "questions of orchestrators make no spans: {list}");
}

#[actix_rt::test]
async fn the_page_of_a_trace_is_a_table_in_both_languages_with_bars_that_need_no_style() {
    let upstream = Upstream::answering(ok("[]")).await;
    let (app, admin, _place) = in_front_of(&upstream).await;
    app.send(REQUEST).await;
    eventually("it is kept", TIMEOUT, async || trace(&admin, ID).await["spans"].is_array()).await;
    let browser = Browser::of(&admin);
    let english = browser.page(&format!("/admin/traces/{ID}?lang=en")).await;
    for part in ["GET /cars/**", "GET fm-cars", "plugin cors", "<svg class=\"bar client\"", "<rect x=\"", "scope=\"col\">Instance"] {
        assert!(english.contains(part), "{part} is not in\n{english}");
    }
    assert!(!english.contains("style=") && english.contains("level 2"), "{english}");
    let german = browser.page(&format!("/admin/traces/{ID}?lang=de")).await;
    assert!(german.contains("scope=\"col\">Instanz") && german.contains("Ebene 2"), "{german}");
    let live = browser.page("/admin/live?look=1&lang=en").await;
    assert!(live.contains("/admin/assets/live.js"));
}
