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

    async fn keep(&self, mut schedule: Schedule) -> Result<String> {
        let id = self.new_id();
        schedule.message.id.clone_from(&id);
        schedule.id.clone_from(&id);
        self.bus.rt.keep_schedule(&schedule).await?;
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
        self.keep(plan(&self.bus, MessageKind::Event, E::NAME, E::SENDERS, &event, at_ms)?)
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
        self.keep(plan(&self.bus, MessageKind::Command, C::AT, C::SENDERS, &command, at_ms)?)
    }
    /// Sends a command after this time, as [`Out::publish_at`] does.
    ///
    /// # Errors
    /// Those of [`Out::publish_at`].
    pub fn send_after<C: Command>(&mut self, time: Duration, command: C) -> Result<String> {
        self.send_at(after(&self.bus, time), command)
    }

    fn keep(&mut self, mut schedule: Schedule) -> Result<String> {
        schedule.message.subject.clone_from(&self.subject);
        let key = schedule.id.clone();
        self.schedules.push(schedule);
        Ok(key)
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
