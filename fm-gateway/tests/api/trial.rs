//! Trials of a table that is not in force: what each step does, with secrets masked.

use crate::support::{TestApp, Upstream, ok, until};
use bytes::Bytes;
use fm_gateway::{
    drain::Drains,
    front::GatewayMetrics,
    pipeline::{
        Answer, Catalogue, Drivers, Exchange, Phases, Plugin, Step, Tools,
        trace::{AttemptKind, AttemptOutcome, Phase, StepOutcome, StepRecord},
    },
    plugins::rate_limit::SharedLimits,
    table::Table,
    trial::{Taken, TrialReport, TrialRequest, run},
    upstream::{Chooser, Connector, Limits},
};
use fm_sdk::{
    http::Draining,
    identity::Verifier,
    metrics::Metrics,
    registry::{
        MemoryRegistry,
        services::{Instance, Registration, Services},
    },
    testing::TestIdentities,
};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// Takes part in answers only.
struct Late;

impl Plugin for Late {
    fn name(&self) -> &'static str {
        "late"
    }
    fn about(&self) -> &'static str {
        "Adds a header to answers"
    }
    fn schema(&self) -> Value {
        json!({"type": "object", "additionalProperties": false, "properties": {}})
    }
    fn phases(&self) -> Phases {
        Phases { response: true, ..Phases::default() }
    }
    fn build(&self, _: &Map<String, Value>, _: &Drivers) -> Result<Box<dyn Step>, String> {
        Ok(Box::new(Late))
    }
}

impl Step for Late {
    fn response(&self, _: &mut Exchange, answer: &mut Answer) {
        answer.headers.insert("x-late", http::HeaderValue::from_static("yes"));
    }
}

/// A registry, who is known in it, and who has signed in.
struct Market {
    registry: MemoryRegistry,
    identities: TestIdentities,
}

impl Market {
    fn new() -> Market {
        let registry = MemoryRegistry::new();
        Market { identities: TestIdentities::in_registry(registry.clone()), registry }
    }

    fn register(&self, service: &str, id: &str, upstream: &Upstream) -> Registration {
        Services::new(Arc::new(self.registry.clone())).register(Instance::new(service, id, upstream.url())).unwrap()
    }

    async fn run(&self, routes: Value, method: &str, url: &str, headers: &[&str], body: &'static [u8]) -> TrialReport {
        let mut plugins = Catalogue::shipped();
        plugins.add(Arc::new(Late)).unwrap();
        let drivers = Drivers::new(Tools {
            services: Services::new(Arc::new(self.registry.clone())),
            chooser: Chooser::default(),
            connector: Connector::default(),
            name_servers: Arc::default(),
            drains: Drains::default(),
            verifier: Arc::new(Verifier::new(&self.registry, self.identities.policy().clone())),
            limits: Limits::default(),
            shared_limits: SharedLimits::default(),
            metrics: GatewayMetrics::new(Metrics::default()),
            draining: Draining::default(),
        });
        let table: Table = serde_json::from_value(crate::support::table_of(routes)).unwrap();
        let request = TrialRequest::parse(method, url, headers, Bytes::from_static(body)).unwrap();
        run(&table, &plugins, &drivers, &request).await.unwrap()
    }
}

fn steps(report: &TrialReport) -> &[StepRecord] {
    &report.trace.as_ref().expect("a route takes the request").steps
}

fn sequence(report: &TrialReport) -> Vec<(&str, Phase, &StepOutcome)> {
    steps(report).iter().map(|step| (step.plugin.as_str(), step.phase, &step.outcome)).collect()
}

fn changes(step: &StepRecord) -> Vec<(&str, Option<&str>, Option<&str>)> {
    step.changed.iter().map(|change| (change.field.as_str(), change.before.as_deref(), change.after.as_deref())).collect()
}

#[actix_rt::test]
async fn steps_are_recorded_in_the_order_in_which_they_run() {
    let (market, upstream) = (Market::new(), Upstream::answering(ok("a car")).await);
    let _place = market.register("fm-cars", "cars-1", &upstream);
    let routes = json!([{"id": "cars", "path": "/cars/{id}", "plugins": [
        {"plugin": "late"},
        {"plugin": "headers", "settings": {
            "request": {"set": {"x-car": "${path.id}"}, "remove": ["accept"]}, "response": {"set": {"x-frame-options": "DENY"}}}},
        {"plugin": "rewrite", "settings": {"path": "/v2/cars/${path.id}"}},
        {"plugin": "discovery", "settings": {"service": "fm-cars"}},
        {"plugin": "proxy"},
    ]}]);
    let report = market.run(routes, "POST", "http://market.test/cars/7?x=1", &["Accept: text/html"], b"a body").await;

    assert_eq!(report.explanation.taken, Taken::Route { id: "cars".into() });
    assert_eq!(
        sequence(&report),
        [
            ("late", Phase::Request, &StepOutcome::Skipped),
            ("headers", Phase::Request, &StepOutcome::Passed),
            ("rewrite", Phase::Request, &StepOutcome::Passed),
            ("discovery", Phase::Request, &StepOutcome::Passed),
            ("proxy", Phase::Request, &StepOutcome::Answered { status: 200 }),
            ("headers", Phase::Response, &StepOutcome::Passed),
            ("late", Phase::Response, &StepOutcome::Passed),
        ]
    );
    let [_, headers, rewrite, discovery, proxy, headers_after, late_after] = steps(&report) else { panic!("seven records") };
    assert_eq!(changes(headers), [("request.header.accept", Some("text/html"), None), ("request.header.x-car", None, Some("7"))]);
    assert_eq!(headers.read, ["path.id"]);
    assert_eq!(changes(rewrite), [("path", None, Some("/v2/cars/7"))]);
    assert_eq!(changes(discovery), [("variable.service", None, Some("fm-cars")), ("variable.target", None, Some("fm-cars"))]);
    assert_eq!(changes(headers_after), [("response.header.x-frame-options", None, Some("DENY"))]);
    assert_eq!(changes(late_after), [("response.header.x-late", None, Some("yes"))]);
    let [attempt] = &proxy.attempts[..] else { panic!("{:?}", proxy.attempts) };
    assert_eq!((attempt.kind, attempt.instance.as_str()), (AttemptKind::First, "cars-1"));
    assert_eq!(attempt.outcome, AttemptOutcome::Answered { status: 200 });
    let called: Vec<&StepRecord> = steps(&report).iter().filter(|step| step.outcome != StepOutcome::Skipped).collect();
    assert!(
        called.windows(2).all(|pair| pair[0].at_micros + pair[0].took_micros <= pair[1].at_micros + 1),
        "one after the other: {called:?}"
    );

    let trace = report.trace.as_ref().unwrap();
    assert_eq!((trace.route.as_str(), trace.status, trace.sent, trace.complete), ("cars", Some(200), 5, true));
    let answer = report.answer.unwrap();
    assert_eq!((answer.status, answer.length, answer.truncated, &report.body[..]), (200, 5, false, &b"a car"[..]));
    assert!(upstream.last().starts_with("POST /v2/cars/7?x=1 HTTP/1.1\r\n") && upstream.last().ends_with("a body"), "{}", upstream.last());
}

#[actix_rt::test]
async fn a_step_that_is_switched_off_is_skipped_in_every_phase() {
    let off = |plugin: &str| json!({"plugin": plugin, "enabled": false});
    let late = json!([{"path": "/**", "plugins": [off("late"), {"plugin": "late"}, off("authentication"), {"plugin": "respond"}, off("respond")]}]);
    let report = Market::new().run(late, "GET", "/", &[], b"").await;
    assert_eq!(
        sequence(&report),
        [
            ("late", Phase::Request, &StepOutcome::SwitchedOff),
            ("late", Phase::Request, &StepOutcome::Skipped),
            ("authentication", Phase::Request, &StepOutcome::SwitchedOff),
            ("respond", Phase::Request, &StepOutcome::Answered { status: 200 }),
            ("respond", Phase::Request, &StepOutcome::SwitchedOff),
            ("late", Phase::Response, &StepOutcome::Passed),
        ]
    );
    let printed = report.trace.unwrap().to_string();
    assert!(printed.contains("-> 1 late  skipped, switched off\n"), "{printed}");
}

#[actix_rt::test]
async fn steps_behind_one_that_answers_or_fails_are_not_reached() {
    let market = Market::new();
    let pipeline = |first: Value| json!([{"path": "/**", "plugins": [first, {"plugin": "late"}, {"plugin": "respond"}]}]);
    let not_reached = [("late", Phase::Request, &StepOutcome::NotReached), ("respond", Phase::Request, &StepOutcome::NotReached)];

    let cors = json!({"plugin": "cors", "settings": {"origins": ["https://a.test"]}});
    let preflight = ["Origin: https://a.test", "Access-Control-Request-Method: GET"];
    let report = market.run(pipeline(cors), "OPTIONS", "/", &preflight, b"").await;
    assert_eq!(sequence(&report)[0], ("cors", Phase::Request, &StepOutcome::Answered { status: 204 }));
    assert_eq!(sequence(&report)[1..3], not_reached);
    assert_eq!(sequence(&report)[3], ("cors", Phase::Response, &StepOutcome::Passed));
    assert_eq!(steps(&report)[0].read, ["header.origin"]);

    let report = market.run(pipeline(json!({"plugin": "authentication"})), "GET", "/", &[], b"").await;
    let failed = StepOutcome::Failed { status: 401, code: "token-missing".into(), message: "sign in first".into() };
    assert_eq!(sequence(&report)[0], ("authentication", Phase::Request, &failed));
    assert_eq!(sequence(&report)[1..], not_reached);
    assert_eq!(report.answer.unwrap().status, 401);
}

#[actix_rt::test]
async fn secrets_are_never_in_a_trace() {
    let answer =
        "HTTP/1.1 200 OK\r\nSet-Cookie: session=upstream-secret\r\nLocation: /in?code=one-time-code\r\nContent-Length: 6\r\n\r\nhidden";
    let (market, upstream) = (Market::new(), Upstream::answering(answer).await);
    // Set by cargo for every test.
    let secret = std::env::var("CARGO_PKG_REPOSITORY").unwrap();
    let routes = json!([{"path": "/**", "plugins": [
        {"plugin": "authentication"},
        {"plugin": "headers", "settings": {"request": {"set": {
            "x-copy": "${header.authorization}", "x-then": "was ${header.cookie}", "x-plain": "${identity.sub}"}}}},
        {"plugin": "headers", "settings": {"request": {"set": {"x-upstream": "env{CARGO_PKG_REPOSITORY}", "x-made": "${host}"}}}},
        {"plugin": "headers", "settings": {"request": {"set": {"x-later": "from ${header.x-upstream}"}}}},
        {"plugin": "proxy", "settings": {"target": upstream.url()}},
    ]}]);
    let token = market.identities.user("user-1", &[]);
    let (authorization, cookie) = (format!("Authorization: Bearer {token}"), "Cookie: sid=client-secret; theme=dark");
    let report = market.run(routes, "POST", "/x?password=query-secret", &[&authorization, cookie], b"body-secret").await;
    assert_eq!(report.answer.as_ref().unwrap().status, 200);

    let shown = format!("{}\n{report}", serde_json::to_string(&report).unwrap());
    for secret in [token.as_str(), &secret, "client-secret", "upstream-secret", "one-time-code", "query-secret", "body-secret", "hidden"] {
        assert!(!shown.contains(secret), "{secret} is shown: {shown}");
    }
    let [authentication, copies, env, later, ..] = steps(&report) else { panic!("{shown}") };
    assert_eq!(authentication.read, ["header.authorization"]);
    assert_eq!(
        changes(copies),
        [
            ("request.header.x-copy", None, Some("***")),
            ("request.header.x-plain", None, Some("user-1")),
            ("request.header.x-then", None, Some("was ***")),
        ]
    );
    let by_name = |step, name| changes(step).into_iter().find(|(field, ..)| *field == name).unwrap().2;
    assert_eq!(by_name(env, "request.header.x-upstream"), Some("env{CARGO_PKG_REPOSITORY}"));
    assert_eq!(by_name(env, "request.header.x-made"), Some("***"), "it may be made of the secret");
    assert_eq!(by_name(later, "request.header.x-later"), Some("from env{CARGO_PKG_REPOSITORY}"));
    let headers = &report.answer.as_ref().unwrap().headers;
    assert!(
        headers.contains(&("set-cookie".into(), "***".into())) && headers.contains(&("location".into(), "/in?code=***".into())),
        "{headers:?}"
    );
    // They are masked in the trace alone.
    assert!(upstream.last().contains(&secret) && upstream.last().contains("client-secret"), "{}", upstream.last());
}

#[actix_rt::test]
async fn every_attempt_of_a_request_that_is_retried_or_hedged_is_recorded() {
    let dying = Upstream::answering_once("").await;
    let silent = Upstream::start(|mut connection| async move { while connection.request().await.is_some() {} }).await;
    let routes = || {
        json!([{"path": "/**", "plugins": [
            {"plugin": "discovery", "settings": {"service": "fm-cars"}}, {"plugin": "proxy", "settings": {"hedge_after": "50ms"}}]}])
    };
    let cases = [
        (&dying, AttemptOutcome::Failed { reason: "broken".into() }, AttemptKind::Retry),
        (&silent, AttemptOutcome::Abandoned, AttemptKind::Hedge),
    ];
    for (bad, outcome, second) in cases {
        let (market, good) = (Market::new(), Upstream::answering(ok("good")).await);
        let _places = [market.register("fm-cars", "bad", bad), market.register("fm-cars", "good", &good)];
        let mut tried = 0;
        // Which of them is asked first is chance.
        let report = loop {
            let report = market.run(routes(), "GET", "/", &[], b"").await;
            assert_eq!((report.answer.as_ref().unwrap().status, &report.body[..]), (200, &b"good"[..]));
            if steps(&report)[1].attempts.len() > 1 {
                break report;
            }
            tried += 1;
            assert!(tried < 100, "the bad one is never asked");
        };
        let attempts = steps(&report)[1].attempts.iter();
        let attempts: Vec<_> = attempts.map(|attempt| (attempt.kind, attempt.instance.as_str(), &attempt.outcome)).collect();
        let answered = AttemptOutcome::Answered { status: 200 };
        assert_eq!(attempts, [(AttemptKind::First, "bad", &outcome), (second, "good", &answered)]);
    }
}

#[actix_rt::test]
async fn requests_without_a_route_have_an_answer_and_no_trace() {
    let market = Market::new();
    let routes = || json!([{"path": "/a", "methods": ["POST"], "plugins": [{"plugin": "respond"}]}]);
    for (method, url, status) in
        [("GET", "/b", 404), ("GET", "/a", 405), ("GET", "/a%2f", 400), ("CONNECT", "/a", 405), ("GET", "/health/live", 200)]
    {
        let report = market.run(routes(), method, url, &[], b"").await;
        assert_eq!((report.answer.map(|answer| answer.status), report.trace), (Some(status), None), "{method} {url}");
    }
}

#[actix_rt::test]
async fn the_client_and_its_scheme_are_what_the_trial_says() {
    let market = Market::new();
    let ip = json!({"plugin": "ip", "settings": {"allow": ["192.0.2.0/24"]}});
    let routes = json!([{"path": "/**", "plugins": [ip, {"plugin": "respond", "settings": {"body": "${client.ip}"}}]}]);
    assert_eq!(market.run(routes.clone(), "GET", "/", &["X-Forwarded-For: 192.0.2.1"], b"").await.answer.unwrap().status, 403);
    let https = market.run(routes, "GET", "https://market.test/", &[], b"").await.answer.unwrap();
    assert!(https.headers.iter().any(|(name, _)| name == "strict-transport-security"), "{https:?}");
}

#[actix_rt::test]
async fn a_gateway_that_is_watched_keeps_the_steps_of_some_requests() {
    let upstream = Upstream::answering("HTTP/1.1 200 OK\r\nSet-Cookie: session=upstream-secret\r\nContent-Length: 6\r\n\r\nhidden").await;
    let app = TestApp::in_front_of(&upstream).await;
    app.get("/before").await;
    app.samples.record_every(1);
    let request = "GET /x/../watched?q=query-secret HTTP/1.1\r\nHost: SHOP.test\r\nAuthorization: Bearer client-secret\r\n\r\n";
    assert_eq!(app.send(request).await.text(), "hidden");
    until("the request has ended", || !app.samples.list().is_empty()).await;
    app.samples.record_every(0);
    app.get("/after").await;

    let kept = app.samples.list();
    assert!(!format!("{kept:?}").contains("secret") && !format!("{kept:?}").contains("hidden"), "{kept:?}");
    let [trace] = &kept[..] else { panic!("one was recorded: {kept:?}") };
    assert_eq!((trace.method.as_str(), trace.host.as_str(), trace.path.as_str()), ("GET", "shop.test", "/watched"));
    assert_eq!((trace.route.as_str(), trace.status, trace.sent, trace.complete), ("route-0", Some(200), 6, true));
    assert_eq!(trace.steps[0].attempts[0].outcome, AttemptOutcome::Answered { status: 200 });
}

/// Numbers that look random and are the same in every run.
struct Sequence(u64);

impl Sequence {
    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        from[(self.0 >> 33) as usize % from.len()].clone()
    }
}

#[actix_rt::test]
async fn the_explanation_agrees_with_what_the_gateway_does() {
    let (market, mut any) = (Market::new(), Sequence(7));
    let mut seen = std::collections::BTreeMap::new();
    for round in 0..150 {
        let mut routes: Vec<Value> = Vec::new();
        for n in 0..any.pick(&[1, 3, 6]) {
            let path = any.pick(&["/**", "/a", "/a/**", "/a/{x}", "/{x}", "/{x}/b", "/a/b"]);
            let route = json!({
                "id": format!("r{n}"), "path": path, "priority": n, "fallback": any.pick(&[false, false, true]), "active": any.pick(&[true, true, false]),
                "hosts": any.pick(&[json!([]), json!(["a.test"]), json!(["*.test"])]),
                "methods": any.pick(&[json!([]), json!(["GET"]), json!(["POST", "PUT"])]),
                "predicates": any.pick(&[json!([]), json!([]), json!([{"header": "x", "present": true}]), json!([{"query": "q", "equals": "1"}]), json!([{"cookie": "c", "one_of": ["1", "2"]}])]),
                "plugins": [{"plugin": "respond", "settings": {"body": "${route.id}"}}],
            });
            routes.push(route);
        }
        routes.push(json!({"id": "always", "path": "/always", "plugins": [{"plugin": "respond"}]}));
        let url = format!(
            "http://{}{}{}",
            any.pick(&["a.test", "b.test", "other"]),
            any.pick(&["/", "/a", "/a/b", "/a/c", "/x/b", "/a/./%62"]),
            any.pick(&["", "?q=1", "?q=2"])
        );
        let (method, header) = (any.pick(&["GET", "POST", "DELETE", "PURGE"]), any.pick(&["x: 1", "cookie: c=2", "cookie: c=3", "y: 1"]));
        let report = market.run(json!(routes), method, &url, &[header], b"").await;
        let status = report.answer.as_ref().unwrap().status;
        let place = || format!("round {round}: {method} {url} {header}\n{}\n{routes:?}", report.explanation);
        match &report.explanation.taken {
            Taken::Route { id } => {
                assert_eq!((status, report.trace.as_ref().map(|trace| &trace.route)), (200, Some(id)), "{}", place());
                assert_eq!(&report.body[..], id.as_bytes(), "{}", place());
            }
            Taken::MethodNotAllowed { allow } => {
                assert_eq!(status, 405, "{}", place());
                assert!(report.answer.as_ref().unwrap().headers.contains(&("allow".into(), allow.clone())), "{}", place());
            }
            Taken::NotFound => assert_eq!(status, 404, "{}", place()),
            other => panic!("{other:?}: {}", place()),
        }
        *seen.entry(status).or_insert(0) += 1;
    }
    assert!(seen.len() == 3 && seen.values().all(|count| *count > 10), "each outcome was there: {seen:?}");
}
