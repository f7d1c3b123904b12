//! What surrounds handlers: of messages on the bus of a test, of HTTP requests also on a server.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use actix_web::{HttpResponse, web};
use fm_sdk::{
    Application, Cx, Error, Handled, Invocation, InvocationKind, Kind, Middleware, Next, Reply, Result, Service, Work,
    backend::{Backends, MemoryBus},
    config::Settings,
    messages, reject,
    store::Sqlite,
    testing::{MockBus, TestIdentities, eventually},
};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

messages! {
    event "thing.made" from any Made {}
    event "thing.broken" from any Broken {}
    event "thing.heard" from "fm-x" Heard {}
    command "fm-x/do" from any Do {}
    call "fm-x/ask" Ask {} -> u32;
}

type Log = Arc<Mutex<Vec<String>>>;

/// Notes what passes, before and after.
struct Noting(&'static str, Log);

impl Middleware for Noting {
    async fn handle(&self, invocation: &Invocation, next: Next<'_>) -> Result<()> {
        let Noting(name, log) = self;
        log.lock().unwrap().push(format!("{name} > {:?} {}", invocation.kind(), invocation.name()));
        let done = next.run().await;
        let ended = done.as_ref().map_or_else(Error::code, |()| "ok");
        let status = invocation.status().map_or_else(String::new, |s| format!(" {s}"));
        log.lock().unwrap().push(format!("{name} < {ended}{status}"));
        done
    }
}

/// What a middleware may do to an invocation.
#[derive(Clone, Copy, Debug)]
enum Deed {
    Pass,
    Refuse,
    RefuseForGood,
    Panic,
    PanicAfterwards,
    Skip,
    Hide,
    Replace,
}

struct Doing(Deed);

impl Middleware for Doing {
    async fn handle(&self, _: &Invocation, next: Next<'_>) -> Result<()> {
        match self.0 {
            Deed::Pass => next.run().await,
            Deed::Refuse => Err(Error::new(Kind::Throttled, "too-much", "later")),
            Deed::RefuseForGood => Err(reject("never")),
            Deed::Panic => panic!("on purpose"),
            Deed::PanicAfterwards => {
                next.run().await?;
                panic!("on purpose")
            }
            Deed::Skip => Ok(()),
            Deed::Hide => {
                let _ = next.run().await;
                Ok(())
            }
            Deed::Replace => {
                let _ = next.run().await;
                Err(Error::new(Kind::Conflict, "replaced", "something else"))
            }
        }
    }
}

async fn broken(_: Broken, cx: Cx<()>) -> Handled {
    cx.publish(Heard {})?;
    Err(Error::new(Kind::Unavailable, "later", "try again"))
}
async fn ask(_: Ask, _: Cx<()>) -> Reply<u32> {
    Ok(7)
}

fn service() -> Service<()> {
    Service::new("fm-x", ())
        .on(async |_: Made, cx: Cx<()>| cx.publish(Heard {}))
        .on(broken)
        .command(async |_: Do, _: Cx<()>| Ok(()))
        .call(ask)
        .http(|cfg| {
            cfg.route("/things/{id}", web::get().to(async || "a thing"))
                .route("/fails", web::get().to(async || Err::<&str, _>(Error::new(Kind::Conflict, "exists", "there is one"))))
                .route("/odd", web::get().to(async || HttpResponse::ImATeapot().body("tea")));
        })
}

fn with(deed: Deed) -> MockBus<()> {
    MockBus::for_service(service().wrap(Doing(deed)))
}

#[actix_rt::test]
async fn every_kind_of_handler_is_surrounded_in_the_order_of_the_layers() {
    let log = Log::default();
    let bus = MockBus::for_service(service().wrap(Noting("a", log.clone())).wrap(Noting("b", log.clone())));
    bus.deliver(Made {}).await.acked();
    bus.command(Do {}).await.acked();
    assert_eq!(bus.call(Ask {}).await.unwrap(), 7);
    assert_eq!(bus.get("/things/7").await.body, b"a thing");
    let passed = |name: &str, end: &str| [format!("a > {name}"), format!("b > {name}"), format!("b < {end}"), format!("a < {end}")];
    let expected = [
        passed("Event thing.made", "ok"),
        passed("Command fm-x/do", "ok"),
        passed("Call fm-x/ask", "ok"),
        passed("Http GET /things/{id}", "ok 200"),
    ];
    assert_eq!(*log.lock().unwrap(), expected.concat());
}

#[actix_rt::test]
async fn a_middleware_sees_how_a_handler_failed() {
    let log = Log::default();
    let bus = MockBus::for_service(service().wrap(Noting("a", log.clone())));
    assert_eq!(bus.get("/fails").await.code(), "exists");
    assert_eq!(bus.get("/odd").await.status, 418);
    assert_eq!(bus.get("/nowhere").await.code(), "not-found");
    assert_eq!(bus.deliver(Broken {}).await.dead_letter().code(), "later");
    let log = log.lock().unwrap();
    assert_eq!(log[..6], ["a > Http GET /fails", "a < exists 409", "a > Http GET /odd", "a < ok 418", "a > Http GET none", "a < ok 404"]);
    assert_eq!(log[6..].iter().filter(|l| *l == "a < later").count(), 6, "each attempt");
}

#[actix_rt::test]
async fn a_middleware_that_panics_fails_the_attempt_as_a_handler_that_panics_does() {
    for deed in [Deed::Panic, Deed::PanicAfterwards] {
        let bus = with(deed);
        let delivered = bus.deliver(Made {}).await;
        assert_eq!((delivered.dead_letter().code(), delivered.attempts()), ("panic", 6), "{deed:?}");
        bus.published::<Heard>().none();
        assert_eq!(bus.call(Ask {}).await.unwrap_err().kind(), Kind::Internal, "{deed:?}");
        let answer = bus.get("/things/7").await;
        assert_eq!((answer.status, answer.code().as_str()), (500, "internal"), "{deed:?}");
        assert!(!String::from_utf8_lossy(&answer.body).contains("purpose"), "{deed:?}");
    }
}

#[actix_rt::test]
async fn a_refusal_is_retried_unless_it_is_permanent_and_is_a_problem_over_http() {
    for (deed, code, attempts, status) in [(Deed::Refuse, "too-much", 6, 429), (Deed::RefuseForGood, "rejected", 1, 422)] {
        let bus = with(deed);
        let delivered = bus.deliver(Made {}).await;
        assert_eq!((delivered.dead_letter().code(), delivered.attempts()), (code, attempts), "{deed:?}");
        bus.published::<Heard>().none();
        assert_eq!(bus.call(Ask {}).await.unwrap_err().code(), code, "{deed:?}");
        let answer = bus.get("/things/7").await;
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{deed:?}");
    }
}

#[actix_rt::test]
async fn an_invocation_that_is_neither_run_nor_refused_has_failed() {
    let bus = with(Deed::Skip);
    assert_eq!(bus.deliver(Made {}).await.dead_letter().code(), "handler-skipped");
    assert_eq!(bus.call(Ask {}).await.unwrap_err().code(), "handler-skipped");
    assert_eq!(bus.get("/things/7").await.status, 500);
}

#[actix_rt::test]
async fn a_handlers_error_can_be_replaced_and_not_hidden() {
    let hidden = with(Deed::Hide);
    assert_eq!(hidden.deliver(Broken {}).await.dead_letter().code(), "later");
    hidden.published::<Heard>().none();
    assert_eq!(hidden.get("/fails").await.code(), "exists");
    let replaced = with(Deed::Replace);
    assert_eq!(replaced.deliver(Broken {}).await.dead_letter().code(), "replaced");
    assert_eq!(replaced.get("/fails").await.code(), "replaced");
    assert_eq!(replaced.get("/things/7").await.code(), "replaced");
    let passed = with(Deed::Pass);
    assert_eq!(passed.deliver(Broken {}).await.dead_letter().code(), "later");
    assert_eq!(passed.get("/fails").await.code(), "exists");
}

/// Puts the caller's name into the context.
struct Naming;
#[derive(Debug, PartialEq)]
struct Caller(Option<String>);

impl Middleware for Naming {
    async fn handle(&self, invocation: &Invocation, next: Next<'_>) -> Result<()> {
        invocation.insert(Caller(invocation.identity().map(|who| who.sub().to_owned())));
        next.run().await
    }
}

#[actix_rt::test]
async fn a_handler_finds_what_a_middleware_put_beside_its_message_or_request() {
    let seen = Log::default();
    let log = seen.clone();
    let service = Service::new("fm-x", log)
        .wrap(Naming)
        .command(async |_: Do, cx: Cx<Log>| {
            cx.state.lock().unwrap().push(format!("{:?}", cx.context::<Caller>()));
            assert!(cx.context::<u8>().is_none());
            Ok(())
        })
        .http(|cfg| {
            cfg.route("/who", web::get().to(async |work: Work| format!("{:?}", work.context::<Caller>())));
        });
    let bus = MockBus::for_service(service);
    assert_eq!(bus.get("/who").await.body, b"Some(Caller(None))");
    bus.sign_in("ann", &[]);
    assert_eq!(bus.get("/who").await.body, br#"Some(Caller(Some("ann")))"#);
    bus.command(Do {}).await.acked();
    assert_eq!(*seen.lock().unwrap(), [r#"Some(Caller(Some("ann")))"#]);
    bus.token("not a token");
    assert_eq!(bus.get("/who").await.status, 401, "the handler refuses it");
}

#[actix_rt::test]
async fn the_kinds_of_invocation_are_told_apart() {
    struct EventsOnly;
    impl Middleware for EventsOnly {
        async fn handle(&self, invocation: &Invocation, next: Next<'_>) -> Result<()> {
            if invocation.kind() == InvocationKind::Event { next.run().await } else { Err(reject("events only")) }
        }
    }
    let bus = MockBus::for_service(service().wrap(EventsOnly));
    bus.deliver(Made {}).await.acked();
    assert_eq!(bus.command(Do {}).await.dead_letter().code(), "rejected");
    assert_eq!(bus.get("/things/1").await.status, 422);
}

/// On a server, where a panic must cost one request and no worker.
#[actix_rt::test]
async fn a_server_answers_on_when_a_middleware_panics_and_its_health_passes_by() {
    let identities = TestIdentities::new();
    let backends = Backends {
        transport: Arc::new(MemoryBus::default()),
        store: Arc::new(Sqlite::in_memory().unwrap()),
        registry: identities.registry(),
        verifier: identities.verifier().into_inner(),
        delegate: identities.delegate("fm-x"),
    };
    let application = Application::on(service().wrap(Doing(Deed::Panic)), Settings::memory(), "one", backends).unwrap();
    let url = format!("http://{}", application.address().unwrap());
    let running = actix_rt::spawn(application.run(std::future::pending()));
    let client = awc::Client::default();
    let get = async |path: &str| {
        let mut answer = client.get(format!("{url}{path}")).send().await.unwrap();
        (answer.status().as_u16(), String::from_utf8(answer.body().await.unwrap().to_vec()).unwrap())
    };
    eventually("it is ready", Duration::from_secs(20), async || get("/health/ready").await.0 == 200).await;
    for _ in 0..3 {
        let (status, body) = get("/things/7").await;
        assert!(status == 500 && body.contains(r#""code":"internal""#), "{status} {body}");
    }
    assert_eq!(get("/health/live").await.0, 200);
    assert!(get("/metrics").await.1.contains("http_requests_total"));
    running.abort();
}
