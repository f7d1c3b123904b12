//! Queues and dead letters, on a real broker.

use super::respond;
use crate::support::{Authority, Browser, Operator, TestApp, put, table_of};
use fm_sdk::{
    Cx, Envelope, Error, Kind, MessageKind, Service,
    backend::{Audience, Backends, RabbitMq, Transport},
    config::{Settings, TlsFiles},
    messages,
    registry::{MemoryRegistry, services::Instance},
    store::Sqlite,
    testing::{TestIdentities, eventually},
};
use fm_sdk_testing::servers::{RabbitMqServer, ServerTls};
use serde_json::{Value, json};
use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::sync::oneshot;

messages! {
    event "car.listed" from "fm-cars" Listed { car: String }
}

/// Longer than anything here takes.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A service that handles events, unless it is told to refuse them, and a gateway beside it.
struct Market {
    app: TestApp,
    admin: Operator,
    broken: Arc<AtomicBool>,
    handled: Arc<AtomicUsize>,
    bus: fm_sdk::Bus,
    transport: Arc<RabbitMq>,
    _stop: oneshot::Sender<()>,
}

async fn market() -> Market {
    let url = RabbitMqServer::shared().unwrap().url_for_vhost().unwrap();
    let registry = MemoryRegistry::new();
    put(&registry, &table_of(respond("first")).to_string()).await;
    let app = TestApp::on(registry.clone(), tempfile::tempdir().unwrap(), |settings, _| settings.bus = url.parse().unwrap());
    app.loaded().await;
    let (broken, handled) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicUsize::new(0)));
    let (is_broken, count) = (broken.clone(), handled.clone());
    let service = Service::new("fm-cars", ()).on(async move |_: Listed, _: Cx<()>| {
        if is_broken.load(Relaxed) {
            return Err(Error::new(Kind::Forbidden, "test-broken", "the handler \u{1b}[2J is broken"));
        }
        count.fetch_add(1, Relaxed);
        Ok(())
    });
    let identities = TestIdentities::in_registry(registry);
    let transport = Arc::new(RabbitMq::connect(&url).unwrap());
    let backends = Backends {
        transport: transport.clone(),
        store: Arc::new(Sqlite::in_memory().unwrap()),
        registry: identities.registry(),
        verifier: identities.verifier().into_inner(),
        delegate: identities.delegate("fm-cars"),
    };
    let cars = fm_sdk::Application::on(service, Settings::memory(), "one", backends).unwrap();
    let bus = cars.bus();
    let (stop, stopped) = oneshot::channel::<()>();
    actix_rt::spawn(cars.run(async move { drop(stopped.await) }));
    let admin = Operator::admin(&app).await;
    eventually("fm-cars is registered", TIMEOUT, async || !app.services().instances("fm-cars").is_empty()).await;
    Market { app, admin, broken, handled, bus, transport, _stop: stop }
}

impl Market {
    async fn dead_letters(&self) -> Vec<Value> {
        self.admin.get("/bus/fm-cars/dead-letters").await.json()["dead_letters"].as_array().cloned().unwrap_or_default()
    }

    /// Publishes an event that the service cannot handle, and gives its id when it is a dead letter.
    async fn dead_letter(&self) -> String {
        self.bus.as_service().publish_now(&Listed { car: "secret-body".into() }).await.unwrap();
        eventually("the event is a dead letter", TIMEOUT, async || self.dead_letters().await.len() == 1).await;
        self.dead_letters().await[0]["id"].as_str().unwrap().to_owned()
    }

    async fn queue(&self, name: &str) -> Value {
        let queues = self.admin.get("/bus").await.json()["queues"].clone();
        queues.as_array().unwrap().iter().find(|queue| queue["name"] == name).cloned().unwrap_or_default()
    }

    async fn actions(&self) -> Vec<String> {
        let events = self.admin.get("/audit").await.json()["events"].clone();
        events
            .as_array()
            .unwrap()
            .iter()
            .map(|event| format!("{} {}", event["action"].as_str().unwrap(), event["target"].as_str().unwrap()))
            .collect()
    }
}

#[actix_rt::test]
async fn a_dead_letter_is_shown_with_its_cause_and_replayed() {
    let market = market().await;
    let id = market.dead_letter().await;
    let letter = market.dead_letters().await[0].clone();
    assert_eq!(
        (&letter["name"], &letter["code"], &letter["attempts"], &letter["queue"]),
        (&json!("car.listed"), &json!("test-broken"), &json!(1), &json!("events"))
    );
    assert!(letter["cause"].as_str().unwrap().contains("is broken"), "{letter}");
    eventually("the depth is shown", TIMEOUT, async || market.queue("fm.fm-cars.parking").await["messages"] == 1).await;
    assert_eq!(market.queue("fm.fm-cars.events").await["consumers"], 1, "{}", market.queue("fm.fm-cars.events").await);

    let shown = market.admin.get(&format!("/bus/fm-cars/dead-letter?id={id}")).await;
    assert!(shown.json()["body"].as_str().unwrap().contains("secret-body"), "{}", shown.text());
    assert!(!shown.text().contains("token"), "whoever has a message's token could send it: {}", shown.text());

    market.broken.store(false, Relaxed);
    let replayed = market.admin.json("POST", "/bus/fm-cars/dead-letters/replay", json!({"id": id})).await;
    assert_eq!(replayed.status, 200, "{}", replayed.text());
    eventually("the handler gets it again", TIMEOUT, async || market.handled.load(Relaxed) == 1).await;
    assert!(market.dead_letters().await.is_empty());
    let again = market.admin.json("POST", "/bus/fm-cars/dead-letters/replay", json!({"id": id})).await;
    assert_eq!((again.status, again.code()), (404, "dead-letter-unknown".into()));
    assert_eq!(
        market.actions().await.iter().filter(|action| action.starts_with("dead-letter")).collect::<Vec<_>>(),
        [&format!("dead-letter.replay fm-cars {id}")]
    );
}

#[actix_rt::test]
async fn a_dead_letter_is_dropped_by_an_administrator_only() {
    let market = market().await;
    let id = market.dead_letter().await;
    let editor = Operator::user(&market.app, &market.admin, "ed", "editor").await;
    assert_eq!(editor.json("POST", "/bus/fm-cars/dead-letters/drop", json!({"id": id})).await.status, 403);
    let viewer = Operator::user(&market.app, &market.admin, "vi", "viewer").await;
    assert_eq!(viewer.get("/bus/fm-cars/dead-letters").await.status, 200);
    assert_eq!(viewer.get(&format!("/bus/fm-cars/dead-letter?id={id}")).await.status, 403, "what messages say is about users");
    let dropped = market.admin.json("POST", "/bus/fm-cars/dead-letters/drop", json!({"id": id})).await;
    assert_eq!(dropped.json()["dropped"]["id"], json!(id), "{}", dropped.text());
    assert!(market.dead_letters().await.is_empty());
    assert!(market.actions().await.contains(&format!("dead-letter.drop fm-cars {id}")));
    assert_eq!(market.handled.load(Relaxed), 0);
}

#[actix_rt::test]
async fn a_message_whose_token_has_expired_or_is_wrong_is_not_replayed() {
    let market = market().await;
    let expired = market.dead_letter().await;
    // No service has vouched for this one.
    let forged = Envelope::new(MessageKind::Event, "car.listed", &json!({"car": "x"}), "fm-cars").unwrap();
    market.transport.deliver_to("fm-cars", Audience::Service, forged.clone()).await.unwrap();
    eventually("the forged event is a dead letter", TIMEOUT, async || market.dead_letters().await.len() == 2).await;
    market.broken.store(false, Relaxed);
    market.app.identities.advance(Duration::from_secs(8 * 24 * 3600));
    for (id, code) in [(&expired, "dead-letter-expired"), (&forged.id, "dead-letter-refused")] {
        let reply = market.admin.json("POST", "/bus/fm-cars/dead-letters/replay", json!({"id": id})).await;
        assert_eq!((reply.status, reply.code()), (409, code.into()), "{}", reply.text());
    }
    assert_eq!(market.dead_letters().await.len(), 2, "they stay where they are");
    assert!(!market.actions().await.iter().any(|action| action.starts_with("dead-letter")), "what was not done is not in the log");
}

#[actix_rt::test]
async fn the_pages_ask_before_they_replay_or_drop() {
    let market = market().await;
    let id = market.dead_letter().await;
    let browser = Browser::of(&market.admin);
    let list = browser.page("/admin/bus/fm-cars").await;
    assert!(list.contains("car.listed") && list.contains("\\u{1b}") && !list.contains('\u{1b}'), "{list}");
    assert!(browser.page("/admin/bus").await.contains("fm.fm-cars.events"));
    let show = format!("/admin/bus/fm-cars/dead-letter?id={id}");
    assert!(browser.page(&show).await.contains("secret-body"));
    for action in ["replay", "drop"] {
        let unconfirmed = browser.post(&format!("/admin/bus/fm-cars/{action}"), &[("id", &id)]).await;
        assert_eq!(unconfirmed.status, 422, "{}", unconfirmed.text());
        assert!(browser.page(&format!("{show}&confirm={action}")).await.contains("name=\"sure\" value=\"yes\""));
    }
    assert_eq!(market.dead_letters().await.len(), 1);
    assert_eq!(browser.post("/admin/bus/fm-cars/drop", &[("id", &id), ("sure", "yes")]).await.status, 303);
    assert!(browser.page("/admin/bus/fm-cars?lang=de").await.contains("jede Nachricht wurde verarbeitet"));
}

#[actix_rt::test]
async fn queues_and_dead_letters_are_read_by_tls_with_a_client_certificate() {
    let (authority, folder) = (Authority::new(), tempfile::tempdir().unwrap());
    let at = |name: &str| folder.path().join(name);
    let server = authority.sign(&["localhost"]);
    for (name, text) in [("ca.pem", &authority.pem), ("server.pem", &server.chain), ("server.key", &server.key)] {
        fs::write(at(name), text).unwrap();
    }
    authority.sign(&["fm-gateway"]).write(&at("client.pem"));
    let tls = ServerTls { certificate: at("server.pem"), key: at("server.key"), authority: at("ca.pem") };
    let server = RabbitMqServer::start_with_tls(&tls).unwrap();
    let vhost = server.url_for_vhost().unwrap().rsplit('/').next().unwrap().to_owned();
    let url = format!("amqps://guest:guest@localhost:{}/{vhost}", server.tls_port().unwrap());
    let files = TlsFiles { authorities: Some(at("ca.pem")), identity: Some(at("client.pem")) };

    let bus = RabbitMq::connect_with(&url, &files).unwrap();
    // Nobody listens to it.
    bus.publish(Envelope::new(MessageKind::Event, "car.listed", &json!({"car": "x"}), "fm-cars").unwrap()).await.unwrap();
    bus.close().await;
    let gateway = async |files: TlsFiles| {
        let registry = MemoryRegistry::new();
        put(&registry, &table_of(respond("first")).to_string()).await;
        let app = TestApp::on(registry, tempfile::tempdir().unwrap(), |settings, _| {
            settings.bus = url.parse().unwrap();
            (settings.tls_ca, settings.tls_identity) = (files.authorities, files.identity);
        });
        app.loaded().await;
        let admin = Operator::admin(&app).await;
        (app, admin)
    };
    let (app, admin) = gateway(files.clone()).await;
    let _cars = app.services().register(Instance::new("fm-cars", "one", "http://127.0.0.1:9")).unwrap();
    let queues = admin.get("/bus").await.json();
    let unrouted = queues["queues"].as_array().unwrap().iter().find(|queue| queue["name"] == "fm.unrouted").unwrap();
    assert_eq!((&unrouted["messages"], &unrouted["consumers"]), (&json!(1), &json!(0)), "{queues}");
    eventually("fm-cars is known", TIMEOUT, async || admin.get("/bus/fm-cars/dead-letters").await.status == 200).await;
    assert_eq!(admin.get("/bus/fm-cars/dead-letters").await.json()["dead_letters"], json!([]));

    let (_app, admin) = gateway(TlsFiles { authorities: None, ..files }).await;
    let refused = admin.get("/bus").await;
    assert_eq!((refused.status, refused.code()), (503, "bus-unreachable".into()));
    assert!(refused.text().contains("tls-untrusted"), "{}", refused.text());
}

#[actix_rt::test]
async fn a_broker_that_is_unreachable_is_named_and_nothing_hangs() {
    let [port] = fm_sdk_testing::servers::free_ports::<1>().unwrap();
    let registry = MemoryRegistry::new();
    put(&registry, &table_of(respond("first")).to_string()).await;
    let url = format!("amqp://127.0.0.1:{port}");
    let app = TestApp::on(registry, tempfile::tempdir().unwrap(), |settings, _| settings.bus = url.parse().unwrap());
    app.loaded().await;
    let admin = Operator::admin(&app).await;
    assert_eq!(admin.get("/bus").await.code(), "bus-unreachable");
    assert_eq!(admin.get("/bus/fm-gateway/dead-letters").await.code(), "bus-unreachable");
    assert_eq!(admin.get("/bus/no-such/dead-letters").await.code(), "service-unknown");
    assert!(Browser::of(&admin).page("/admin/bus").await.contains("the message broker is unreachable"));
    assert!(Browser::of(&admin).page("/admin/bus?lang=de").await.contains("der Message-Broker ist nicht erreichbar"));
}
