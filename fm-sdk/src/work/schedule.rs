//! Messages that are sent later.

use super::{Bus, Out, Work};
use crate::{Command, Envelope, Error, Event, Kind, MessageKind, Result, Senders, runtime::Schedule};
use std::time::Duration;

impl Work {
    /// The furthest that a message may be scheduled ahead: 366 days.
    pub const MAX_SCHEDULE_AHEAD: Duration = Duration::from_secs(366 * 86_400);

    /// Publishes an event at a time, given in milliseconds since the Unix epoch; at once if it is past. Gives the key by which
    /// [`Work::cancel`] takes it back. `Ok` = it is in the store, and will be sent once, also if this process dies at once.
    ///
    /// What belongs to a change of a document goes with that change instead: `out.publish_at(..)` in the closure of `insert`, `change` or
    /// `remove`. Of a message that is handled, and of a [`repeatable`](Work::repeatable) piece of work, it is scheduled once, with the same
    /// key, however often that is repeated.
    ///
    /// It acts for the same caller. The caller's scopes go with it only if it is due within `FM_MESSAGE_TOKEN_LIFETIME` (7 days).
    ///
    /// ```
    /// # use fm_sdk::{Cx, Handled, Service, messages, testing::MockBus};
    /// # use std::time::Duration;
    /// messages! {
    ///     command "fm-clinic/book" from any Book { patient: String, at_ms: i64 }
    ///     event "visit.due" from "fm-clinic" VisitDue { patient: String }
    /// }
    /// async fn book(m: Book, cx: Cx<()>) -> Handled {
    ///     let day = 24 * 3600 * 1000;
    ///     cx.publish_at(m.at_ms - day, VisitDue { patient: m.patient }).await?;
    ///     Ok(())
    /// }
    /// # actix_rt::System::new().block_on(async {
    /// let bus = MockBus::for_service(Service::new("fm-clinic", ()).command(book));
    /// let in_two_days = fm_sdk::time::now_ms() + 2 * 24 * 3600 * 1000;
    /// bus.command(Book { patient: "ann".into(), at_ms: in_two_days }).await.acked();
    /// bus.published::<VisitDue>().none();
    /// bus.advance(Duration::from_secs(24 * 3600)).await;
    /// assert_eq!(bus.published::<VisitDue>().one().patient, "ann");
    /// # });
    /// ```
    ///
    /// # Errors
    /// `Invalid`, code `schedule-too-far`, beyond [`Work::MAX_SCHEDULE_AHEAD`]; the store's; `Internal` if the event cannot be serialised, or
    /// its declaration does not name this service as a sender (`sender-undeclared`).
    pub async fn publish_at<E: Event>(&self, at_ms: i64, event: E) -> Result<String> {
        self.keep(plan(&self.bus, MessageKind::Event, E::NAME, E::SENDERS, &event, at_ms)?).await
    }
    /// Publishes an event after this time, as [`Work::publish_at`] does.
    ///
    /// # Errors
    /// Those of [`Work::publish_at`].
    pub async fn publish_after<E: Event>(&self, time: Duration, event: E) -> Result<String> {
        self.publish_at(after(&self.bus, time), event).await
    }
    /// Sends a command at a time, as [`Work::publish_at`] does.
    ///
    /// # Errors
    /// Those of [`Work::publish_at`].
    pub async fn send_at<C: Command>(&self, at_ms: i64, command: C) -> Result<String> {
        self.keep(plan(&self.bus, MessageKind::Command, C::AT, C::SENDERS, &command, at_ms)?).await
    }
    /// Sends a command after this time, as [`Work::publish_at`] does.
    ///
    /// # Errors
    /// Those of [`Work::publish_at`].
    pub async fn send_after<C: Command>(&self, time: Duration, command: C) -> Result<String> {
        self.send_at(after(&self.bus, time), command).await
    }
    /// Cancels a scheduled message. `true`: it was still to come, and now will not. `false`: nothing waits under this key; it was sent or
    /// cancelled before, or there never was one.
    ///
    /// ```
    /// # use fm_sdk::{Result, Service, Work, messages, testing::MockBus};
    /// # use std::time::Duration;
    /// # messages! { command "fm-mail/remind" from "fm-shop" Remind { order: String } }
    /// async fn order_and_pay(work: &Work) -> Result<()> {
    ///     let reminder = work.send_after(Duration::from_secs(7 * 24 * 3600), Remind { order: "7".into() }).await?;
    ///     assert!(work.cancel(&reminder).await?);
    ///     assert!(!work.cancel(&reminder).await?, "it is cancelled already");
    ///     Ok(())
    /// }
    /// # actix_rt::System::new().block_on(async {
    /// # let bus = MockBus::for_service(Service::new("fm-shop", ()));
    /// # bus.advance(Duration::ZERO).await;
    /// # order_and_pay(&bus.work()).await.unwrap();
    /// # });
    /// ```
    ///
    /// # Errors
    /// The store's.
    pub async fn cancel(&self, key: &str) -> Result<bool> {
        // Keys are UUIDs; what is none was never given out.
        if uuid::Uuid::try_parse(key).is_err() {
            return Ok(false);
        }
        self.bus.rt.cancel_schedule(key).await
    }

    async fn keep(&self, schedule: Schedule) -> Result<String> {
        let id = self.new_id();
        self.bus.rt.keep_schedule(&schedule.under(&id)).await?;
        Ok(id)
    }
}

impl Out {
    /// Publishes an event at a time, given in milliseconds since the Unix epoch, if this change is made: see [`Work::publish_at`]. Gives the
    /// key for [`Work::cancel`], for instance to be kept in the document.
    ///
    /// # Errors
    /// `Invalid`, code `schedule-too-far`, beyond [`Work::MAX_SCHEDULE_AHEAD`]; `Internal` as of [`Out::publish`].
    pub fn publish_at<E: Event>(&mut self, at_ms: i64, event: E) -> Result<String> {
        let schedule = plan(&self.bus, MessageKind::Event, E::NAME, E::SENDERS, &event, at_ms)?;
        Ok(self.keep(schedule))
    }
    /// Publishes an event after this time, as [`Out::publish_at`] does.
    ///
    /// # Errors
    /// Those of [`Out::publish_at`].
    pub fn publish_after<E: Event>(&mut self, time: Duration, event: E) -> Result<String> {
        self.publish_at(after(&self.bus, time), event)
    }
    /// Sends a command at a time, as [`Out::publish_at`] does.
    ///
    /// # Errors
    /// Those of [`Out::publish_at`].
    pub fn send_at<C: Command>(&mut self, at_ms: i64, command: C) -> Result<String> {
        let schedule = plan(&self.bus, MessageKind::Command, C::AT, C::SENDERS, &command, at_ms)?;
        Ok(self.keep(schedule))
    }
    /// Sends a command after this time, as [`Out::publish_at`] does.
    ///
    /// # Errors
    /// Those of [`Out::publish_at`].
    pub fn send_after<C: Command>(&mut self, time: Duration, command: C) -> Result<String> {
        self.send_at(after(&self.bus, time), command)
    }
    /// Schedules one message under a key that was made before, by [`Work::new_id`]: so that the document of an `insert` can hold it.
    ///
    /// A key is for one message. What is scheduled under one whose message was sent or cancelled is not sent.
    ///
    /// ```
    /// # use fm_sdk::{prelude::*, testing::MockBus};
    /// # use std::time::Duration;
    /// #[derive(Clone, serde::Serialize, serde::Deserialize)]
    /// struct Order { id: String, reminder: String }
    /// document!(Order = "orders" {});
    /// messages! { command "fm-mail/remind" from "fm-shop" Remind { order: String } }
    ///
    /// async fn order(work: &Work) -> Result<Doc<Order>> {
    ///     let order = Order { id: work.new_id(), reminder: work.new_id() };
    ///     work.insert(order, |order, out| {
    ///         out.under_key(&order.reminder).send_after(Duration::from_secs(7 * 24 * 3600), Remind { order: order.id.clone() })
    ///     }).await
    /// }
    /// # actix_rt::System::new().block_on(async {
    /// # let bus = MockBus::for_service(Service::new("fm-shop", ()).keeps::<Order>());
    /// # bus.given::<Order>(&[]).await;
    /// let placed = order(&bus.work()).await.unwrap();
    /// assert!(bus.work().cancel(&placed.reminder).await.unwrap());
    /// # });
    /// ```
    pub fn under_key<'a>(&'a mut self, key: &'a str) -> UnderKey<'a> {
        UnderKey { out: self, key }
    }

    fn keep(&mut self, mut schedule: Schedule) -> String {
        schedule.message.subject.clone_from(&self.subject);
        let key = schedule.id.clone();
        self.schedules.push(schedule);
        key
    }
}

/// Schedules one message, in the step of a change, under a key of the caller's: see [`Out::under_key`].
#[must_use = "nothing is scheduled by this alone"]
pub struct UnderKey<'a> {
    out: &'a mut Out,
    key: &'a str,
}

impl UnderKey<'_> {
    /// Publishes an event at a time, as [`Out::publish_at`] does.
    ///
    /// # Errors
    /// Those of [`Out::publish_at`]; `Internal`, code `schedule-key`, for a key that is not a UUID, or that another message of this step has.
    pub fn publish_at<E: Event>(self, at_ms: i64, event: E) -> Result<()> {
        let schedule = plan(&self.out.bus, MessageKind::Event, E::NAME, E::SENDERS, &event, at_ms)?;
        self.keep(schedule)
    }
    /// Publishes an event after this time, as [`UnderKey::publish_at`] does.
    ///
    /// # Errors
    /// Those of [`UnderKey::publish_at`].
    pub fn publish_after<E: Event>(self, time: Duration, event: E) -> Result<()> {
        let at_ms = after(&self.out.bus, time);
        self.publish_at(at_ms, event)
    }
    /// Sends a command at a time, as [`Out::publish_at`] does.
    ///
    /// # Errors
    /// Those of [`UnderKey::publish_at`].
    pub fn send_at<C: Command>(self, at_ms: i64, command: C) -> Result<()> {
        let schedule = plan(&self.out.bus, MessageKind::Command, C::AT, C::SENDERS, &command, at_ms)?;
        self.keep(schedule)
    }
    /// Sends a command after this time, as [`Out::publish_at`] does.
    ///
    /// # Errors
    /// Those of [`UnderKey::publish_at`].
    pub fn send_after<C: Command>(self, time: Duration, command: C) -> Result<()> {
        let at_ms = after(&self.out.bus, time);
        self.send_at(at_ms, command)
    }

    fn keep(self, schedule: Schedule) -> Result<()> {
        let refused = |why: &str| Err(Error::new(Kind::Internal, "schedule-key", format!("{:?}: {why}", self.key)));
        // `Work::cancel` knows no other keys.
        if uuid::Uuid::try_parse(self.key).is_err() {
            return refused("the key of a scheduled message is a UUID, as Work::new_id makes it");
        }
        if self.out.schedules.iter().any(|s| s.id == self.key) {
            return refused("one key is for one scheduled message");
        }
        self.out.keep(schedule.under(self.key));
        Ok(())
    }
}

fn after(bus: &Bus, time: Duration) -> i64 {
    bus.rt.delegate.now_ms().saturating_add(millis(time))
}

fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

fn plan<T: serde::Serialize>(bus: &Bus, kind: MessageKind, name: &str, senders: Senders, m: &T, due_ms: i64) -> Result<Schedule> {
    let rt = &bus.rt;
    senders.check_sent(name, &rt.service)?;
    let ahead = due_ms.saturating_sub(rt.delegate.now_ms());
    if ahead > millis(Work::MAX_SCHEDULE_AHEAD) {
        let days = Work::MAX_SCHEDULE_AHEAD.as_secs() / 86_400;
        let why = format!("{name}: a message can be scheduled {days} days ahead, this one is due in {} days", ahead / 86_400_000);
        return Err(Error::new(Kind::Invalid, "schedule-too-far", why).permanent());
    }
    let mut message = Envelope::new(kind, name, m, &rt.service)?;
    message.trace = crate::trace::current().map(|t| t.to_string());
    // Scopes may be taken from the user in the meantime; no message carries them for longer than its token is valid.
    let caller = bus.caller.as_ref();
    let scope = caller.filter(|_| ahead <= rt.delegate.message_lifetime_ms()).map(|who| who.scopes().join(" "));
    let user = caller.map(|who| who.sub().to_owned());
    Ok(Schedule { id: message.id.clone(), due_ms, user, scope: scope.unwrap_or_default(), message })
}
