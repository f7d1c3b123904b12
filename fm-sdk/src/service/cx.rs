use crate::{
    Command, Event, Handled, Result, Runtime, Work,
    store::{Document, Filter},
    work::{self, Out},
};
use std::{
    ops::Deref,
    sync::{Arc, Mutex, PoisonError},
};

/// The context of one message: the service's state, the message's attempt, and everything that [`Work`] can do.
///
/// ```
/// use fm_sdk::{prelude::*, testing::MockBus};
///
/// messages! {
///     event "user.joined" from "fm-users" Joined { user: String }
///     event "user.counted" from "fm-counter" Counted { visits: u32, limit: u32 }
/// }
/// #[derive(Clone, serde::Serialize, serde::Deserialize)]
/// struct Visits { id: String, visits: u32 }
/// document!(Visits = "visits" {});
///
/// async fn joined(m: Joined, cx: Cx<u32>) -> Handled {
///     let visits = cx.insert(Visits { id: m.user, visits: 1 }, |_, _| Ok(())).await?.visits;
///     cx.publish(Counted { visits, limit: *cx.state })      // leaves when the handler has returned `Ok`
/// }
/// # actix_rt::System::new().block_on(async {
/// let bus = MockBus::for_service(Service::new("fm-counter", 10).keeps::<Visits>().on(joined));
/// bus.deliver(Joined { user: "ann".into() }).await.acked();
/// assert_eq!(bus.published::<Counted>().one(), Counted { visits: 1, limit: 10 });
/// # });
/// ```
pub struct Cx<S> {
    /// The service's state.
    pub state: Arc<S>,
    /// Which try this is; 1 = the first.
    pub attempt: u32,
    pub(super) version: Option<i64>,
    pub(super) at_ms: i64,
    pub(super) work: Work,
    pub(super) last: Arc<Mutex<Out>>,
}

impl<S> Deref for Cx<S> {
    type Target = Work;
    fn deref(&self) -> &Work {
        &self.work
    }
}

impl<S> Cx<S> {
    /// Publishes in the step that marks this message as done: once, and only if the handler gives `Ok`.
    ///
    /// # Errors
    /// `Internal` if the event cannot be serialised, or its declaration does not name this service as a sender (`sender-undeclared`).
    pub fn publish<E: Event>(&self, e: E) -> Handled {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).publish(e)
    }
    /// Sends a command in the step that marks this message as done.
    ///
    /// # Errors
    /// `Internal` if the command cannot be serialised, or its declaration does not name this service as a sender (`sender-undeclared`).
    pub fn send<C: Command>(&self, c: C) -> Handled {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).send(c)
    }
    /// The version of the document whose change caused this message: drop what is older than what is known.
    pub fn subject_version(&self) -> Option<i64> {
        self.version
    }
    /// When the message was made, in milliseconds since the Unix epoch.
    pub fn sent_at_ms(&self) -> i64 {
        self.at_ms
    }
    /// What this instance stands on.
    pub fn runtime(&self) -> &Arc<Runtime> {
        &self.work.bus.rt
    }
    /// Removes all documents that fit, one step each, and gives how many this message removed, exact over all its deliveries.
    ///
    /// # Errors
    /// The store's, and whatever `f` gives; the message then comes again and goes on.
    pub async fn remove_each<T: Document>(&self, filter: Filter<T>, f: impl Fn(&T, &mut Out) -> Result<()>) -> Result<u64> {
        work::remove_each(&self.work, filter, f).await
    }
}
