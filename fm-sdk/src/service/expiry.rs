//! Documents that go by themselves when they are old.

use super::Service;
use crate::{
    Kind, Result, Work,
    store::{Document, Field},
};
use std::time::Duration;

/// Documents of one read.
const BATCH: u64 = 500;
/// How often to look, for documents that live long and for those that do not.
const INTERVAL: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(600));

impl<S: Send + Sync + 'static> Service<S> {
    /// Keeps documents of this type, and removes each when this field (milliseconds since the Unix epoch) is older than `age`. A document
    /// without a value in it stays. Index the field.
    ///
    /// One instance at a time looks for them, as of [`Service::every_once`]: ten times in `age`, at least every 10 minutes and at most every
    /// second. So a document goes soon after its time, never before it by the clock of that instance. It is removed at the version
    /// that was found too old; if somebody changes it meanwhile, it is looked at again. Nobody is told: what has to publish an event when it
    /// removes a document is a job of its own. The metric `documents_expired_total` counts them by collection.
    ///
    /// ```
    /// use fm_sdk::{Service, testing::MockBus};
    /// use std::time::Duration;
    ///
    /// #[derive(Clone, serde::Serialize, serde::Deserialize)]
    /// struct Alert { id: String, at: i64 }
    /// fm_sdk::document!(Alert = "alerts" { at: i64 [index] });
    ///
    /// const WEEK: Duration = Duration::from_secs(7 * 86_400);
    /// let service = Service::new("fm-alerts", ()).expires(Alert::at, WEEK);
    /// # actix_rt::System::new().block_on(async {
    /// let bus = MockBus::for_service(service);
    /// bus.given(&[Alert { id: "1".into(), at: fm_sdk::time::now_ms() }]).await;
    /// bus.advance(WEEK).await;
    /// bus.run_job("expire-alerts-at").await;
    /// assert!(bus.work().doc::<Alert>("1").get().await.unwrap().is_none());
    /// # });
    /// ```
    pub fn expires<T: Document>(mut self, field: Field<T, i64>, age: Duration) -> Self {
        let name = format!("expire-{}-{}", T::COLLECTION, field.path);
        if age.is_zero() {
            self.faults.push(format!("documents of {} would expire at once", T::COLLECTION));
        }
        if self.jobs.iter().any(|job| job.name == name) {
            self.faults.push(format!("documents of {} expire twice by {}", T::COLLECTION, field.path));
        }
        let every = (age / 10).clamp(INTERVAL.0, INTERVAL.1);
        self.keeps::<T>().job(every, name, true, async move |_, work: Work| expire(&work, field, age).await)
    }
}

async fn expire<T: Document>(work: &Work, field: Field<T, i64>, age: Duration) -> Result<()> {
    let rt = work.runtime();
    let before = rt.delegate.now_ms().saturating_sub(i64::try_from(age.as_millis()).unwrap_or(i64::MAX));
    loop {
        let old = work.docs::<T>().filter(field.between(None, Some(before))).limit(BATCH).list().await?;
        let (full, mut removed) = (old.len() as u64 == BATCH, 0);
        for document in old {
            let found = work.doc::<T>(document.id()).if_version(Some(document.version()));
            match found.remove(|_, _| Ok(())).await {
                Ok(gone) => removed += u64::from(gone.is_some()),
                Err(e) if e.kind() == Kind::Stale => {}
                Err(e) => return Err(e),
            }
        }
        rt.metrics.expired(T::COLLECTION, removed);
        if !full || removed == 0 {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        BoxFuture,
        store::{Driver, Guard, Sqlite, Write, Written},
        testing::{MockBus, crash},
    };
    use serde::{Deserialize, Serialize};
    use serde_json::json;
    use std::{cell::Cell, sync::Arc};

    #[derive(Clone, Debug, Serialize, Deserialize)]
    struct Note {
        id: String,
        made: i64,
    }
    crate::document!(Note = "notes" { made: i64 [index] });
    const DAY: Duration = Duration::from_secs(86_400);

    /// The instance is held at a command to the store while another one renews the document; gives whether there is such a command.
    async fn renewed_at(command: u32) -> bool {
        let store: Arc<dyn Driver> = Arc::new(Sqlite::in_memory().unwrap());
        let bus = MockBus::with_store(Service::new("fm-notes", ()).expires(Note::made, DAY), store.clone());
        bus.given(&[Note { id: "1".into(), made: 0 }]).await;
        let old = bus.work().doc::<Note>("1").need().await.unwrap().version();
        let commands = Cell::new(0);
        let hook = crash::set_pause(move || {
            commands.set(commands.get() + 1);
            let store = store.clone();
            (commands.get() == command).then(|| {
                let body = Some(json!({ "id": "1", "made": crate::time::now_ms() }));
                let guard = Guard::Version(old);
                let renewal = Write { collection: "notes", id: "1".into(), guard, body, messages: vec![], op: None, version: old + 1 };
                Box::pin(async move { assert_eq!(store.write(renewal).await.unwrap(), Written::Done) }) as BoxFuture<'static, ()>
            })
        });
        expire(&bus.work(), Note::made, DAY).await.unwrap();
        drop(hook);
        let found = bus.work().doc::<Note>("1").get().await.unwrap();
        assert!(found.as_ref().is_none_or(|n| n.version() == old + 1 && n.made > 0), "{found:?}");
        found.is_some()
    }

    #[actix_rt::test]
    async fn a_document_that_is_renewed_while_it_expires_stays() {
        // Before it is listed, before it is read, before it is removed.
        for command in 1..=3 {
            assert!(renewed_at(command).await, "renewed at {command}");
        }
        assert!(!renewed_at(4).await, "there are three commands");
    }
}
