//! The thread that owns the publishing connection: events, commands, calls and replies.

use super::{
    Shared,
    caller::{CallJob, Calls},
    codec,
    dialer::Dialer,
    health::{Side, Which, count},
    outbox::{Outbox, unroutable},
    outgoing::Outgoing,
    publisher::{Job, away},
    stream::Link,
    topology,
};
use amiquip::{Channel, Confirm, Connection, ConnectionBlockedNotification, ConsumerMessage, ConsumerOptions, Return};
use crossbeam_channel::{Receiver, RecvTimeoutError, select};
use std::{
    collections::VecDeque,
    sync::{Arc, atomic::Ordering::Relaxed},
    time::{Duration, Instant},
};
use tokio::sync::oneshot;

/// Direct reply-to (<https://www.rabbitmq.com/docs/direct-reply-to>): replies come without a queue.
const REPLY_TO: &str = "amq.rabbitmq.reply-to";
/// A close waits no longer for confirmations.
const FLUSH: Duration = Duration::from_secs(5);
/// Replies kept while the connection is away; their callers may be connected to another node.
const MOST_REPLIES: usize = 1024;

/// Taken at once from one channel before the next one has its turn.
const BATCH: usize = 256;
/// Longer than a healthy broker needs to declare everything.
const SET_UP: Duration = Duration::from_secs(15);

/// What one connection is used by: a channel with confirmations, and one without for calls and replies.
struct Session {
    blocks: Receiver<ConnectionBlockedNotification>,
    safe: Channel,
    confirms: Receiver<Confirm>,
    returns: Receiver<Return>,
    quick: Channel,
    quick_returns: Receiver<Return>,
}

enum End {
    Lost(String),
    Closed,
}

pub(super) struct Sender {
    shared: Arc<Shared>,
    jobs: Receiver<Job>,
    outbox: Outbox,
    waiting_calls: VecDeque<CallJob>,
    waiting_replies: VecDeque<Outgoing>,
    calls: Calls,
    blocked: Option<String>,
    closing: Option<(oneshot::Sender<()>, Instant)>,
}

impl Sender {
    pub fn new(shared: Arc<Shared>, jobs: Receiver<Job>) -> Self {
        Sender {
            shared,
            jobs,
            outbox: Outbox::default(),
            waiting_calls: VecDeque::new(),
            waiting_replies: VecDeque::new(),
            calls: Calls::default(),
            blocked: None,
            closing: None,
        }
    }

    /// Connects, works, and connects again, for ever; ends when it is told to close or nobody can give it work any more.
    pub fn run(mut self) {
        let mut dialer = Dialer::new(self.shared.addresses.clone(), format!("{} publishes", self.shared.options.name));
        let mut before = false;
        loop {
            let why = match dialer.dial() {
                Ok(link) => {
                    if std::mem::replace(&mut before, true) {
                        count(&self.shared.tally.reconnects);
                    }
                    match self.session(link) {
                        End::Closed => break,
                        End::Lost(why) => format!("{}: {why}", dialer.address()),
                    }
                }
                Err(why) => why,
            };
            self.blocked = None;
            self.calls.lost(&why);
            let again = self.outbox.lost(&why);
            self.shared.tally.resent.fetch_add(again as u64, Relaxed);
            self.shared.health.set(Which::Publishing, Side::Down(why));
            if !self.wait(dialer.pause()) {
                break;
            }
        }
        self.shared.health.set(Which::Publishing, Side::Closed);
        if let Some((done, _)) = self.closing {
            let _ = done.send(());
        }
    }

    /// Takes jobs while there is no connection. `false` = it is time to end.
    fn wait(&mut self, time: Duration) -> bool {
        let until = Instant::now() + time;
        loop {
            match self.jobs.recv_deadline(until) {
                Ok(job) => self.take(job),
                Err(RecvTimeoutError::Timeout) => return !self.finished(),
                Err(RecvTimeoutError::Disconnected) => return false,
            }
        }
    }

    /// Told to close, and nothing is owed, or too late.
    fn finished(&self) -> bool {
        self.closing.as_ref().is_some_and(|(_, until)| {
            let idle = self.outbox.is_empty() && self.waiting_replies.is_empty() && self.calls.is_empty();
            idle || Instant::now() > *until
        })
    }

    fn take(&mut self, job: Job) {
        match job {
            Job::Publish(p) => self.outbox.push(p),
            Job::Call(c) => match &self.blocked {
                Some(why) => drop(c.answer.send(Err(away(why)))),
                None => self.waiting_calls.push_back(c),
            },
            Job::Forget(correlation) => {
                self.waiting_calls.retain(|c| c.correlation != correlation);
                self.calls.forget(correlation);
            }
            Job::Reply(r) => {
                if self.waiting_replies.len() == MOST_REPLIES {
                    self.waiting_replies.pop_front();
                }
                self.waiting_replies.push_back(r);
            }
            Job::Close(done) => self.closing = Some((done, Instant::now() + FLUSH)),
        }
    }

    fn session(&mut self, link: Link) -> End {
        let Link { mut connection, fuse } = link;
        let end = fuse.within(SET_UP, || self.set_up(&mut connection)).and_then(|s| self.work(&s));
        // Closing tells the true reason when the connection broke underneath.
        match (end, fuse.within(SET_UP, || connection.close())) {
            (Ok(()), _) => End::Closed,
            (Err(_), Err(broken)) => End::Lost(broken.to_string()),
            (Err(why), Ok(())) => End::Lost(why),
        }
    }

    fn set_up(&self, connection: &mut Connection) -> Result<Session, String> {
        let mut set_up = || {
            let blocks = connection.listen_for_connection_blocked()?;
            let safe = connection.open_channel(None)?;
            self.shared.declare_common(&safe)?;
            let (confirms, returns) = (safe.listen_for_publisher_confirms()?, safe.listen_for_returns()?);
            safe.enable_publisher_confirms()?;
            let quick = connection.open_channel(None)?;
            let quick_returns = quick.listen_for_returns()?;
            Ok(Session { blocks, safe, confirms, returns, quick, quick_returns })
        };
        set_up().map_err(|e: amiquip::Error| e.to_string())
    }

    fn work(&mut self, session: &Session) -> Result<(), String> {
        let text = |e: amiquip::Error| e.to_string();
        let Session { blocks, safe, confirms, returns, quick, quick_returns } = session;
        let consumer = quick.basic_consume(REPLY_TO, ConsumerOptions { no_ack: true, ..Default::default() }).map_err(text)?;
        let replies = consumer.receiver();
        self.shared.health.set(Which::Publishing, Side::Up);
        let jobs = self.jobs.clone();
        loop {
            if self.blocked.is_none() {
                self.flush(safe, quick).map_err(text)?;
            }
            if self.finished() {
                return Ok(());
            }
            select! {
                recv(jobs) -> job => match job {
                    Ok(job) => self.take(job),
                    Err(_) => return Ok(()),
                },
                recv(confirms) -> c => self.confirm(c.map_err(|_| reason(safe))?, returns)?,
                recv(returns) -> r => self.returned(r.map_err(|_| reason(safe))?)?,
                recv(replies) -> r => self.reply(r.map_err(|_| reason(quick))?, quick)?,
                recv(quick_returns) -> r => self.undeliverable(r.map_err(|_| reason(quick))?),
                recv(blocks) -> b => match b {
                    Ok(ConnectionBlockedNotification::Blocked(why)) => {
                        let why = format!("it takes no messages at the moment: {why}");
                        self.shared.health.set(Which::Publishing, Side::Down(why.clone()));
                        self.blocked = Some(why);
                    }
                    Ok(ConnectionBlockedNotification::Unblocked) => {
                        self.blocked = None;
                        self.shared.health.set(Which::Publishing, Side::Up);
                    }
                    Err(_) => return Err(reason(safe)),
                },
                default(Duration::from_millis(500)) => {}
            }
            // Waiting for many channels at once is dear: what has come meanwhile is taken without it.
            for job in jobs.try_iter().take(BATCH) {
                self.take(job);
            }
            for c in confirms.try_iter().take(BATCH) {
                self.confirm(c, returns)?;
            }
            for r in replies.try_iter().take(BATCH) {
                self.reply(r, quick)?;
            }
        }
    }

    fn flush(&mut self, safe: &Channel, quick: &Channel) -> amiquip::Result<()> {
        while let Some(p) = self.outbox.next() {
            p.message.send(safe)?;
        }
        while let Some(c) = self.waiting_calls.pop_front() {
            if let Some((m, waiting)) = c.start() {
                // Before the sending: if that fails the caller is told at once.
                self.calls.insert(waiting);
                m.send_once(quick)?;
            }
        }
        while let Some(r) = self.waiting_replies.front() {
            r.send(quick)?;
            self.waiting_replies.pop_front();
        }
        Ok(())
    }

    fn reply(&mut self, r: ConsumerMessage, quick: &Channel) -> Result<(), String> {
        match r {
            ConsumerMessage::Delivery(d) => {
                self.calls.answer(d.properties.correlation_id().as_deref(), codec::outcome(&d.properties, d.body));
                Ok(())
            }
            ConsumerMessage::ServerClosedChannel(e) | ConsumerMessage::ServerClosedConnection(e) => Err(e.to_string()),
            _ => Err(reason(quick)),
        }
    }

    fn confirm(&mut self, c: Confirm, returns: &Receiver<Return>) -> Result<(), String> {
        // What was returned is known before it is confirmed, on another channel: look there first.
        for r in returns.try_iter() {
            self.returned(r)?;
        }
        match c {
            Confirm::Ack(c) => self.outbox.confirmed(c.delivery_tag, c.multiple, true),
            Confirm::Nack(c) => self.outbox.confirmed(c.delivery_tag, c.multiple, false),
        }
        Ok(())
    }

    /// A command without a queue is its sender's business. An event without one means that even the queue of unrouted events is gone: the
    /// next session declares it and sends the event again.
    fn returned(&mut self, r: Return) -> Result<(), String> {
        if r.exchange == topology::EVENTS {
            return Err(format!("an event was returned: the exchange or the queue {} is missing", topology::UNROUTED));
        }
        self.outbox.returned(r.properties.message_id().clone().unwrap_or_default());
        Ok(())
    }

    /// A call whose service has no queue, or a reply whose caller is gone.
    fn undeliverable(&mut self, r: Return) {
        if r.routing_key.starts_with(REPLY_TO) {
            count(&self.shared.tally.vanished);
            log::debug!("the caller of a call is gone, its reply is dropped");
        } else {
            self.calls.answer(r.properties.correlation_id().as_deref(), Err(unroutable(&r.routing_key)));
        }
    }
}

/// Why a channel does not work any more: the next use of it says so.
fn reason(channel: &Channel) -> String {
    match channel.qos(0, 0, false) {
        Err(e) => e.to_string(),
        Ok(()) => "the connection was lost".into(),
    }
}
