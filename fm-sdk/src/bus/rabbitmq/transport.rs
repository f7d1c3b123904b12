use super::{
    Counters, Shared,
    address::Address,
    caller,
    health::Health,
    intake::InFlight,
    options::Options,
    outgoing::Outgoing,
    parking,
    publisher::{Job, Publisher, closed},
    sender::Sender,
    supervisor::{Control, Subscriber, Supervisor},
    topology,
};
use crate::{
    BoxFuture, Envelope, Error, Kind, Result, ResultExt, Transport,
    bus::transport::{Audience, Connection, Consume, Incoming, Parked},
};
use crossbeam_channel::unbounded;
use std::{sync::Arc, time::Duration};
use tokio::{
    runtime::Handle,
    sync::{oneshot, watch},
    time::timeout,
};

const SETTLE: Duration = Duration::from_secs(1);
const CLOSE: Duration = Duration::from_secs(6);

/// The bus on RabbitMQ. Connects in the background and for ever; [`Transport::connection`] tells how it goes.
pub struct RabbitMq {
    shared: Arc<Shared>,
    publisher: Publisher,
    control: crossbeam_channel::Sender<Control>,
    in_flight: Arc<InFlight>,
}

impl RabbitMq {
    /// Starts to connect to the first broker of the list that can be reached: AMQP URLs, comma separated, the virtual host in the path.
    /// A broker that is away is no error: it is tried until it is there.
    ///
    /// # Errors
    /// An address is not one.
    pub fn connect(urls: &str) -> Result<RabbitMq> {
        Options::new(urls).connect()
    }

    pub(super) fn start(addresses: Vec<Address>, options: Options) -> Result<RabbitMq> {
        let shared = Arc::new(Shared {
            addresses,
            options,
            health: Health::new(),
            tally: Default::default(),
            waits: Default::default(),
            parking: Default::default(),
        });
        let ((jobs, todo), (control, told)) = (unbounded(), unbounded());
        let publisher = Publisher::new(jobs, shared.clone());
        let in_flight = Arc::new(InFlight::default());
        let sender = Sender::new(shared.clone(), todo);
        std::thread::Builder::new().name("fm-bus-publish".into()).spawn(move || sender.run()).internal()?;
        let supervisor = Supervisor { shared: shared.clone(), publisher: publisher.clone(), control: told, in_flight: in_flight.clone() };
        std::thread::Builder::new().name("fm-bus-consume".into()).spawn(move || supervisor.run()).internal()?;
        Ok(RabbitMq { shared, publisher, control, in_flight })
    }

    /// Reads what happened since the start, for metrics.
    pub fn counters(&self) -> Counters {
        self.shared.tally.read()
    }

    fn tell<T>(&self, c: impl FnOnce(oneshot::Sender<T>) -> Control) -> oneshot::Receiver<T> {
        let (done, heard) = oneshot::channel();
        let _ = self.control.send(c(done));
        heard
    }
}

impl std::fmt::Debug for RabbitMq {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let addresses: Vec<String> = self.shared.addresses.iter().map(ToString::to_string).collect();
        f.debug_struct("RabbitMq").field("addresses", &addresses).finish_non_exhaustive()
    }
}

impl Transport for RabbitMq {
    fn publish(&self, message: Envelope) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move { self.publisher.publish(Outgoing::published(message)?).await })
    }

    fn request(&self, message: Envelope, within: Duration) -> BoxFuture<'_, Result<String>> {
        Box::pin(caller::request(&self.publisher, message, within))
    }

    fn consume(&self, what: Consume, into: async_channel::Sender<Incoming>) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            let attempts = 1..what.retry.attempts;
            self.shared.waits.lock().unwrap_or_else(|e| e.into_inner()).extend(attempts.filter_map(|n| what.retry.after(n)));
            let started = self.tell(|started| {
                let (stopping, runtime) = (watch::Sender::new(false), Handle::current());
                Control::Consume(Subscriber { what, into, runtime, started: Some(started), stopping })
            });
            started.await.map_err(|_| closed())?
        })
    }

    fn stop_consuming(&self) -> BoxFuture<'_, ()> {
        Box::pin(async move { drop(self.tell(Control::Stop).await) })
    }

    fn counters(&self) -> Counters {
        RabbitMq::counters(self)
    }

    fn connection(&self) -> watch::Receiver<Connection> {
        self.shared.health.watch()
    }

    fn parked(&self, service: &str, limit: usize) -> BoxFuture<'_, Result<Vec<Parked>>> {
        Box::pin(parking::list(self.shared.clone(), service.to_owned(), limit))
    }

    fn drop_parked(&self, service: &str, id: &str) -> BoxFuture<'_, Result<Option<Parked>>> {
        Box::pin(parking::take(self.shared.clone(), service.to_owned(), id.to_owned()))
    }

    fn deliver_to(&self, service: &str, audience: Audience, message: Envelope) -> BoxFuture<'_, Result<()>> {
        let queue = topology::queue(service, audience);
        Box::pin(async move {
            if !matches!(audience, Audience::Service | Audience::Command) {
                return Err(Error::new(Kind::Invalid, "not-replayable", "only events and commands of a service can be delivered again"));
            }
            self.publisher.publish(Outgoing::to_queue(queue, message)?).await
        })
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            self.stop_consuming().await;
            self.in_flight.none(SETTLE).await;
            let (done, flushed) = oneshot::channel();
            let _ = self.publisher.hand_over(Job::Close(done));
            let _ = timeout(CLOSE, flushed).await;
            let _ = timeout(CLOSE, self.tell(Control::Close)).await;
        })
    }
}
