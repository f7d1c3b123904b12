use super::{CALL, EACH, EVENT, call, event};
use fm_sdk::{ConnectionState, Kind, bus::transport::Outcome};
use std::time::Duration;

cases! { $ bus_stopping
    async fn after_a_stop_nothing_new_comes_and_messages_in_flight_can_be_acknowledged(broker) {
        let one = broker.instance("a", &[EVENT]).await;
        one.publish(event(1)).await;
        let held = one.next().await;
        one.transport.stop_consuming().await;
        one.publish(event(2)).await;
        one.nothing().await;
        held.acknowledger.send(Outcome::Ack).expect("is awaited");
        one.transport.close().await;
        let two = broker.instance("a", &[EVENT]).await;
        assert_eq!(two.done().await, "2");
        two.nothing().await;
    }
    async fn a_stopped_instance_still_publishes_and_calls(broker) {
        let (one, two) = (broker.instance("worker", &[CALL]).await, broker.instance("worker", &[CALL]).await);
        one.transport.stop_consuming().await;
        let work = async {
            let d = two.next().await;
            d.acknowledger.send(Outcome::Reply("1".into())).expect("is awaited");
        };
        let (reply, ()) = tokio::join!(one.transport.request(call(1), super::TIMEOUT), work);
        assert_eq!(reply.expect("is answered"), "1");
        one.publish(event(1)).await;
    }
    async fn messages_a_closed_instance_had_not_acknowledged_go_to_another(broker) {
        let one = broker.instance("a", &[EVENT]).await;
        one.publish(event(1)).await;
        let held = one.next().await;
        one.transport.close().await;
        drop(held);
        let two = broker.instance("a", &[EVENT]).await;
        assert_eq!(two.done().await, "1");
    }
    async fn stopping_twice_or_before_consuming_is_harmless(broker) {
        broker.connect().stop_consuming().await;
        let i = broker.instance("a", &[EVENT]).await;
        i.transport.stop_consuming().await;
        i.transport.stop_consuming().await;
    }
    async fn a_closed_transport_says_so(broker) {
        let t = broker.connect();
        t.publish(event(1)).await.expect("is published");
        t.close().await;
        assert_eq!(t.publish(event(2)).await.expect_err("is closed").kind(), Kind::Unavailable);
        assert_eq!(t.request(call(1), Duration::from_secs(5)).await.expect_err("is closed").kind(), Kind::Unavailable);
        assert!(matches!(&*t.connection().borrow(), ConnectionState::Down(_)));
    }
    async fn all_that_was_handed_over_before_a_close_is_stored(broker) {
        let i = broker.instance("a", &[EVENT]).await;
        let t = broker.connect();
        let all = futures::future::join_all((0..50).map(|n| t.publish(event(n))));
        let (all, ()) = tokio::join!(all, t.close());
        let stored = all.iter().filter(|r| r.is_ok()).count();
        for _ in 0..stored {
            i.done().await;
        }
        assert!(stored > 0);
    }
    async fn an_instance_that_is_gone_gets_no_more_of_what_each_instance_gets(broker) {
        let (one, two) = (broker.instance("a", &[EACH]).await, broker.instance("a", &[EACH]).await);
        one.transport.close().await;
        two.publish(event(1)).await;
        two.done().await;
        let again = broker.instance("a", &[EACH]).await;
        again.nothing().await;
    }
}
