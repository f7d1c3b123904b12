use super::{
    Ending, Stage,
    probe::{Broken, Crowded, Double, Ended, Endless, Foreign, Fragile, Hang, Later, Many, Outcome, Owned, Shared, Step, Wrapped},
};
use fm_sdk::{Envelope, Kind, bus::transport::Retry, testing::eventually};
use std::time::Duration;

macro_rules! cases {
    ($d:tt $(async fn $case:ident($s:ident) $body:block)*) => {
        $(#[doc(hidden)] pub async fn $case($s: impl Stage) $body)*
        /// Makes one test per case of the suite for the [`Stage`](crate::conformance::service::Stage) that the future gives.
        #[macro_export]
        macro_rules! service_conformance {
            ($d make:expr) => { $(#[actix_rt::test] async fn $case() { $crate::conformance::service::$case($d make.await).await })* };
        }
    };
}

cases! { $
    async fn all_that_a_message_causes_happens(s) {
        assert_eq!(s.deliver(Step { n: 3 }, |_| {}).await, Ending::Done);
        assert_eq!(s.notes().join(","), "step 3,step 2,step 1,step 0,end");
        assert_eq!(s.published::<Ended>().len(), 1);
    }
    async fn a_message_that_comes_again_has_no_second_effect(s) {
        assert_eq!(s.deliver(Step { n: 1 }, |_| {}).await, Ending::Done);
        assert_eq!(s.again().await, Ending::Done);
        assert_eq!(s.published::<Ended>().len(), 1);
        assert_eq!(s.notes().join(","), "step 1,step 0,end");
    }
    async fn a_failing_message_is_tried_as_often_as_in_production_then_dead_lettered_and_publishes_nothing(s) {
        assert_eq!(s.deliver(Broken { hopeless: false }, |_| {}).await, Ending::DeadLetter("later".into(), Retry::default().attempts));
        assert_eq!(s.published::<Ended>(), []);
    }
    async fn a_handler_is_tried_as_often_as_its_own_options_say(s) {
        assert_eq!(s.deliver(Fragile {}, |_| {}).await, Ending::DeadLetter("later".into(), 2));
        assert_eq!(s.notes().join(","), "fragile 1,fragile 2");
    }
    async fn a_handler_that_outlasts_its_timeout_has_failed(s) {
        assert_eq!(s.deliver(Endless {}, |_| {}).await, Ending::DeadLetter("handler-timeout".into(), 2));
        assert_eq!(s.notes().join(","), "endless 1,endless 2");
        let fault = s.call(Hang {}).await.expect_err("it hangs");
        assert_eq!((fault.kind(), fault.code()), (Kind::TimedOut, "handler-timeout"));
    }
    async fn a_handler_works_on_no_more_messages_at_once_than_its_options_say(s) {
        assert_eq!(s.deliver(Crowded { together: true }, |_| {}).await, Ending::Done);
        assert_eq!(s.deliver(Crowded { together: false }, |_| {}).await, Ending::Done);
        assert_eq!(s.notes().join(","), "4 at once,1 at once");
    }
    async fn messages_are_handled_in_batches_and_a_bad_one_holds_up_no_other_of_its_batch(s) {
        assert_eq!(s.deliver(Many { bad: false }, |_| {}).await, Ending::Done);
        assert_eq!(s.notes(), ["3 pieces", "3 pieces"]);
        assert_eq!(s.deliver(Many { bad: true }, |_| {}).await, Ending::Done);
        let mut notes = s.notes().split_off(2);
        notes.sort();
        assert_eq!(notes, ["1 pieces", "1 pieces", "3 pieces"]);
    }
    async fn a_middleware_surrounds_the_handler_and_its_panic_fails_the_attempt(s) {
        assert_eq!(s.deliver(Wrapped { panics: false }, |_| {}).await, Ending::Done);
        assert_eq!(s.notes(), ["probe.wrapped 1"]);
        let attempts = Retry::default().attempts;
        assert_eq!(s.deliver(Wrapped { panics: true }, |_| {}).await, Ending::DeadLetter("later".into(), attempts));
        let heard: Vec<_> = (1..=attempts).filter(|n| *n != 2).map(|n| format!("probe.wrapped {n}")).collect();
        assert_eq!(s.notes()[1..], heard);
    }
    async fn a_scheduled_message_is_sent_when_it_is_due_unless_it_was_cancelled(s) {
        assert_eq!(s.deliver(Later {}, |_| {}).await, Ending::Done);
        eventually("it is sent", Duration::from_secs(30), async || !s.published::<Ended>().is_empty()).await;
        assert_eq!(s.published::<Ended>().into_iter().map(|e| e.n).collect::<Vec<_>>(), [2]);
        assert!(s.notes().contains(&"cancelled [true, false]".into()), "{:?}", s.notes());
    }
    async fn a_hopeless_message_becomes_a_dead_letter_at_once_and_blocks_nobody(s) {
        assert_eq!(s.deliver(Broken { hopeless: true }, |_| {}).await, Ending::DeadLetter("rejected".into(), 1));
        assert_eq!(s.deliver(Step { n: 0 }, |_| {}).await, Ending::Done);
    }
    async fn a_message_that_acts_for_another_user_is_dead_lettered_at_once(s) {
        assert_eq!(s.deliver(Owned { user: "fm-test".into() }, |_| {}).await, Ending::Done);
        assert_eq!(s.deliver(Owned { user: "somebody".into() }, |_| {}).await, Ending::DeadLetter("other-user".into(), 1));
    }
    async fn an_event_that_a_service_hears_twice_ends_as_the_handler_of_the_service_does(s) {
        use Outcome::{Ack, Reject, Retry as Again};
        let attempts = Retry::default().attempts;
        for (service, instance, ending, tries) in [
            (Ack, Ack, Ending::Done, (1, 1)),
            (Reject, Ack, Ending::DeadLetter("rejected".into(), 1), (1, 1)),
            (Ack, Reject, Ending::Done, (1, 1)),
            (Again, Ack, Ending::DeadLetter("later".into(), attempts), (attempts, 1)),
            (Ack, Again, Ending::Done, (1, attempts)),
        ] {
            let before = s.notes();
            assert_eq!(s.deliver(Shared { service, instance }, |_| {}).await, ending, "{service:?}, {instance:?}");
            let notes = &s.notes()[before.len()..];
            let count = |who: &str| u32::try_from(notes.iter().filter(|n| *n == who).count()).expect("few");
            assert_eq!((count("service"), count("instance")), tries, "{service:?}, {instance:?}");
        }
    }
    async fn a_message_from_a_service_that_its_declaration_does_not_name_is_dead_lettered_unheard(s) {
        assert_eq!(s.deliver(Foreign {}, |_| {}).await, Ending::DeadLetter("sender-undeclared".into(), 1));
        assert_eq!(s.notes().len(), 0);
    }
    async fn an_unreadable_body_becomes_a_dead_letter_at_once(s) {
        let ending = s.deliver(Step { n: 0 }, |m| m.body = "{".into()).await;
        assert!(matches!(&ending, Ending::DeadLetter(_, 1)), "{ending:?}");
        assert_eq!(s.notes().len(), 0);
    }
    async fn a_message_without_or_with_anothers_token_becomes_a_dead_letter_unheard(s) {
        let forgeries: [fn(&mut Envelope); 4] =
            [|m| m.token = None, |m| m.id = "another".into(), |m| m.source = "fm-evil".into(), |m| m.body = r#"{"n":7}"#.into()];
        for forge in forgeries {
            let ending = s.deliver(Step { n: 0 }, forge).await;
            assert!(matches!(&ending, Ending::DeadLetter(code, 1) if code.starts_with("token-") || code.starts_with("delegation-")), "{ending:?}");
        }
        assert_eq!(s.notes().len(), 0);
    }
    async fn a_call_returns_its_reply_or_its_fault(s) {
        assert_eq!(s.call(Double { n: 21 }).await.expect("answers"), 42);
        assert_eq!(s.call(Double { n: 0 }).await.expect_err("nobody is home").kind(), Kind::Unroutable);
        assert_eq!(s.call(Double { n: -1 }).await.expect_err("it panics").kind(), Kind::Internal);
        assert_eq!(s.call(Double { n: 1 }).await.expect("is still there"), 2);
    }
}
