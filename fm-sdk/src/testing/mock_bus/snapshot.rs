//! Snapshots of events, on both sides.

use super::{CALL, MockBus, transport::Stub};
use crate::{
    Envelope, Event, MessageKind, ResultExt, Senders,
    bus::transport::Retry,
    message::Subject,
    service::{Page, PageRequest, call_name},
};
use futures::FutureExt;
use std::{pin::pin, sync::Arc, time::Duration};

/// Events of one page, few so that a test goes over several of them.
const PAGE: usize = 2;

impl<S: Send + Sync + 'static> MockBus<S> {
    /// The events that this service serves to a late subscriber ([`Service::snapshot`](crate::Service::snapshot)), in order.
    ///
    /// # Panics
    /// If it serves none of this event.
    pub async fn snapshot<E: Event>(&self) -> Vec<E> {
        let (mut events, mut after) = (vec![], None);
        loop {
            let name = call_name(self.service.name(), E::NAME);
            let m = self.envelope(MessageKind::Call, name, Senders::Only(&["fm-test"]), &PageRequest { after });
            let reply = self.drive(async { self.rt.transport.request(m, CALL).await }).await.expect("serves a snapshot of the event");
            let page: Page = serde_json::from_str(&reply).expect("is a page");
            events.extend(page.messages.iter().map(|m| m.decode::<E>().expect("decodes")));
            after = page.next;
            if after.is_none() {
                return events;
            }
        }
    }

    /// Takes the snapshot of an event, as the service does in production before its first live event. `state` is what the owner serves: the
    /// document that each event is about (`cars/c1`), its version, and the event. After a crash ([`MockBus::crash_at`]) it goes on as the
    /// next instance does.
    ///
    /// # Panics
    /// If the service takes no snapshot of this event, or it cannot be taken.
    pub async fn take_snapshot<E: Event>(&self, state: &[(&str, i64, E)]) {
        let needed = self.service.needed_snapshots().into_iter().find(|needed| needed.event == E::NAME);
        let needed = needed.expect("the handler of the event has the option `snapshot`");
        let messages: Vec<_> = state
            .iter()
            .map(|(document, version, event)| {
                let mut m = Envelope::new(MessageKind::Event, E::NAME, event, needed.owner).expect("serialises");
                m.id = format!("snapshot of {document} at {version}");
                m.subject = Some(Subject { document: (*document).into(), version: *version });
                self.identities.delegate(needed.owner).seal(&mut m, None).expect("signs");
                m
            })
            .collect();
        let serve = move |body: &str| {
            let after = serde_json::from_str::<PageRequest>(body).internal()?.after;
            let from: usize = after.map_or(Ok(0), |after| after.parse()).internal()?;
            let to = (from + PAGE).min(messages.len());
            let next = (to < messages.len()).then(|| to.to_string());
            serde_json::to_string(&Page { messages: messages[from..to].to_vec(), next }).internal()
        };
        self.transport.stub(call_name(needed.owner, E::NAME), Stub { after: Duration::ZERO, answer: Arc::new(serve) });
        self.start().await;
        self.rt.snapshots.expect(needed.event, needed.owner);
        self.crash.arm();
        loop {
            let taking = self.service.continue_snapshot(&self.rt, needed, Retry::ATTEMPTS);
            let (mut taking, mut dead) = (pin!(taking.fuse()), pin!(self.crash.died().fuse()));
            futures::select_biased! {
                () = dead => {}
                taken = taking => break taken.expect("the snapshot is taken"),
            }
        }
        self.crash.disarm();
        self.drive(async {}).await;
    }
}
