//! Schedules that are refused.

use super::*;
use fm_sdk::{Kind, Work, testing::MockBus};

#[actix_rt::test]
async fn a_message_is_refused_if_it_is_due_later_than_a_year_from_now() {
    let bus = MockBus::for_service(clinic());
    bus.advance(Duration::ZERO).await;
    let work = bus.work();
    let visit = || VisitDue { patient: "ann".into() };
    let century = 100 * 366 * 86_400;
    for far in [Work::MAX_SCHEDULE_AHEAD + secs(1), secs(century), Duration::MAX] {
        let refused = work.publish_after(far, visit()).await.unwrap_err();
        assert_eq!((refused.kind(), refused.code(), refused.is_permanent()), (Kind::Invalid, "schedule-too-far", true), "{far:?}");
        let refused = work.send_after(far, Remind { patient: "ann".into() }).await.unwrap_err();
        assert_eq!(refused.code(), "schedule-too-far", "{far:?}");
    }
    assert_eq!(work.publish_at(i64::MAX, visit()).await.unwrap_err().code(), "schedule-too-far");
    work.publish_after(Work::MAX_SCHEDULE_AHEAD, visit()).await.unwrap();
    bus.advance(Work::MAX_SCHEDULE_AHEAD).await;
    bus.published::<VisitDue>().one();
}

#[actix_rt::test]
async fn a_step_that_schedules_too_far_ahead_changes_nothing() {
    let bus = MockBus::for_service(clinic());
    bus.given(&[Patient { id: "ann".into(), ..Patient::default() }]).await;
    let work = bus.work();
    let ann = work.doc::<Patient>("ann");
    let change = ann.change(|patient, out| {
        patient.reminder = out.publish_after(Duration::MAX, VisitDue { patient: "ann".into() })?;
        Ok(())
    });
    assert_eq!(change.await.unwrap_err().code(), "schedule-too-far");
    assert_eq!(bus.work().doc::<Patient>("ann").need().await.unwrap().reminder, "");
}

#[actix_rt::test]
async fn a_service_schedules_only_what_it_may_send() {
    let bus = MockBus::for_service(clinic());
    assert_eq!(bus.work().send_after(MINUTE, SendMail {}).await.unwrap_err().code(), "sender-undeclared");
}

#[test]
fn a_service_cannot_keep_documents_where_the_schedules_are() {
    #[derive(Clone, Serialize, Deserialize)]
    struct Own {
        id: String,
    }
    document!(Own = "fm_schedules" {});
    let refused = std::panic::catch_unwind(|| MockBus::for_service(Service::new("fm-x", ()).keeps::<Own>()));
    let message = *refused.err().unwrap().downcast::<String>().unwrap();
    assert!(message.contains("fm_schedules") && message.contains("[wiring]"), "{message}");
}
