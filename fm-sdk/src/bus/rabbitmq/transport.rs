use super::{
    TransportMetrics,
    connection::address::Address,
    consume::{dispatcher::Dispatcher, in_flight::InFlight, mailbox::Mailbox},
    dead_letters,
    options::Options,
    publish::{
        calls,
        outgoing::Outgoing,
        publisher::{Publisher, closed},
    },
    queues,
    sessions::{
        Subscriber,
        supervisor::{Event, Role, Supervisor},
    },
    shared::Shared,
    topology,
};
use crate::{
    BoxFuture, ConnectionState, Envelope, Error, Kind, Result, ResultExt, Transport,
    bus::transport::{Audience, Consume, DeadLetter, ServiceQueue, Worker},
    config::TlsFiles,
};
use crossbeam_channel::Sender;
use std::{sync::Arc, time::Duration};
use tokio::{
    runtime::Handle,
    sync::{oneshot, watch},
    time::timeout,
};

/// A close waits no longer for messages that are being acknowledged.
const SETTLE_TIMEOUT: Duration = Duration::from_secs(1);
const CLOSE_TIMEOUT: Duration = Duration::from_secs(6);

/// The bus on RabbitMQ. Connects in the background, again and again; [`Transport::connection`] tells how it goes.
pub struct RabbitMq {
    publisher: Arc<Publisher>,
    publishing: Sender<Event>,
    consuming: Sender<Event>,
    in_flight: Arc<InFlight>,
}

impl RabbitMq {
    /// Starts to connect to the first broker of the list that can be reached: AMQP URLs, comma separated, the virtual host in the path.
    /// An unreachable broker is no error: it is tried until it can be reached.
    ///
    /// # Errors
    /// An address is not one.
    pub fn connect(urls: &str) -> Result<RabbitMq> {
        Options::new(urls).connect()
    }

    /// Connects over TLS by these files, where an address begins with `amqps:`.
    ///
    /// # Errors
    /// An address is not one, or a file cannot be used.
    pub fn connect_with(urls: &str, files: &TlsFiles) -> Result<RabbitMq> {
        Options::new(urls).tls(files.clone()).connect()
    }

    /// Reads how many messages lie in these queues and how many consumers they have, on a connection of its own; those that do not exist
    /// are left out.
    ///
    /// # Errors
    /// `Unavailable`, if no broker answers within 15 s.
    pub async fn queue_depths(&self, names: Vec<String>) -> Result<Vec<ServiceQueue>> {
        queues::depths(self.publisher.shared.clone(), names).await
    }

    pub(super) fn start(addresses: Vec<Address>, options: Options) -> Result<RabbitMq> {
        let publisher = Publisher::new(Arc::new(Shared::new(addresses, options)));
        let in_flight = Arc::new(InFlight::default());
        let publishing = Supervisor::start(Role::Publish, &publisher, &in_flight).internal()?;
        let consuming = Supervisor::start(Role::Consume, &publisher, &in_flight).internal()?;
        Ok(RabbitMq { publisher, publishing, consuming, in_flight })
    }

    /// Reads what happened since the start, for metrics.
    pub fn metrics(&self) -> TransportMetrics {
        self.publisher.shared.metrics.read()
    }

    /// Consumes by one of the connections.
    async fn consume_by(&self, connection: &Sender<Event>, what: Consume, workers: &[Worker]) -> Result<()> {
        if what.subscriptions.is_empty() {
            return Ok(());
        }
        let mut mailboxes = Vec::with_capacity(workers.len());
        for worker in workers {
            let mailbox = Arc::<Mailbox>::default();
            mailboxes.push(mailbox.clone());
            worker.spawn(move |handler| Dispatcher::new(mailbox, handler).run())?;
        }
        let (started, start) = oneshot::channel();
        let (stopping, runtime) = (watch::Sender::new(false), Handle::current());
        let _ = connection.send(Event::Consume(Subscriber { what: Arc::new(what), mailboxes, runtime, started: Some(started), stopping }));
        start.await.map_err(|_| closed())?
    }
}

fn tell<T>(connection: &Sender<Event>, event: impl FnOnce(oneshot::Sender<T>) -> Event) -> oneshot::Receiver<T> {
    let (done, heard) = oneshot::channel();
    let _ = connection.send(event(done));
    heard
}

/// A transport that is dropped without a word closes its connections too.
impl Drop for RabbitMq {
    fn drop(&mut self) {
        for connection in [&self.publishing, &self.consuming] {
            drop(tell(connection, Event::Stop));
            drop(tell(connection, Event::Close));
        }
    }
}

impl std::fmt::Debug for RabbitMq {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let addresses: Vec<String> = self.publisher.shared.addresses.iter().map(ToString::to_string).collect();
        f.debug_struct("RabbitMq").field("addresses", &addresses).finish_non_exhaustive()
    }
}

impl Transport for RabbitMq {
    fn system(&self) -> &'static str {
        "rabbitmq"
    }
    fn publish(&self, message: Envelope) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move { self.publisher.publish(Outgoing::published(message)?).await })
    }

    fn request(&self, message: Envelope, within: Duration) -> BoxFuture<'_, Result<String>> {
        Box::pin(calls::request(&self.publisher, message, within))
    }

    fn consume(&self, what: Consume, workers: Vec<Worker>) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            self.publisher.shared.add_waits(what.waits());
            let (calls, others) = what.subscriptions.iter().cloned().partition(|s| s.audience == Audience::Call);
            let [calls, others] = [calls, others].map(|subscriptions| Consume { subscriptions, ..what.clone() });
            self.consume_by(&self.publishing, calls, &workers).await?;
            self.consume_by(&self.consuming, others, &workers).await
        })
    }

    fn stop_consuming(&self) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            let stopped = [tell(&self.publishing, Event::Stop), tell(&self.consuming, Event::Stop)];
            futures::future::join_all(stopped).await;
        })
    }

    fn metrics(&self) -> TransportMetrics {
        RabbitMq::metrics(self)
    }

    fn connection(&self) -> watch::Receiver<ConnectionState> {
        self.publisher.shared.state.watch()
    }

    fn dead_letters(&self, service: &str, limit: usize) -> BoxFuture<'_, Result<Vec<DeadLetter>>> {
        Box::pin(dead_letters::list(self.publisher.shared.clone(), service.to_owned(), limit))
    }

    fn drop_dead_letter(&self, service: &str, id: &str) -> BoxFuture<'_, Result<Option<DeadLetter>>> {
        Box::pin(dead_letters::take(self.publisher.shared.clone(), service.to_owned(), id.to_owned()))
    }

    fn queues(&self, service: &str) -> BoxFuture<'_, Result<Vec<ServiceQueue>>> {
        Box::pin(queues::list(self.publisher.shared.clone(), service.to_owned()))
    }

    fn delete_queue(&self, name: &str) -> BoxFuture<'_, Result<()>> {
        Box::pin(queues::delete(self.publisher.shared.clone(), name.to_owned()))
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
            self.in_flight.none(SETTLE_TIMEOUT).await;
            // The one that publishes first: copies of failed messages are acknowledged by the other when they are stored.
            for connection in [&self.publishing, &self.consuming] {
                let _ = timeout(CLOSE_TIMEOUT, tell(connection, Event::Close)).await;
            }
        })
    }
}
