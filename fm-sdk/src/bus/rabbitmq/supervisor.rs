//! The thread that owns the consuming connection, and starts one more per queue.

use super::{
    Shared,
    consumer::{self, Order},
    dialer::Dialer,
    health::{Side, Which, count},
    intake::{InFlight, Intake, Lane},
    publisher::Publisher,
    stream::Link,
    topology,
    verification::{Declared, Finding, verify},
};
use crate::{
    Error, Kind, Result,
    bus::transport::{Audience, Consume, Incoming},
};
use amiquip::Connection;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded, select, tick, unbounded};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    runtime::Handle,
    sync::{oneshot, watch},
};

const STOP: Duration = Duration::from_secs(5);
/// Longer than a healthy broker needs to declare everything.
const SET_UP: Duration = Duration::from_secs(15);
/// How long a deleted exchange, queue or binding goes unnoticed at most.
const VERIFY_INTERVAL: Duration = Duration::from_secs(5);

/// What the thread is told.
pub(super) enum Control {
    Consume(Subscriber),
    Stop(oneshot::Sender<()>),
    Close(oneshot::Sender<()>),
}

/// One service that consumes.
pub(super) struct Subscriber {
    pub what: Consume,
    pub into: async_channel::Sender<Incoming>,
    /// Where its tasks run.
    pub runtime: Handle,
    /// Hears of the first start; after that it is told of gaps.
    pub started: Option<oneshot::Sender<Result<()>>>,
    pub stopping: watch::Sender<bool>,
}

enum End {
    Lost(String),
    Closed,
}

enum Failure {
    /// The connection, or something that passes.
    Lost(String),
    /// The broker will say no again: wrong arguments, no rights.
    Refused(Error),
}

pub(super) struct Supervisor {
    pub shared: Arc<Shared>,
    pub publisher: Publisher,
    pub control: Receiver<Control>,
    pub in_flight: Arc<InFlight>,
}

impl Supervisor {
    pub fn run(self) {
        let mut dialer = Dialer::new(self.shared.addresses.clone(), format!("{} consumes", self.shared.options.name));
        let mut subscribers: Vec<Subscriber> = Vec::new();
        let mut before = false;
        loop {
            if subscribers.is_empty() {
                self.shared.health.set(Which::Consuming, Side::Idle);
                if !self.control.recv().is_ok_and(|c| self.take(c, &mut subscribers, &[])) {
                    return;
                }
                continue;
            }
            let why = match dialer.dial() {
                Ok(link) => {
                    if std::mem::replace(&mut before, true) {
                        count(&self.shared.tally.reconnects);
                    }
                    match self.session(link, &mut subscribers) {
                        End::Closed => return,
                        End::Lost(why) => format!("{}: {why}", dialer.address()),
                    }
                }
                Err(why) => why,
            };
            if !subscribers.is_empty() {
                self.shared.health.set(Which::Consuming, Side::Down(why));
            }
            let until = Instant::now() + dialer.pause();
            loop {
                match self.control.recv_deadline(until) {
                    Ok(c) => {
                        if !self.take(c, &mut subscribers, &[]) {
                            return;
                        }
                    }
                    Err(RecvTimeoutError::Timeout) => break,
                    Err(RecvTimeoutError::Disconnected) => return,
                }
            }
        }
    }

    /// `false` = it is time to end.
    fn take(&self, c: Control, subscribers: &mut Vec<Subscriber>, running: &[Sender<Order>]) -> bool {
        match c {
            Control::Consume(s) => subscribers.push(s),
            Control::Stop(done) => {
                for s in subscribers.drain(..) {
                    s.stopping.send_replace(true);
                }
                let (agreed, answers) = bounded(running.len());
                let asked = running.iter().filter(|r| r.send(Order::Stop(agreed.clone())).is_ok()).count();
                drop(agreed);
                let until = Instant::now() + STOP;
                for _ in 0..asked {
                    let _ = answers.recv_deadline(until);
                }
                let _ = done.send(());
            }
            Control::Close(done) => {
                let _ = done.send(());
                return false;
            }
        }
        true
    }

    fn session(&self, link: Link, subscribers: &mut Vec<Subscriber>) -> End {
        let Link { mut connection, fuse } = link;
        let (ended, ends) = unbounded();
        let mut running: Vec<Sender<Order>> = Vec::new();
        let mut declared: Vec<Declared> = Vec::new();
        let ticks = tick(VERIFY_INTERVAL);
        let mut at = 0;
        // Services that ended without a word.
        subscribers.retain(|s| !s.into.is_closed());
        let end = loop {
            // Starts all at first, later each one that is added.
            let started =
                fuse.within(SET_UP, || self.start_from(&mut at, &mut connection, subscribers, &mut running, &mut declared, &ended));
            match started {
                Ok(()) if !subscribers.is_empty() => self.shared.health.set(Which::Consuming, Side::Up),
                Ok(()) => self.shared.health.set(Which::Consuming, Side::Idle),
                Err(why) => break End::Lost(why),
            }
            select! {
                recv(self.control) -> c => match c {
                    Ok(c) => {
                        if !self.take(c, subscribers, &running) {
                            break End::Closed;
                        }
                        at = at.min(subscribers.len());
                    }
                    Err(_) => break End::Closed,
                },
                recv(ends) -> why => break End::Lost(why.unwrap_or_default()),
                recv(ticks) -> _ => {
                    // After a stop nothing is needed any more, and an instance's own queue is gone with its consumer.
                    if subscribers.is_empty() {
                        self.shared.health.set(Which::Topology, Side::Idle);
                        continue;
                    }
                    match fuse.within(SET_UP, || verify(&mut connection, &self.shared, &declared)) {
                        Ok(Finding::Complete) => self.shared.health.set(Which::Topology, Side::Up),
                        Ok(Finding::Incomplete(why)) => self.shared.health.set(Which::Topology, Side::Down(why)),
                        Err(why) => break End::Lost(why),
                    }
                }
            }
        };
        self.shared.health.set(Which::Topology, Side::Idle);
        drop(running);
        match (end, fuse.within(SET_UP, || connection.close())) {
            (End::Lost(_), Err(broken)) => End::Lost(broken.to_string()),
            (end, _) => end,
        }
    }

    fn start_from(
        &self,
        at: &mut usize,
        connection: &mut Connection,
        subscribers: &mut Vec<Subscriber>,
        running: &mut Vec<Sender<Order>>,
        declared: &mut Vec<Declared>,
        ended: &Sender<String>,
    ) -> std::result::Result<(), String> {
        while *at < subscribers.len() {
            let s = &mut subscribers[*at];
            match self.start(connection, s, running, ended) {
                Ok(queues) => {
                    declared.push(Declared { what: s.what.clone(), queues });
                    if let Some(started) = s.started.take() {
                        let _ = started.send(Ok(()));
                    }
                    *at += 1;
                }
                Err(Failure::Refused(e)) => match s.started.take() {
                    Some(started) => {
                        let _ = started.send(Err(e));
                        subscribers.remove(*at);
                    }
                    None => return Err(e.message().to_owned()),
                },
                Err(Failure::Lost(why)) => return Err(why),
            }
        }
        Ok(())
    }

    fn start(
        &self,
        connection: &mut Connection,
        s: &Subscriber,
        running: &mut Vec<Sender<Order>>,
        ended: &Sender<String>,
    ) -> std::result::Result<Vec<(Audience, String)>, Failure> {
        let options = &self.shared.options;
        let channel = connection.open_channel(None).map_err(failure)?;
        self.shared.declare_common(&channel).map_err(failure)?;
        let queues = topology::declare_service(&channel, options.queues, options.calls, &s.what).map_err(failure)?;
        channel.close().map_err(failure)?;
        for (audience, queue) in queues.clone() {
            let channel = connection.open_channel(None).map_err(failure)?;
            channel.qos(0, s.what.prefetch, false).map_err(failure)?;
            let ((orders, told), (began, begun)) = (unbounded(), bounded(1));
            let lane = Arc::new(Lane {
                service: s.what.service.clone(),
                audience,
                queue: queue.clone(),
                retry: s.what.retry.clone(),
                into: s.into.clone(),
                publisher: self.publisher.clone(),
                orders: orders.clone(),
                stopping: s.stopping.subscribe(),
                in_flight: self.in_flight.clone(),
                runtime: s.runtime.clone(),
            });
            // The queue is bound, so from here on nothing is missed; the service hears of the gap before it gets the first message.
            let gap = audience == Audience::EachInstance && s.started.is_none();
            let intake = Intake::start(lane, gap);
            let ended = ended.clone();
            std::thread::Builder::new()
                .name("fm-bus-queue".into())
                .spawn(move || {
                    if let Err(why) = consumer::run(&channel, &queue, &intake, &told, &began) {
                        let _ = ended.send(why);
                    }
                })
                .map_err(|e| Failure::Lost(format!("no thread for a queue: {e}")))?;
            begun.recv().map_err(|_| Failure::Lost("the connection was lost".into()))?.map_err(failure)?;
            running.push(orders);
        }
        Ok(queues)
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
