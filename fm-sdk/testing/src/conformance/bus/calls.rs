use super::{CALL, Instance, TIMEOUT, call};
use fm_sdk::{
    Envelope, Error, FieldError, Kind,
    bus::transport::{Audience, Outcome},
};
use std::time::Duration;
use tokio::time::Instant;

/// Answers the next call.
async fn answer(i: &Instance, with: Outcome) -> Envelope {
    let d = i.next().await;
    assert_eq!(d.audience, Audience::Call);
    d.acknowledger.send(with).expect("is awaited");
    d.message
}

const CALL_TIMEOUT: Duration = Duration::from_millis(1500);

cases! { $ bus_calls
    async fn a_call_returns_its_reply(broker) {
        let (callee, caller) = (broker.instance("worker", &[CALL]).await, broker.connect());
        let sent = Envelope { token: Some("t".into()), ..call(1) };
        let (reply, seen) = tokio::join!(caller.request(sent.clone(), TIMEOUT), answer(&callee, Outcome::Reply(r#"{"a":"ü"}"#.into())));
        assert_eq!((reply.expect("is answered").as_str(), seen), (r#"{"a":"ü"}"#, sent));
    }
    async fn a_call_returns_its_typed_fault(broker) {
        let (callee, caller) = (broker.instance("worker", &[CALL]).await, broker.connect());
        let fault = Error::new(Kind::Invalid, "too-cheap", "a price is positive")
            .with_fields(vec![FieldError { field: "price".into(), message: "is 0".into() }])
            .fault();
        let (reply, _) = tokio::join!(caller.request(call(1), TIMEOUT), answer(&callee, Outcome::Fault(fault.clone())));
        let e = reply.expect_err("is a fault");
        assert_eq!(e.fault(), fault);
    }
    async fn a_call_that_the_callee_cannot_handle_fails_at_the_caller_and_is_not_tried_again(broker) {
        let (callee, caller) = (broker.instance("worker", &[CALL]).await, broker.connect());
        for outcome in [Outcome::Retry(Error::new(Kind::Conflict, "busy", "busy")), Outcome::Reject(Error::new(Kind::Conflict, "busy", "busy"))] {
            let (reply, _) = tokio::join!(caller.request(call(1), TIMEOUT), answer(&callee, outcome));
            assert_eq!(reply.expect_err("is a fault").code(), "busy");
        }
        callee.nothing().await;
    }
    async fn a_call_to_an_unknown_service_is_unroutable_at_once(broker) {
        let at = Instant::now();
        let e = broker.connect().request(call(1), TIMEOUT).await.expect_err("nobody answers to it");
        assert_eq!(e.kind(), Kind::Unroutable, "{e:?}");
        assert!(at.elapsed() < TIMEOUT / 2, "took {:?}", at.elapsed());
    }
    async fn a_call_ends_at_its_deadline_although_nobody_answers(broker) {
        let (callee, caller) = (broker.instance("worker", &[CALL]).await, broker.connect());
        // So that the connection is there and the time is the call's own.
        let _ = tokio::join!(caller.request(call(0), TIMEOUT), answer(&callee, Outcome::Reply("0".into())));
        let at = Instant::now();
        let (e, held) = tokio::join!(caller.request(call(1), CALL_TIMEOUT), callee.next());
        let e = e.expect_err("is late");
        assert_eq!((e.kind(), e.may_have_been_done()), (Kind::TimedOut, true), "{e:?}");
        assert!(at.elapsed() >= CALL_TIMEOUT && at.elapsed() < CALL_TIMEOUT * 3, "took {:?}", at.elapsed());
        drop(held);
    }
    async fn the_callee_knows_the_deadline(broker) {
        let (callee, caller) = (broker.instance("worker", &[CALL]).await, broker.connect());
        let within = Duration::from_secs(20);
        let check = async {
            let d = callee.next().await;
            let left = d.deadline.expect("a call has one").saturating_duration_since(Instant::now());
            d.acknowledger.send(Outcome::Reply("1".into())).expect("is awaited");
            left
        };
        let (_, left) = tokio::join!(caller.request(call(1), within), check);
        assert!(left <= within + Duration::from_millis(50) && left > within / 2, "{left:?}");
    }
    async fn an_expired_call_is_not_delivered(broker) {
        let callee = broker.tuned("worker", &[CALL], |c| c.prefetch = 1).await;
        let caller = broker.connect();
        let busy = tokio::select! { d = callee.next() => d, _ = caller.request(call(1), TIMEOUT) => unreachable!("nobody answers it") };
        caller.request(call(2), CALL_TIMEOUT).await.expect_err("the only instance is busy");
        busy.acknowledger.send(Outcome::Reply("1".into())).expect("is awaited");
        let (reply, seen) = tokio::join!(caller.request(call(3), TIMEOUT), answer(&callee, Outcome::Reply("3".into())));
        assert_eq!((reply.expect("is answered").as_str(), seen.body.as_str()), ("3", "3"));
    }
    async fn a_caller_that_is_gone_does_not_stop_the_callee(broker) {
        let callee = broker.tuned("worker", &[CALL], |c| c.prefetch = 1).await;
        let gone = broker.connect();
        let late = tokio::select! { d = callee.next() => d, _ = gone.request(call(1), TIMEOUT) => unreachable!("nobody answers it") };
        gone.close().await;
        late.acknowledger.send(Outcome::Reply("1".into())).expect("is awaited");
        let caller = broker.connect();
        let (reply, _) = tokio::join!(caller.request(call(2), TIMEOUT), answer(&callee, Outcome::Reply("2".into())));
        assert_eq!(reply.expect("is answered"), "2");
    }
    async fn replies_find_their_calls_in_any_order(broker) {
        let (callee, caller) = (broker.instance("worker", &[CALL]).await, broker.connect());
        let asked = futures::future::join_all((0..20).map(|n| caller.request(call(n), TIMEOUT)));
        let work = async {
            let mut held = Vec::new();
            while held.len() < 20 {
                held.push(callee.next().await);
            }
            for d in held.into_iter().rev() {
                d.acknowledger.send(Outcome::Reply(d.message.body)).expect("is awaited");
            }
        };
        let (replies, ()) = tokio::join!(asked, work);
        for (n, r) in replies.into_iter().enumerate() {
            assert_eq!(r.expect("is answered"), n.to_string());
        }
    }
    async fn calls_go_to_one_instance_each(broker) {
        let (one, two) = (broker.instance("worker", &[CALL]).await, broker.instance("worker", &[CALL]).await);
        let caller = broker.connect();
        for n in 0..6 {
            let work = async { tokio::select! { m = answer(&one, Outcome::Reply("1".into())) => m, m = answer(&two, Outcome::Reply("2".into())) => m } };
            let (reply, seen) = tokio::join!(caller.request(call(n), TIMEOUT), work);
            assert!(reply.is_ok() && seen.body == n.to_string());
        }
        tokio::join!(one.nothing(), two.nothing());
    }
    async fn a_call_whose_handler_was_lost_goes_to_another_instance_in_time(broker) {
        let one = broker.instance("worker", &[CALL]).await;
        let caller = broker.connect();
        let work = async {
            let held = one.next().await;
            let two = broker.instance("worker", &[CALL]).await;
            one.transport.stop_consuming().await;
            drop(held);
            answer(&two, Outcome::Reply("2".into())).await
        };
        let (reply, _) = tokio::join!(caller.request(call(1), TIMEOUT), work);
        assert_eq!(reply.expect("is answered"), "2");
    }
    async fn a_call_without_time_left_fails_without_being_sent(broker) {
        let (callee, caller) = (broker.instance("worker", &[CALL]).await, broker.connect());
        let e = caller.request(call(1), Duration::ZERO).await.expect_err("is late");
        assert_eq!(e.kind(), Kind::TimedOut);
        // A queue keeps its order: the first call to arrive is the one that was sent.
        let work = answer(&callee, Outcome::Reply("done".into()));
        let (reply, first) = tokio::join!(caller.request(call(2), TIMEOUT), work);
        assert!(reply.is_ok());
        assert_eq!(first.body, "2");
    }
}
