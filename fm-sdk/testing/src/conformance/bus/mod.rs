//! What every transport promises. `fm_sdk::bus_conformance!(fresh());` makes one test per case; `fresh()` is a future that gives a
//! [`Broker`]: a way to connect any number of transports to one broker that nobody else uses.

#[macro_use]
mod cases;
mod calls;
mod dead_letters;
mod delivery;
mod fairness;
mod retries;
mod stopping;

#[doc(hidden)]
pub mod all {
    pub use super::{calls::*, dead_letters::*, delivery::*, fairness::*, retries::*, stopping::*};
}

use fm_sdk::{
    Envelope, MessageKind, Transport,
    bus::transport::{Audience, Consume, Delivery, Incoming, Outcome, Retry, Subscription, Worker},
};
use std::{sync::Arc, time::Duration};
use tokio::time::timeout;

/// Makes one test per case of the suite for the [`Broker`] that the future `$make` gives.
#[macro_export]
macro_rules! bus_conformance {
    ($make:expr) => {
        $crate::bus_delivery!($make);
        $crate::bus_calls!($make);
        $crate::bus_retries!($make);
        $crate::bus_dead_letters!($make);
        $crate::bus_fairness!($make);
        $crate::bus_stopping!($make);
    };
}

/// A broker of the suite's own.
pub struct Broker(Box<dyn Fn() -> Arc<dyn Transport>>);

impl Broker {
    /// Takes what makes one more connection to the same broker, as another process would.
    pub fn new(connect: impl Fn() -> Arc<dyn Transport> + 'static) -> Self {
        Broker(Box::new(connect))
    }
    fn connect(&self) -> Arc<dyn Transport> {
        (self.0)()
    }
    /// Starts an instance of a service that listens to these.
    async fn instance(&self, service: &str, to: &[(Audience, &'static str)]) -> Instance {
        self.tuned(service, to, |_| {}).await
    }
    /// Starts one with other settings than three quick tries and many messages in flight.
    async fn tuned(&self, service: &str, to: &[(Audience, &'static str)], tune: impl FnOnce(&mut Consume)) -> Instance {
        let transport = self.connect();
        let subscriptions = to.iter().map(|&(audience, name)| Subscription::new(audience, name)).collect();
        let mut what = Consume::new(service, uuid::Uuid::new_v4().simple().to_string(), subscriptions);
        what.prefetch = 100;
        what.retry = Retry { attempts: 3, waits: vec![RETRY_DELAY] };
        tune(&mut what);
        let (into, inbox) = async_channel::unbounded();
        let worker = Worker::new(actix_rt::Arbiter::current(), move |incoming| drop(into.try_send(incoming)));
        transport.consume(what, vec![worker]).await.expect("consumes");
        Instance { transport, inbox }
    }
}

/// Longer than anything here takes.
const TIMEOUT: Duration = Duration::from_secs(120);
/// The wait before another try.
const RETRY_DELAY: Duration = Duration::from_millis(50);
/// Long enough for what must not come to have come.
const QUIET: Duration = Duration::from_millis(300);

/// An instance that handles its messages by hand.
struct Instance {
    transport: Arc<dyn Transport>,
    inbox: async_channel::Receiver<Incoming>,
}

impl Instance {
    async fn next(&self) -> Delivery {
        match timeout(TIMEOUT, self.inbox.recv()).await.expect("a message comes").expect("the transport lives") {
            Incoming::Message(d) => *d,
            Incoming::Gap => panic!("a gap without a lost connection"),
        }
    }
    /// Takes the next one and acknowledges it; gives its body.
    async fn done(&self) -> String {
        let d = self.next().await;
        d.acknowledger.send(Outcome::Ack).expect("is awaited");
        d.message.body
    }
    async fn nothing(&self) {
        if let Ok(Ok(Incoming::Message(d))) = timeout(QUIET, self.inbox.recv()).await {
            panic!("{} came: {}", d.message.name, d.message.body);
        }
    }
    /// Publishes by this instance's own connection.
    async fn publish(&self, m: Envelope) {
        self.transport.publish(m).await.expect("is published");
    }
}

fn event(body: u32) -> Envelope {
    message(MessageKind::Event, "thing.happened", body)
}

fn message(kind: MessageKind, name: &str, body: u32) -> Envelope {
    Envelope::new(kind, name, &body, "suite").expect("is JSON")
}

fn command(body: u32) -> Envelope {
    message(MessageKind::Command, "worker/work", body)
}

fn call(body: u32) -> Envelope {
    message(MessageKind::Call, "worker/answer", body)
}

const EVENT: (Audience, &str) = (Audience::Service, "thing.happened");
const EACH: (Audience, &str) = (Audience::EachInstance, "thing.happened");
const COMMAND: (Audience, &str) = (Audience::Command, "worker/work");
const CALL: (Audience, &str) = (Audience::Call, "worker/answer");
