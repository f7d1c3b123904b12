//! The side of the subscriber.

use super::{Cursor, Page, PageRequest, call_name, live::Covered};
use crate::{
    Backoff, Envelope, Error, Kind, MessageKind, Result, ResultExt, Runtime, Senders, Service,
    bus::transport::{Audience, Outcome},
    runtime::Taken,
    service::DeliveryInfo,
    work::seal,
};
use std::{sync::Arc, time::Duration};
use tokio::time::{Instant, sleep};

/// How long the owner may take for one page.
const PAGE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long an instance that takes a snapshot may be silent before another one goes on with it.
const LEASE: Duration = Duration::from_secs(15);
/// How often the other instances look whether it is complete.
const POLL_INTERVAL: Duration = Duration::from_secs(1);
/// The first wait after a failure, and the longest one.
const RETRY_DELAY: Duration = Duration::from_millis(200);
const MAX_RETRY_DELAY: Duration = Duration::from_secs(10);

/// An event whose snapshot a service takes, and the event's owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Needed {
    pub event: &'static str,
    pub owner: &'static str,
}

impl<S: Send + Sync + 'static> Service<S> {
    /// The snapshots that this service takes.
    pub(crate) fn needed_snapshots(&self) -> Vec<Needed> {
        let handlers = self.handlers.iter().filter(|h| h.subscription.options.snapshot);
        let needed = handlers.filter_map(|h| match h.message.senders {
            Senders::Only([owner]) => Some(Needed { event: h.subscription.name, owner }),
            _ => None,
        });
        needed.collect()
    }

    /// Takes a snapshot; tries again until it is complete.
    pub(crate) async fn take_snapshot(self, rt: Arc<Runtime>, needed: Needed, attempts: u32) {
        let mut backoff = Backoff::new(RETRY_DELAY, MAX_RETRY_DELAY);
        while let Err(e) = self.continue_snapshot(&rt, needed, attempts).await {
            let wait = backoff.next_wait();
            let Needed { event, owner } = needed;
            log::warn!(event, owner; "snapshot: not complete, going on in {wait:?}: {}", e.chain());
            sleep(wait).await;
        }
    }

    /// Goes on with a snapshot where it is, up to its end.
    pub(crate) async fn continue_snapshot(&self, rt: &Arc<Runtime>, needed: Needed, attempts: u32) -> Result<()> {
        let (store, job) = (&*rt.store, format!("snapshot/{}", needed.event));
        loop {
            let mut cursor = Cursor::read(store, needed.event).await?;
            if cursor.done {
                rt.snapshots.complete(needed.event, Taken { began_ms: cursor.began_ms, newest: cursor.newest });
                return Ok(());
            }
            if !store.lead(&job, &rt.instance, LEASE).await? {
                sleep(POLL_INTERVAL).await;
                continue;
            }
            let page = ask(rt, needed, cursor.after.clone()).await?;
            let newest = page.messages.iter().filter_map(|m| m.subject.as_ref()).map(|s| s.version).fold(cursor.newest, i64::max);
            // Before the first message of the page: who finds a row of one must know that it may be there.
            let is_ahead = newest > cursor.newest || cursor.after.is_none();
            cursor.newest = newest;
            if is_ahead && !cursor.write(store).await? {
                continue;
            }
            for m in page.messages {
                self.take_message(rt, &cursor, m, attempts).await?;
            }
            (cursor.done, cursor.after) = (page.next.is_none(), page.next);
            if cursor.write(store).await? && cursor.done {
                log::info!(event = needed.event, owner = needed.owner; "snapshot: complete");
                store.lead(&job, &rt.instance, Duration::ZERO).await?;
            }
        }
    }

    /// Handles one event, as if it had been delivered. One that fails goes into the service's own queue, where it is tried again or becomes a
    /// dead letter as any other, so that it does not hold up the rest.
    async fn take_message(&self, rt: &Arc<Runtime>, cursor: &Cursor, mut m: Envelope, attempts: u32) -> Result<()> {
        let Some(subject) = m.subject.clone().filter(|_| m.name == cursor.id) else {
            let why = format!("the owner of {} has sent {} without what it is about", cursor.id, m.name);
            return Err(Error::new(Kind::Malformed, "snapshot-malformed", why));
        };
        // Taken before the snapshot was interrupted. What was changed since comes as a live event.
        if Covered::read(rt, cursor.began_ms, &m.name, &subject.document).await?.is_some() {
            return Ok(());
        }
        let info = DeliveryInfo { audience: Audience::Service, deadline: None, redelivered: true, attempts };
        let covered = Covered { version: subject.version, message: m.id.clone() };
        let (name, outcome) = (m.name.clone(), self.handle(rt, m.clone(), info).await);
        if let Outcome::Retry(_) | Outcome::Reject(_) = outcome {
            m.attempt += u32::from(matches!(outcome, Outcome::Retry(_)));
            rt.transport.deliver_to(&rt.service, Audience::Service, m).await?;
        }
        covered.write(rt, cursor.began_ms, &name, &subject.document).await
    }
}

async fn ask(rt: &Arc<Runtime>, needed: Needed, after: Option<String>) -> Result<Page> {
    let name = call_name(needed.owner, needed.event);
    let m = Envelope::new(MessageKind::Call, name, &PageRequest { after }, &rt.service)?;
    let started = Instant::now();
    let reply = rt.transport.request(seal(rt, None, m, Senders::Any)?, PAGE_TIMEOUT).await;
    rt.metrics.called(name, reply.as_ref().map_or_else(Error::code, |_| "ok"), started.elapsed().as_secs_f64());
    serde_json::from_str(&reply?).internal()
}
