//! Messages that are sent later: by the clock of a test on each store, and by processes that are killed, on RabbitMQ.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod behaviour;
#[cfg(feature = "rabbitmq")]
mod killed;
mod limits;

use fm_sdk::{
    Cx, Handled, Service, document, messages,
    store::{Driver, Sqlite},
};
use fm_sdk_testing::servers::Guard;
use serde::{Deserialize, Serialize};
use std::{
    path::PathBuf,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

messages! {
    command "fm-clinic/book" from any Book { patient: String, in_secs: u64 }
    command "fm-clinic/call-off" from any CallOff { patient: String }
    event "visit.due" from "fm-clinic" VisitDue { patient: String }
    event "visit.called-off" from "fm-clinic" CalledOff { patient: String, was_to_come: bool }
    command "fm-mail/remind" from "fm-clinic" Remind { patient: String }
    command "fm-mail/send" from "fm-mail" SendMail {}
}

/// A patient and the reminder of the booked visit.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Patient {
    id: String,
    reminder: String,
}
document!(Patient = "patients" {});

const MINUTE: Duration = Duration::from_secs(60);

fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

/// Books: an event at the time of the visit, and with the patient's document a reminder half-way.
async fn book(m: Book, cx: Cx<()>) -> Handled {
    cx.publish_after(secs(m.in_secs), VisitDue { patient: m.patient.clone() }).await?;
    let patient = cx.doc::<Patient>(&m.patient);
    let change = patient.change(|patient, out| {
        patient.reminder = out.send_after(secs(m.in_secs / 2), Remind { patient: m.patient.clone() })?;
        Ok(())
    });
    change.await.map(drop)
}

async fn call_off(m: CallOff, cx: Cx<()>) -> Handled {
    let patient = cx.doc::<Patient>(&m.patient).need().await?;
    let was_to_come = cx.cancel(&patient.reminder).await?;
    cx.publish(CalledOff { patient: m.patient, was_to_come })
}

fn clinic() -> Service<()> {
    Service::new("fm-clinic", ()).keeps::<Patient>().command(book).command(call_off)
}

/// The back ends that keep schedules.
async fn stores() -> Vec<(&'static str, Arc<dyn Driver>)> {
    static FOLDER: OnceLock<(PathBuf, Guard)> = OnceLock::new();
    static FILES: AtomicUsize = AtomicUsize::new(0);
    let (folder, _) = FOLDER.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap().keep();
        let guard = Guard::new(&folder).unwrap();
        (folder, guard)
    });
    let file = Sqlite::open(folder.join(format!("{}.db", FILES.fetch_add(1, Relaxed)))).unwrap();
    vec![
        ("memory", Arc::new(Sqlite::in_memory().unwrap())),
        ("file", Arc::new(file)),
        #[cfg(feature = "mongodb")]
        ("mongodb", {
            use fm_sdk::store::MongoDb;
            use fm_sdk_testing::servers::MongoServer;
            Arc::new(MongoDb::connect(MongoServer::shared().url(), &MongoServer::fresh_database()).await.unwrap())
        }),
    ]
}
