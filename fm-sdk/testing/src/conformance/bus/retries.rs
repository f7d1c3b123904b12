use super::{CALL, COMMAND, EACH, EVENT, RETRY_DELAY, TIMEOUT, call, command, event};
use fm_sdk::{
    Error, HandlerOptions, Kind,
    bus::transport::{Audience, Outcome},
};
use std::time::Duration;
use tokio::time::Instant;

fn failed() -> Outcome {
    Outcome::Retry(Error::new(Kind::Unavailable, "later", "try again").caused_by(std::io::Error::other("the disk is full")))
}

cases! { $ bus_retries
    async fn a_failed_message_comes_again_later_with_a_higher_attempt_and_becomes_a_dead_letter_at_last(broker) {
        let i = broker.instance("worker", &[EVENT, COMMAND]).await;
        for (m, audience) in [(event(1), Audience::Service), (command(1), Audience::Command)] {
            let id = m.id.clone();
            i.publish(m).await;
            let mut failed_at = None;
            for attempt in 1..=3 {
                let d = i.next().await;
                assert_eq!((d.message.id.as_str(), d.message.attempt, d.audience), (id.as_str(), attempt, audience));
                assert!(failed_at.is_none_or(|at: Instant| at.elapsed() >= RETRY_DELAY), "came too soon");
                failed_at = Some(Instant::now());
                d.acknowledger.send(failed()).expect("is awaited");
            }
            let dead_letter = super::dead_letters::wait(&*i.transport, "worker", |p| p.message.id == id).await;
            assert_eq!((dead_letter.code.as_str(), dead_letter.audience, dead_letter.message.attempt), ("later", audience, 3));
            assert!(dead_letter.cause.contains("try again") && dead_letter.cause.contains("the disk is full"), "{}", dead_letter.cause);
        }
        i.nothing().await;
    }
    async fn a_message_that_succeeds_on_the_second_try_is_done(broker) {
        let i = broker.instance("a", &[EVENT]).await;
        i.publish(event(1)).await;
        i.next().await.acknowledger.send(failed()).expect("is awaited");
        assert_eq!(i.done().await, "1");
        i.nothing().await;
        assert!(i.transport.dead_letters("a", 10).await.expect("is read").is_empty());
    }
    async fn another_service_does_not_see_the_retries_of_the_first(broker) {
        let (a, b) = (broker.instance("a", &[EVENT]).await, broker.instance("b", &[EVENT]).await);
        a.publish(event(1)).await;
        b.done().await;
        a.next().await.acknowledger.send(failed()).expect("is awaited");
        a.done().await;
        b.nothing().await;
    }
    async fn a_poison_message_does_not_block_the_others(broker) {
        let i = broker.tuned("a", &[EVENT], |c| {
            c.prefetch = 1;
            c.retry.waits = vec![Duration::from_secs(1)];
        }).await;
        for n in 0..3 {
            i.publish(event(n)).await;
        }
        i.next().await.acknowledger.send(failed()).expect("is awaited");
        assert_eq!((i.done().await, i.done().await), ("1".into(), "2".into()));
        let again = i.next().await;
        assert_eq!((again.message.body.as_str(), again.message.attempt), ("0", 2));
    }
    async fn each_failure_has_the_wait_of_its_own(broker) {
        let waits = [Duration::from_millis(20), Duration::from_millis(400)];
        let i = broker.tuned("a", &[EVENT], |c| c.retry.waits = waits.to_vec()).await;
        i.publish(event(1)).await;
        for wait in waits {
            i.next().await.acknowledger.send(failed()).expect("is awaited");
            let at = Instant::now();
            let d = i.next().await;
            assert!(at.elapsed() >= wait, "{:?} instead of {wait:?}", at.elapsed());
            d.acknowledger.send(Outcome::Requeue).expect("is awaited");
        }
    }
    async fn a_handler_has_attempts_and_waits_of_its_own(broker) {
        let wait = Duration::from_millis(400);
        let i = broker.tuned("worker", &[EVENT, EACH, COMMAND], |c| {
            c.subscriptions[0].options = HandlerOptions::new().attempts(2).backoff([wait]);
            c.subscriptions[1].options = HandlerOptions::new().attempts(1);
        }).await;
        i.publish(event(1)).await;
        // One for the service, one for the instance.
        let (first, second) = (i.next().await, i.next().await);
        let (shared, own) = if first.audience == Audience::Service { (first, second) } else { (second, first) };
        own.acknowledger.send(failed()).expect("is awaited");
        shared.acknowledger.send(failed()).expect("is awaited");
        let at = Instant::now();
        let last = i.next().await;
        assert_eq!((last.audience, last.message.attempt), (Audience::Service, 2));
        assert!(at.elapsed() >= wait, "{:?} instead of {wait:?}", at.elapsed());
        last.acknowledger.send(failed()).expect("is awaited");
        let dead = super::dead_letters::wait(&*i.transport, "worker", |d| d.audience == Audience::Service).await;
        assert_eq!(dead.message.attempt, 2);

        i.publish(command(1)).await;
        for attempt in 1..=3 {
            let d = i.next().await;
            assert_eq!((d.audience, d.message.attempt), (Audience::Command, attempt), "it has those of the service");
            d.acknowledger.send(failed()).expect("is awaited");
        }
        i.nothing().await;
    }
    async fn an_instance_tries_again_alone_what_every_instance_got(broker) {
        let (one, two) = (broker.instance("a", &[EACH]).await, broker.instance("a", &[EACH]).await);
        one.publish(event(1)).await;
        two.done().await;
        for attempt in 1..=3 {
            let d = one.next().await;
            assert_eq!((d.message.attempt, d.audience), (attempt, Audience::EachInstance));
            d.acknowledger.send(failed()).expect("is awaited");
        }
        tokio::join!(one.nothing(), two.nothing());
        assert!(one.transport.dead_letters("a", 10).await.expect("is read").is_empty(), "there is no queue to replay it to");
    }
    async fn a_broadcast_event_that_an_instance_cannot_handle_becomes_no_dead_letter(broker) {
        let i = broker.instance("a", &[EACH]).await;
        i.publish(event(1)).await;
        i.next().await.acknowledger.send(Outcome::Reject(fm_sdk::reject("no"))).expect("is awaited");
        i.publish(event(2)).await;
        assert_eq!(i.done().await, "2");
        assert!(i.transport.dead_letters("a", 10).await.expect("is read").is_empty());
    }
    async fn a_message_given_back_comes_again_uncounted(broker) {
        let i = broker.instance("a", &[EVENT]).await;
        i.publish(event(1)).await;
        i.next().await.acknowledger.send(Outcome::Requeue).expect("is awaited");
        let d = i.next().await;
        assert_eq!((d.message.body.as_str(), d.message.attempt), ("1", 1));
    }
    async fn a_message_says_whether_somebody_may_have_had_it(broker) {
        let (i, caller) = (broker.instance("worker", &[EVENT, CALL]).await, broker.connect());
        i.publish(event(1)).await;
        for again in [false, true] {
            assert_eq!(i.next().await.redelivered, again, "an event");
        }
        i.done().await;
        let given_back = async {
            assert!(!i.next().await.redelivered, "a call");
            let d = i.next().await;
            assert!(d.redelivered, "a call again");
            d.acknowledger.send(Outcome::Reply("1".into())).expect("is awaited");
        };
        tokio::join!(caller.request(call(1), TIMEOUT), given_back).0.expect("is answered");
    }
    async fn a_message_whose_handler_was_lost_comes_again(broker) {
        let i = broker.instance("a", &[EVENT]).await;
        i.publish(event(1)).await;
        drop(i.next().await);
        assert_eq!(i.done().await, "1");
        i.nothing().await;
    }
}
