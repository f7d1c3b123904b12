//! One instance from its first bind to the end of its drain, on backends in memory.
#![expect(clippy::unwrap_used, reason = "a test stops where it is wired wrongly")]

use actix_web::web;
use fm_sdk::{
    Application, Backends, Cx, Reply, Service,
    bus::memory::Memory,
    config::Settings,
    messages,
    registry::{MemoryRegistry, services::Services},
    store::Sqlite,
    testing::{TestIdentities, eventually},
};
use std::{future::IntoFuture, sync::Arc, time::Duration};
use tokio::sync::oneshot;

messages! {
    call "fm-echo/say" Say { text: String } -> String;
    event "echo.heard" from "fm-echo" Heard { text: String }
}

async fn say(m: Say, _: Cx<()>) -> Reply<String> {
    // On purpose not `Send` over an await: handlers never leave their thread.
    let text = std::rc::Rc::new(m.text);
    tokio::task::yield_now().await;
    Ok(text.to_string())
}

fn echo() -> Service<()> {
    Service::new("fm-echo", ()).version("1.2.3").call(say).http(|cfg| {
        cfg.route("/api/echo/{text}", web::get().to(async |text: web::Path<String>| text.into_inner()));
    })
}

fn backends(identities: &TestIdentities, transport: Memory) -> Backends {
    Backends {
        transport: Arc::new(transport),
        store: Arc::new(Sqlite::in_memory().unwrap()),
        registry: identities.registry(),
        verifier: identities.verifier().into_inner(),
        delegate: identities.delegate("fm-echo"),
    }
}

async fn get(url: &str) -> (u16, Option<String>, String) {
    let mut response = awc::Client::default().get(url).send().await.unwrap();
    let connection = response.headers().get("connection").map(|v| v.to_str().unwrap().to_owned());
    let body = response.body().await.unwrap();
    (response.status().as_u16(), connection, String::from_utf8(body.to_vec()).unwrap())
}

/// Longer than anything here takes.
const TIMEOUT: Duration = Duration::from_secs(10);

#[actix_rt::test]
async fn an_instance_is_ready_only_when_others_can_find_it() {
    let (identities, registry) = (TestIdentities::new(), MemoryRegistry::new());
    // The registry is lost at the last moment before the instance registers.
    let lost = registry.clone();
    let service = echo().at_start(async move |_, _| {
        lost.cut();
        Ok(())
    });
    let backends = Backends { registry: Arc::new(registry.clone()), ..backends(&identities, Memory::default().connect()) };
    let application = Application::on(service, Settings::memory(), "one", backends).unwrap();
    let url = format!("http://{}", application.address().unwrap());
    let services = Services::new(Arc::new(registry.clone()));
    let (stop, stopped) = oneshot::channel::<()>();
    let running = actix_rt::spawn(application.run(async move { drop(stopped.await) }));

    // It serves whoever knows it, and says that it is not ready.
    eventually("it serves", TIMEOUT, async || get(&format!("{url}/api/echo/hello")).await.0 == 200).await;
    assert_eq!(get(&format!("{url}/health/ready")).await.0, 503);
    assert!(services.instances("fm-echo").is_empty());
    registry.mend();
    eventually("it is ready", TIMEOUT, async || get(&format!("{url}/health/ready")).await.0 == 200).await;
    assert_eq!(services.instances("fm-echo").len(), 1);
    stop.send(()).unwrap();
    running.await.unwrap().unwrap();
}

#[actix_rt::test]
async fn an_instance_registers_serves_answers_calls_and_deregisters() {
    let (identities, memory) = (TestIdentities::new(), Memory::default());
    let settings = Settings { drain: Duration::from_secs(1), metadata: "zone=a".parse().unwrap(), ..Settings::memory() };
    let application = Application::on(echo(), settings, "one", backends(&identities, memory.connect())).unwrap();
    let url = format!("http://{}", application.address().unwrap());
    let (bus, services) = (application.bus(), Services::new(identities.registry()));
    let (stop, stopped) = oneshot::channel::<()>();
    let running = actix_rt::spawn(application.run(async move { drop(stopped.await) }));

    eventually("the registry shows it", TIMEOUT, async || !services.instances("fm-echo").is_empty()).await;
    let instance = services.instances("fm-echo")[0].clone();
    assert_eq!((instance.id.as_str(), instance.url.as_str(), instance.version.as_str()), ("one", url.as_str(), "1.2.3"));
    assert_eq!(instance.metadata["zone"], "a");
    eventually("it is ready", TIMEOUT, async || get(&format!("{url}/health/ready")).await.0 == 200).await;
    assert_eq!(get(&format!("{url}/api/echo/hello")).await, (200, None, "hello".into()));
    let (status, _, body) = get(&format!("{url}/api/nothing")).await;
    assert!(status == 404 && body.contains(r#""code":"not-found""#), "{body}");
    assert_eq!(bus.call(Say { text: "over the bus".into() }).await.unwrap(), "over the bus");
    assert!(get(&format!("{url}/metrics")).await.2.contains("fm-echo/say"));

    stop.send(()).unwrap();
    eventually("the registry shows it", TIMEOUT, async || services.instances("fm-echo").is_empty()).await;
    // It has left the registry and still serves, saying that it goes.
    assert_eq!(get(&format!("{url}/health/ready")).await.0, 503);
    assert_eq!(get(&format!("{url}/api/echo/late")).await, (200, Some("close".into()), "late".into()));
    running.await.unwrap().unwrap();
    assert!(awc::Client::default().get(&url).send().await.is_err());
}

#[actix_rt::test]
async fn two_instances_share_the_calls() {
    let (identities, memory) = (TestIdentities::new(), Memory::default());
    let count = Arc::new([std::sync::atomic::AtomicUsize::new(0), std::sync::atomic::AtomicUsize::new(0)]);
    let mut stops = vec![];
    let mut running = vec![];
    let mut bus = None;
    for i in 0..2 {
        let count = count.clone();
        let service = Service::new("fm-echo", ()).call(async move |m: Say, _: Cx<()>| {
            count[i].fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            tokio::task::yield_now().await;
            Ok(m.text)
        });
        let application = Application::on(service, Settings::memory(), &format!("i{i}"), backends(&identities, memory.connect())).unwrap();
        bus = Some(application.bus());
        let (stop, stopped) = oneshot::channel::<()>();
        stops.push(stop);
        running.push(actix_rt::spawn(application.run(async move { drop(stopped.await) })));
    }
    let services = Services::new(identities.registry());
    eventually("the registry shows it", TIMEOUT, async || services.instances("fm-echo").len() == 2).await;
    let bus = bus.unwrap();
    let calls = (0..200).map(|n| bus.call(Say { text: n.to_string() }).into_future());
    for answer in futures::future::join_all(calls).await {
        answer.expect("an answer");
    }
    let each = [0, 1].map(|i| count[i].load(std::sync::atomic::Ordering::Relaxed));
    assert!(each.iter().all(|n| (60..=140).contains(n)), "{each:?}");
    stops.into_iter().for_each(|s| s.send(()).unwrap());
    for r in running {
        r.await.unwrap().unwrap();
    }
}

#[actix_rt::test]
async fn a_port_that_is_taken_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let settings = Settings { http: taken.local_addr().unwrap().to_string(), ..Settings::memory() };
    let identities = TestIdentities::new();
    let refused = Application::on(echo(), settings, "one", backends(&identities, Memory::default()));
    let message = refused.err().unwrap().to_string();
    assert!(message.contains(&taken.local_addr().unwrap().to_string()), "{message}");
}

/// Ten times what the service can do, for two seconds.
#[actix_rt::test]
async fn an_overloaded_instance_sheds_load_stays_healthy_and_recovers_by_itself() {
    const AT_ONCE: u32 = 4;
    const TAKES: Duration = Duration::from_millis(100);
    const RATE: u32 = AT_ONCE * 10;
    let identities = TestIdentities::new();
    let service = Service::new("fm-slow", ()).http(|cfg| {
        let work = async || {
            tokio::time::sleep(TAKES).await;
            "done"
        };
        cfg.route("/work", web::get().to(work));
    });
    let settings = Settings { max_requests: AT_ONCE, ..Settings::memory() };
    let application = Application::on(service, settings, "one", backends(&identities, Memory::default())).unwrap();
    let url = format!("http://{}", application.address().unwrap());
    let running = actix_rt::spawn(application.run(std::future::pending()));
    let services = Services::new(identities.registry());
    eventually("the registry shows it", TIMEOUT, async || !services.instances("fm-slow").is_empty()).await;

    let client = awc::Client::builder().timeout(TIMEOUT).connector(awc::Connector::new().limit(0)).finish();
    let ask = async |client: awc::Client, path: String| {
        let mut answer = client.get(path).send().await.unwrap();
        let after = answer.headers().get("retry-after").is_some();
        (answer.status().as_u16(), after, String::from_utf8(answer.body().await.unwrap().to_vec()).unwrap())
    };
    let mut asked = Vec::new();
    let mut tick = tokio::time::interval(TAKES / 10);
    for _ in 0..2 * RATE * 10 / 4 {
        tick.tick().await;
        asked.extend((0..4).map(|_| actix_rt::spawn(ask(client.clone(), format!("{url}/work")))));
    }
    assert_eq!(get(&format!("{url}/health/ready")).await.0, 200, "it is busy, not sick");
    let (mut done, mut refused) = (0, 0);
    for answer in asked {
        match answer.await.unwrap() {
            (200, false, body) if body == "done" => done += 1,
            (503, true, body) if body.contains(r#""code":"overloaded""#) => refused += 1,
            other => panic!("{other:?}"),
        }
    }
    println!("{done} done, {refused} refused, in two seconds at {RATE}/s");
    assert!(done >= RATE && refused > done, "{done} done, {refused} refused");
    assert_eq!(get(&format!("{url}/work")).await, (200, None, "done".into()), "it has recovered");
    let counted = format!("http_requests_turned_away_total {refused}");
    assert!(get(&format!("{url}/metrics")).await.2.lines().any(|l| l == counted), "{counted}");
    running.abort();
}
