//! The loop of a test: events one after the other, calls at once, messages that wait in the outbox last.

use super::{Handling, MockBus, transport::Job};
use crate::{
    Bus, Envelope, MessageKind, Work,
    bus::transport::{Audience, Consume, Outcome, Retry},
    service::{DeliveryInfo, Handler},
};
use futures::{FutureExt, StreamExt, future::LocalBoxFuture, stream::FuturesUnordered};
use std::{future::Future, pin::pin};

impl<S: Send + Sync + 'static> MockBus<S> {
    /// Runs `root` and everything it causes.
    pub(super) async fn drive<T>(&self, root: impl Future<Output = T>) -> T {
        self.recorder.record_http();
        self.start().await;
        self.crash.arm();
        let (mut root, mut out) = (pin!(root.fuse()), None);
        let mut running: FuturesUnordered<LocalBoxFuture<'_, Vec<Handling>>> = FuturesUnordered::new();
        let mut started: Vec<Job> = vec![];
        loop {
            while let Some(job) = self.next(started.iter().all(|s| s.audience == Audience::Call)) {
                let jobs = self.with_its_batch(job);
                // Each as if it might have come before, so that a test delivers one again by just doing so.
                let attempts = Retry::ATTEMPTS;
                let info = |job: &Job| DeliveryInfo { audience: job.audience, deadline: job.deadline, redelivered: true, attempts };
                let messages: Vec<_> = jobs.iter().map(|job| (job.message.clone(), info(job))).collect();
                started.extend(jobs);
                running.push(self.handle(messages).boxed_local());
            }
            if running.is_empty() && out.is_some() {
                if !self.relayed_something().await && !self.sent_something_due().await {
                    break;
                }
                continue;
            }
            let (mut dead, mut woken) = (pin!(self.crash.died().fuse()), pin!(self.transport.wake.notified().fuse()));
            futures::select_biased! {
                () = dead => { // as kill -9: everything in flight is gone, the broker delivers it again
                    running.clear();
                    self.transport.lock().queue.extend(started.drain(..));
                }
                r = root => out = Some(r),
                handled = running.select_next_some() => handled.into_iter().for_each(|handled| self.finish(&mut started, handled)),
                () = woken => {}
            }
        }
        self.recorder.http_recorded().await;
        self.crash.disarm();
        self.no_dual_writes();
        self.no_undeclared_events();
        out.expect("the root has ended")
    }

    pub(super) async fn start(&self) {
        if self.started.replace(true) {
            return;
        }
        // A crash that was asked for is one of the next verb, not of the start.
        let planned = self.crash.postpone();
        self.service.prepare(&self.rt).await.expect("the store is ready");
        for task in self.service.at_start.iter().chain(&self.service.on_gap) {
            let work = Work::new(Bus::new(self.rt.clone(), None), None);
            task(self.service.state.clone(), work).await.expect("the service starts");
        }
        self.crash.resume(planned);
    }

    async fn relayed_something(&self) -> bool {
        let (mut round, mut dead) = (pin!(self.rt.relay_round().fuse()), pin!(self.crash.died().fuse()));
        futures::select_biased! {
            round = round => round.expect("the outbox can be read").sent > 0,
            () = dead => true,
        }
    }

    async fn sent_something_due(&self) -> bool {
        let (mut due, mut dead) = (pin!(self.rt.send_due().fuse()), pin!(self.crash.died().fuse()));
        futures::select_biased! {
            due = due => due.expect("the schedules can be read").sent > 0,
            () = dead => true,
        }
    }

    fn next(&self, idle: bool) -> Option<Job> {
        let queue = &mut self.transport.lock().queue;
        let i = queue.iter().position(|j| idle || j.audience == Audience::Call)?;
        queue.remove(i)
    }

    /// The handler of this message, if it takes batches.
    fn batch_handler(&self, audience: Audience, name: &str) -> Option<&Handler<S>> {
        let is_it = |h: &&Handler<S>| h.subscription.audience == audience && h.subscription.name == name && h.collector.is_some();
        self.service.handlers.iter().find(is_it)
    }

    /// The message, and those that a handler of batches would get with it: a test waits for no others.
    fn with_its_batch(&self, job: Job) -> Vec<Job> {
        let size = self.batch_handler(job.audience, &job.message.name).map_or(1, |h| h.subscription.options.batch().0.into());
        let mut jobs = vec![job];
        let queue = &mut self.transport.lock().queue;
        while jobs.len() < size
            && let Some(i) = queue.iter().position(|j| j.audience == jobs[0].audience && j.message.name == jobs[0].message.name)
        {
            jobs.extend(queue.remove(i));
        }
        jobs
    }

    /// Handles one message, or the messages of a batch.
    async fn handle(&self, messages: Vec<(Envelope, DeliveryInfo)>) -> Vec<Handling> {
        let (first, info) = messages[0].clone();
        let outcomes = match self.batch_handler(info.audience, &first.name) {
            Some(handler) => self.service.handle_batch(&self.rt, handler, messages.clone()).await,
            None => vec![self.service.handle_delivered(&self.rt, first, info).await],
        };
        messages.into_iter().zip(outcomes).map(|((m, info), outcome)| (m, info.audience, outcome)).collect()
    }

    fn finish(&self, started: &mut Vec<Job>, (m, audience, outcome): Handling) {
        let i = started.iter().position(|j| j.message.id == m.id && j.audience == audience).expect("was started");
        let job = started.remove(i);
        self.handled.borrow_mut().push((m.clone(), audience, outcome.clone()));
        match (outcome, job.reply) {
            (Outcome::Reply(text), Some(reply)) => drop(reply.send(Ok(text))),
            (Outcome::Fault(fault), Some(reply)) => drop(reply.send(Err(fault.into()))),
            (Outcome::Retry(_), _) if m.attempt < self.attempts(audience, &m.name) => {
                let message = Envelope { attempt: m.attempt + 1, ..m };
                self.transport.lock().queue.push_back(Job { message, audience, deadline: None, reply: None });
            }
            _ => {}
        }
    }

    /// How often production would try this message.
    fn attempts(&self, audience: Audience, name: &str) -> u32 {
        let what = Consume::new(self.service.name(), "test", self.service.subscriptions());
        what.retry_of(audience, name).attempts
    }

    /// A service that says which events it publishes says it of all.
    fn no_undeclared_events(&self) {
        let (name, declared) = (self.service.name(), &self.service.published);
        if declared.is_empty() {
            return;
        }
        let log = &self.transport.lock().log;
        let events = log.iter().filter(|m| m.kind == MessageKind::Event && m.source == name);
        let undeclared = events.map(|m| &m.name).find(|event| declared.iter().all(|d| d.name != *event));
        if let Some(event) = undeclared {
            panic!("{name} publishes {event} and does not say so: `.publishes::<_>()` in its `Service`");
        }
    }

    fn no_dual_writes(&self) {
        assert!(
            !self.rt.trails().take_mixed(),
            "{}: one request or message changed a document and used publish_now: a crash between them loses one of the two. \
             Publish in the change.",
            self.service.name()
        );
    }
}
