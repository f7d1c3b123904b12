//! The thread of one connection: opens it, declares the topology, gives its workers their channels, watches it, and opens it again. No
//! message passes through this thread.

use super::{
    super::{
        Shared,
        connection::{
            dialer::Dialer,
            link::{Link, Watch},
            session_events::{SessionEvent, SessionEvents},
            state::{Part, State},
        },
        consume::{in_flight::InFlight, mailbox::Mailbox},
        metrics::count,
        publish::{publisher::Publisher, session::Channels},
    },
    subscriber::{Failure, Starting, Subscriber},
    verification::{Declared, Finding, verify},
};
use amiquip::Connection;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::oneshot;

const STOP_TIMEOUT: Duration = Duration::from_secs(5);
/// A close waits no longer for confirms and replies.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(5);
const FLUSH_INTERVAL: Duration = Duration::from_millis(10);
/// A close waits no longer for the workers.
const RELEASE_TIMEOUT: Duration = Duration::from_secs(1);
/// Longer than a healthy broker needs to declare everything.
pub(super) const SETUP_TIMEOUT: Duration = Duration::from_secs(15);
/// How long a deleted exchange, queue or binding goes unnoticed at most.
const VERIFY_INTERVAL: Duration = Duration::from_secs(5);

/// What a connection is for. Two, so that a broker that slows publishers down does not keep acknowledgements from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Role {
    /// Publishes; makes calls and answers them. While the broker blocks it no call could be answered anyway.
    Publish,
    /// Takes events and commands, and acknowledges them; publishes nothing, so the broker never blocks it.
    Consume,
}

impl Role {
    fn part(self) -> Part {
        match self {
            Role::Publish => Part::Publishing,
            Role::Consume => Part::Consuming,
        }
    }
}

/// What the thread is told.
pub(in super::super) enum Event {
    Consume(Subscriber),
    Stop(oneshot::Sender<()>),
    Close(oneshot::Sender<()>),
    /// By the session of this number.
    Session(u64, SessionEvent),
}

enum End {
    Lost(String),
    Closed,
}

pub(in super::super) struct Supervisor {
    role: Role,
    shared: Arc<Shared>,
    publisher: Arc<Publisher>,
    in_flight: Arc<InFlight>,
    events: Receiver<Event>,
    sender: Sender<Event>,
    /// Counts connections, also those that failed.
    session: u64,
    subscribers: Vec<Subscriber>,
    /// Workers of services that consume no more and acknowledge what they have.
    stopped: Vec<Arc<Mailbox>>,
    closing: Option<(oneshot::Sender<()>, Instant)>,
}

impl Supervisor {
    /// Starts the thread; gives what tells it. It ends when it is told to close.
    pub fn start(role: Role, publisher: &Arc<Publisher>, in_flight: &Arc<InFlight>) -> std::io::Result<Sender<Event>> {
        let (sender, events) = crossbeam_channel::unbounded();
        let supervisor = Supervisor {
            role,
            shared: publisher.shared.clone(),
            publisher: publisher.clone(),
            in_flight: in_flight.clone(),
            events,
            sender: sender.clone(),
            session: 0,
            subscribers: Vec::new(),
            stopped: Vec::new(),
            closing: None,
        };
        let name = match role {
            Role::Publish => "fm-bus-publish",
            Role::Consume => "fm-bus-consume",
        };
        std::thread::Builder::new().name(name.into()).spawn(move || supervisor.run())?;
        Ok(sender)
    }

    fn run(mut self) {
        let purpose = match self.role {
            Role::Publish => "publishes",
            Role::Consume => "consumes",
        };
        let mut dialer = Dialer::new(self.shared.addresses.clone(), format!("{} {purpose}", self.shared.options.name));
        let mut before = false;
        while !self.is_finished() {
            if self.is_idle() {
                self.shared.state.set(self.role.part(), State::Idle);
                self.wait(None);
                continue;
            }
            self.session += 1;
            let events = self.session_events();
            let why = match dialer.dial(&move || events.ended(None)) {
                Ok(link) => {
                    if std::mem::replace(&mut before, true) {
                        count(&self.shared.metrics.reconnects);
                    }
                    match self.session(link) {
                        End::Closed => break,
                        End::Lost(why) => format!("{}: {why}", dialer.address()),
                    }
                }
                Err(why) => why,
            };
            if self.role == Role::Publish {
                self.publisher.lost(&why);
            }
            if !self.is_idle() {
                self.shared.state.set(self.role.part(), State::Down(why));
            }
            let until = Instant::now() + dialer.pause();
            while Instant::now() < until && !self.is_finished() {
                self.wait(Some(until));
            }
        }
        self.end();
    }

    fn end(mut self) {
        for mailbox in self.stopped.drain(..).chain(self.subscribers.drain(..).flat_map(|s| s.mailboxes)) {
            mailbox.close();
        }
        if self.role == Role::Publish {
            self.publisher.close();
            self.shared.state.set(Part::Publishing, State::Closed);
        }
        if let Some((done, _)) = self.closing {
            let _ = done.send(());
        }
    }

    /// Without a connection there is nothing to do.
    fn is_idle(&self) -> bool {
        self.role == Role::Consume && self.subscribers.is_empty()
    }

    /// Told to close, and nothing is owed, or too late.
    fn is_finished(&self) -> bool {
        let owes_nothing = || self.role == Role::Consume || self.publisher.is_idle();
        self.closing.as_ref().is_some_and(|(_, until)| owes_nothing() || Instant::now() > *until)
    }

    /// Handles one event, if one comes in time; why the session cannot go on, if that is it.
    fn wait(&mut self, until: Option<Instant>) -> Option<Option<String>> {
        let flush = self.closing.is_some().then(|| Instant::now() + FLUSH_INTERVAL);
        let event = match until.into_iter().chain(flush).min() {
            Some(until) => self.events.recv_deadline(until),
            None => self.events.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        match event {
            Ok(Event::Consume(s)) => self.subscribers.push(s),
            Ok(Event::Stop(done)) => {
                self.stop_consuming();
                let _ = done.send(());
            }
            Ok(Event::Close(done)) => self.closing = Some((done, Instant::now() + FLUSH_TIMEOUT)),
            Ok(Event::Session(_, SessionEvent::Flush)) => self.publisher.flush(),
            Ok(Event::Session(session, SessionEvent::Ended(why))) if session == self.session => return Some(why),
            Ok(Event::Session(..)) | Err(_) => {}
        }
        None
    }

    fn stop_consuming(&mut self) {
        let (done, stopped) = bounded(0);
        for s in self.subscribers.drain(..) {
            s.stopping.send_replace(true);
            for mailbox in s.mailboxes {
                mailbox.stop(done.clone());
                self.stopped.push(mailbox);
            }
        }
        drop(done);
        // Nothing is sent: each worker drops its end when the broker has agreed.
        let _ = stopped.recv_timeout(STOP_TIMEOUT);
    }

    fn session(&mut self, link: Link) -> End {
        let Link { mut connection, watch: link } = link;
        let result = match self.role {
            Role::Consume => self.work(&mut connection, &link),
            Role::Publish => {
                let opened = link.guard.within(SETUP_TIMEOUT, || Channels::open(&mut connection, &self.shared));
                opened.map_err(|e| Some(e.to_string())).and_then(|channels| {
                    let (publisher, events) = (self.publisher.clone(), self.session_events());
                    channels.publish_while(&publisher, &link, events, || self.work(&mut connection, &link))
                })
            }
        };
        let closed = link.guard.within(SETUP_TIMEOUT, || connection.close());
        self.release_workers(RELEASE_TIMEOUT);
        match (result, closed) {
            (Ok(()), _) => End::Closed,
            (Err(Some(why)), _) => End::Lost(why),
            // Closing tells the true reason when the connection broke underneath.
            (Err(None), Err(broken)) => End::Lost(broken.to_string()),
            (Err(None), Ok(())) => End::Lost("the connection was lost".into()),
        }
    }

    /// Serves until the session ends. `Ok` = it is time to close.
    fn work(&mut self, connection: &mut Connection, link: &Watch) -> Result<(), Option<String>> {
        let mut declared: Vec<Declared> = Vec::new();
        let mut started = 0;
        let mut next_check = Instant::now() + VERIFY_INTERVAL;
        // Services whose workers have ended.
        self.subscribers.retain(|s| s.mailboxes.iter().any(|m| !m.is_gone()));
        let result = loop {
            let ready = link.guard.within(SETUP_TIMEOUT, || self.start_from(&mut started, connection, link, &mut declared));
            match ready {
                Ok(()) if self.role == Role::Consume => {
                    self.shared.state.set(Part::Consuming, if self.is_idle() { State::Idle } else { State::Up });
                }
                Ok(()) => {}
                Err(why) => break Err(Some(why)),
            }
            if self.is_finished() {
                break Ok(());
            }
            let watches = self.role == Role::Consume && !self.subscribers.is_empty();
            if let Some(why) = self.wait(watches.then_some(next_check)) {
                break Err(why);
            }
            started = started.min(self.subscribers.len());
            if self.role == Role::Consume && Instant::now() >= next_check {
                next_check = Instant::now() + VERIFY_INTERVAL;
                if let Err(why) = self.check_topology(connection, link, &declared) {
                    break Err(Some(why));
                }
            }
        };
        if self.role == Role::Consume {
            self.shared.state.set(Part::Topology, State::Idle);
        }
        if result.is_ok() {
            // In order: what the workers have sent leaves before the connection is closed.
            self.release_workers(RELEASE_TIMEOUT);
        }
        result
    }

    fn check_topology(&self, connection: &mut Connection, link: &Watch, declared: &[Declared]) -> Result<(), String> {
        // After a stop nothing is needed any more, and an instance's own queue is gone with its consumer.
        let state = if self.subscribers.is_empty() {
            State::Idle
        } else {
            match link.guard.within(SETUP_TIMEOUT, || verify(connection, &self.shared, declared))? {
                Finding::Complete => State::Up,
                Finding::Incomplete(why) => State::Down(why),
            }
        };
        self.shared.state.set(Part::Topology, state);
        Ok(())
    }

    /// Takes the channels of this session from the workers.
    fn release_workers(&self, within: Duration) {
        let (done, released) = bounded(0);
        for mailbox in self.subscribers.iter().flat_map(|s| &s.mailboxes).chain(&self.stopped) {
            mailbox.release(self.session, done.clone());
        }
        drop(done);
        let _ = released.recv_timeout(within);
    }

    fn start_from(
        &mut self,
        at: &mut usize,
        connection: &mut Connection,
        link: &Watch,
        declared: &mut Vec<Declared>,
    ) -> Result<(), String> {
        while *at < self.subscribers.len() {
            let starting = Starting { publisher: &self.publisher, in_flight: &self.in_flight, events: self.session_events(), link };
            let s = &mut self.subscribers[*at];
            let result = s.start(&starting, connection);
            match (result, s.started.take()) {
                (Ok(queues), started) => {
                    declared.push(Declared { what: s.what.clone(), queues });
                    started.map(|started| started.send(Ok(())));
                    *at += 1;
                }
                (Err(Failure::Refused(e)), Some(started)) => {
                    let _ = started.send(Err(e));
                    self.stopped.append(&mut self.subscribers.remove(*at).mailboxes);
                }
                (Err(Failure::Refused(e)), None) => return Err(e.message().to_owned()),
                (Err(Failure::Lost(why)), started) => {
                    s.started = started;
                    return Err(why);
                }
            }
        }
        Ok(())
    }

    fn session_events(&self) -> SessionEvents {
        let (session, sender) = (self.session, self.sender.clone());
        SessionEvents::new(session, move |event| drop(sender.send(Event::Session(session, event))))
    }
}
