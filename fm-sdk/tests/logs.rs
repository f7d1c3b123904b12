//! What an operator reads: warnings name the trace, and a clean stop warns of nothing.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use fm_sdk::{Cx, Error, Kind, Service, messages, reject, testing::MockBus, trace};
use log::{Level, LevelFilter, Log, Metadata, Record};
use std::sync::{Mutex, Once, PoisonError};

/// A line of the log, and the trace that it belongs to.
#[derive(Clone, Debug)]
struct Line {
    level: Level,
    target: String,
    /// The message that it is about, where its field `name` says so, and what it says.
    text: String,
    trace: Option<String>,
}

struct Capture(Mutex<Vec<Line>>);
static LOG: Capture = Capture(Mutex::new(Vec::new()));

impl Log for Capture {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }
    fn log(&self, r: &Record<'_>) {
        let trace = trace::current().map(|t| t.trace_id());
        let name = r.key_values().get("name".into()).map_or_else(String::new, |name| format!("{name}: "));
        let line = Line { level: r.level(), target: r.target().into(), text: format!("{name}{}", r.args()), trace };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }
    fn flush(&self) {}
}

/// The lines so far that fit.
fn lines(fits: impl Fn(&Line) -> bool) -> Vec<Line> {
    LOG.0.lock().unwrap_or_else(PoisonError::into_inner).iter().filter(|l| fits(l)).cloned().collect()
}

fn capture() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        log::set_logger(&LOG).unwrap();
        log::set_max_level(LevelFilter::Debug);
    });
}

messages! { event "thing.happened" from any Happened { hopeless: bool } }

fn failing() -> Service<()> {
    let fail =
        async |m: Happened, _: Cx<()>| Err(if m.hopeless { reject("no") } else { Error::new(Kind::Unavailable, "later", "not yet") });
    Service::new("fm-probe", ()).on(fail).on_each_instance(fail)
}

#[actix_rt::test]
async fn every_warning_about_a_failed_handler_names_the_trace_of_its_message() {
    capture();
    for (id, hopeless) in [("0af7651916cd43dd8448eb211c80319c", false), ("4bf92f3577b34da6a3ce929d0e0e4736", true)] {
        let bus = MockBus::for_service(failing());
        let parent = format!("00-{id}-b7ad6b7169203331-01");
        let _ = bus.deliver_edited(Happened { hopeless }, |m| m.trace = Some(parent)).await.dead_letter();
        let expected = if hopeless { 2 } else { 2 * fm_sdk::backend::Retry::ATTEMPTS as usize };
        let of_the_message = |l: &Line| l.text.contains("thing.happened");
        let warnings = lines(|l| l.level == Level::Warn && of_the_message(l) && l.trace.as_deref() == Some(id));
        assert_eq!(warnings.len(), expected, "{:?}", lines(of_the_message));
    }
}

#[cfg(feature = "rabbitmq")]
mod rabbitmq {
    use super::*;
    use fm_sdk::{
        Application, Backends,
        bus::rabbitmq::RabbitMq,
        config::Settings,
        registry::services::Services,
        store::Sqlite,
        testing::{TestIdentities, eventually},
    };
    use fm_sdk_testing::servers::RabbitMqServer;
    use std::{sync::Arc, time::Duration};
    use tokio::sync::oneshot;

    #[actix_rt::test]
    async fn a_clean_stop_warns_of_nothing() {
        capture();
        let url = RabbitMqServer::shared().unwrap().url_for_vhost().unwrap();
        let identities = TestIdentities::new();
        let backends = Backends {
            transport: Arc::new(RabbitMq::connect(&url).unwrap()),
            store: Arc::new(Sqlite::in_memory().unwrap()),
            registry: identities.registry(),
            verifier: identities.verifier().into_inner(),
            delegate: identities.delegate("fm-probe"),
        };
        let application = Application::on(failing(), Settings::memory(), "one", backends).unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let running = actix_rt::spawn(application.run(async move { drop(stopped.await) }));
        let services = Services::new(identities.registry());
        eventually("it is up", Duration::from_secs(30), async || !services.instances("fm-probe").is_empty()).await;
        stop.send(()).unwrap();
        running.await.unwrap().unwrap();
        let of_the_bus = |l: &Line| l.target.starts_with("fm_sdk::bus") || l.target.starts_with("fm_sdk::health");
        assert!(!lines(of_the_bus).is_empty(), "the bus writes to this log");
        let warnings = lines(|l| l.level <= Level::Warn && of_the_bus(l));
        assert!(warnings.is_empty(), "{warnings:?}");
    }
}
