use fm_sdk::{
    ConnectionState, Envelope, MessageKind, Transport,
    bus::{
        rabbitmq::{Options, RabbitMq},
        transport::{Audience, Consume, Delivery, Incoming, Outcome, Retry, Subscription, Worker},
    },
};
use fm_sdk_testing::servers::RabbitMqServer;
use std::{
    sync::{Mutex, MutexGuard, OnceLock, PoisonError},
    time::Duration,
};
use tokio::time::timeout;

pub const TIMEOUT: Duration = Duration::from_secs(60);

/// The broker that is killed and stopped: one test at a time, each with a virtual host of its own. It runs when it is given out.
pub struct Victim {
    pub server: &'static RabbitMqServer,
    _turn: MutexGuard<'static, ()>,
}

impl std::ops::Deref for Victim {
    type Target = RabbitMqServer;
    fn deref(&self) -> &RabbitMqServer {
        self.server
    }
}

pub fn victim() -> Victim {
    static TURN: Mutex<()> = Mutex::new(());
    static SERVER: OnceLock<RabbitMqServer> = OnceLock::new();
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let server = SERVER.get_or_init(|| RabbitMqServer::start().unwrap());
    // A test that failed may have left it stopped, dead or short of memory.
    let _ = server.cont();
    if server.eval("rabbit:is_running().").is_err() {
        server.restart().unwrap();
    }
    server.eval("vm_memory_monitor:set_vm_memory_high_watermark(0.4).").unwrap();
    Victim { server, _turn: turn }
}

/// A virtual host on the broker that nobody hurts.
pub fn healthy() -> String {
    RabbitMqServer::shared().unwrap().url_for_vhost().unwrap()
}

/// Gives up on a publish late, so that an outage of a test fits in.
pub fn patient(url: &str) -> RabbitMq {
    Options::new(url).publish_within(TIMEOUT).connect().unwrap()
}

/// A worker on this thread that puts what arrives into an inbox.
pub fn here(into: async_channel::Sender<Incoming>) -> Worker {
    on(actix_rt::Arbiter::current(), into)
}

/// The same on another thread.
pub fn on(thread: actix_rt::ArbiterHandle, into: async_channel::Sender<Incoming>) -> Worker {
    Worker::new(thread, move |incoming| drop(into.try_send(incoming)))
}

pub struct Instance {
    pub bus: RabbitMq,
    pub inbox: async_channel::Receiver<Incoming>,
}

pub const EVENT: (Audience, &str) = (Audience::Service, "thing.happened");
pub const EACH: (Audience, &str) = (Audience::EachInstance, "thing.happened");
pub const CALL: (Audience, &str) = (Audience::Call, "worker/answer");
pub const COMMAND: (Audience, &str) = (Audience::Command, "worker/work");

pub fn wants(service: &str, to: &[(Audience, &'static str)]) -> Consume {
    let mut what = Consume::new(service, "i", to.iter().map(|&(audience, name)| Subscription::new(audience, name)).collect());
    what.prefetch = 100;
    what.retry = Retry { attempts: 2, waits: vec![Duration::from_millis(50)] };
    what
}

impl Instance {
    pub async fn start(url: &str, service: &str, to: &[(Audience, &'static str)]) -> Instance {
        let (bus, (into, inbox)) = (patient(url), async_channel::unbounded());
        timeout(TIMEOUT, bus.consume(wants(service, to), vec![here(into)])).await.expect("starts in time").unwrap();
        Instance { bus, inbox }
    }
    /// The next message, and whether a gap was told of before it.
    pub async fn next_after_gap(&self) -> (Delivery, bool) {
        let mut gap = false;
        loop {
            match timeout(TIMEOUT, self.inbox.recv()).await.expect("a message comes").unwrap() {
                Incoming::Gap => gap = true,
                Incoming::Message(d) => return (*d, gap),
            }
        }
    }
    pub async fn next(&self) -> Delivery {
        self.next_after_gap().await.0
    }
    pub async fn done(&self) -> u32 {
        let d = self.next().await;
        let n = d.message.decode().unwrap();
        d.acknowledger.send(Outcome::Ack).unwrap();
        n
    }
}

pub fn event(n: u32) -> Envelope {
    Envelope::new(MessageKind::Event, "thing.happened", &n, "test").unwrap()
}
pub fn call(n: u32) -> Envelope {
    Envelope::new(MessageKind::Call, "worker/answer", &n, "test").unwrap()
}
pub fn command(n: u32) -> Envelope {
    Envelope::new(MessageKind::Command, "worker/work", &n, "test").unwrap()
}

/// Waits until the connection is as wanted; gives it.
pub async fn connection(bus: &RabbitMq, wanted: impl Fn(&ConnectionState) -> bool) -> ConnectionState {
    let mut watch = bus.connection();
    timeout(TIMEOUT, watch.wait_for(|c| wanted(c))).await.expect("in time").unwrap().clone()
}
