use super::{
    super::{
        connection::{link::Watch, session_events::SessionEvents},
        consume::{
            in_flight::InFlight,
            mailbox::{Assignment, Mailbox, Session},
            subscription::Subscription,
        },
        publish::publisher::Publisher,
        topology,
    },
    supervisor::SETUP_TIMEOUT,
};
use crate::{
    Error, Kind, Result,
    bus::transport::{Audience, Consume},
};
use amiquip::Connection;
use crossbeam_channel::{RecvTimeoutError, bounded};
use std::{sync::Arc, time::Instant};
use tokio::{
    runtime::Handle,
    sync::{oneshot, watch},
};

/// One service that consumes.
pub(in super::super) struct Subscriber {
    pub what: Arc<Consume>,
    /// One per worker.
    pub mailboxes: Vec<Arc<Mailbox>>,
    /// Where tasks run that outlive a worker.
    pub runtime: Handle,
    /// Hears of the first start; after that it is told of gaps.
    pub started: Option<oneshot::Sender<Result<()>>>,
    pub stopping: watch::Sender<bool>,
}

/// The session in which a subscriber is started.
pub(super) struct Starting<'a> {
    pub publisher: &'a Arc<Publisher>,
    pub in_flight: &'a Arc<InFlight>,
    pub events: SessionEvents,
    pub link: &'a Watch,
}

/// Why it did not start.
pub(super) enum Failure {
    /// The connection was lost, or something that passes.
    Lost(String),
    /// The broker will say no again: wrong arguments, no rights.
    Refused(Error),
}

impl Subscriber {
    /// Declares what a service needs and gives each of its workers a channel.
    pub(super) fn start(&self, by: &Starting<'_>, connection: &mut Connection) -> std::result::Result<Vec<(Audience, String)>, Failure> {
        let Starting { publisher, events, link, .. } = by;
        let (shared, options) = (&publisher.shared, &publisher.shared.options);
        let channel = connection.open_channel(None).map_err(failure)?;
        shared.declare_common(&channel).map_err(failure)?;
        let queues = topology::declare_service(&channel, options.queues, options.calls, &self.what).map_err(failure)?;
        channel.close().map_err(failure)?;
        let (started, starts) = bounded(self.mailboxes.len());
        for (n, mailbox) in self.mailboxes.iter().enumerate() {
            // One worker alone takes what every instance gets, so that it hears of a gap before the first message after it.
            let own = queues.iter().filter(|(audience, _)| n == 0 || *audience != Audience::EachInstance);
            let subscriptions: Vec<_> = own.map(|(audience, queue)| self.subscription(by, *audience, queue, mailbox)).collect();
            if subscriptions.is_empty() {
                continue;
            }
            let channel = connection.open_channel(None).map_err(failure)?;
            // The queue is bound, so from here on nothing is missed; the service hears of the gap before it gets the first message.
            let gap = self.started.is_none() && subscriptions.iter().any(|s| s.audience == Audience::EachInstance);
            let session = Session { subscriptions, gap, link: (*link).clone(), events: events.clone() };
            mailbox.assign(Assignment { channel, session, started: started.clone() });
        }
        drop(started);
        // Later a worker may be busy with something; it starts when it can.
        if self.started.is_some() {
            let until = Instant::now() + SETUP_TIMEOUT;
            loop {
                match starts.recv_deadline(until) {
                    Ok(result) => result.map_err(failure)?,
                    Err(RecvTimeoutError::Disconnected) => break,
                    Err(RecvTimeoutError::Timeout) => return Err(Failure::Lost("the workers did not start in time".into())),
                }
            }
        }
        Ok(queues)
    }

    fn subscription(&self, by: &Starting<'_>, audience: Audience, queue: &str, mailbox: &Arc<Mailbox>) -> Arc<Subscription> {
        Arc::new(Subscription {
            what: self.what.clone(),
            audience,
            queue: queue.to_owned(),
            publisher: by.publisher.clone(),
            mailbox: mailbox.clone(),
            in_flight: by.in_flight.clone(),
            stopping: self.stopping.subscribe(),
            events: by.events.clone(),
            runtime: self.runtime.clone(),
        })
    }
}

fn failure(e: amiquip::Error) -> Failure {
    match e {
        // The broker's text names the argument that differs, what is there and what was wanted.
        amiquip::Error::ServerClosedChannel { code: code @ (403 | 406), message, .. } => Failure::Refused(Error::new(
            Kind::Conflict,
            "bus-topology",
            format!("the message broker refuses what this service needs: {message} ({code})"),
        )),
        e => Failure::Lost(e.to_string()),
    }
}
