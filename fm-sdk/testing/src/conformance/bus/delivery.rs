use super::{COMMAND, EACH, EVENT, TIMEOUT, command, event};
use fm_sdk::{
    ConnectionState, Envelope, Kind,
    bus::transport::{Audience, Outcome},
    message::Subject,
};
use std::collections::BTreeSet;
use tokio::time::timeout;

cases! { $ bus_delivery
    async fn an_event_goes_to_one_instance_of_each_service(broker) {
        let (a1, a2) = (broker.instance("a", &[EVENT]).await, broker.instance("a", &[EVENT]).await);
        let b = broker.instance("b", &[EVENT]).await;
        for n in 0..20 {
            a1.publish(event(n)).await;
        }
        let mut seen = BTreeSet::new();
        for _ in 0..20 {
            let got = tokio::select! { x = a1.done() => x, x = a2.done() => x };
            assert!(seen.insert(got), "came twice");
            b.done().await;
        }
        tokio::join!(a1.nothing(), a2.nothing(), b.nothing());
    }
    async fn an_event_for_each_instance_goes_to_every_one(broker) {
        let (one, two) = (broker.instance("a", &[EACH]).await, broker.instance("a", &[EACH]).await);
        one.publish(event(1)).await;
        assert_eq!((one.done().await, two.done().await), ("1".into(), "1".into()));
    }
    async fn an_event_that_nobody_listens_to_is_published_all_the_same(broker) {
        let publisher = broker.connect();
        publisher.publish(event(1)).await.expect("is kept aside");
    }
    async fn events_and_commands_wait_for_a_service_that_is_unreachable(broker) {
        let first = broker.instance("worker", &[EVENT, COMMAND]).await;
        first.transport.close().await;
        let publisher = broker.connect();
        publisher.publish(event(1)).await.expect("is stored");
        publisher.publish(command(2)).await.expect("is stored");
        let second = broker.instance("worker", &[EVENT, COMMAND]).await;
        let got = BTreeSet::from([second.done().await, second.done().await]);
        assert_eq!(got, BTreeSet::from(["1".into(), "2".into()]));
    }
    async fn a_command_goes_to_one_instance_of_its_owner(broker) {
        let (one, two) = (broker.instance("worker", &[COMMAND]).await, broker.instance("worker", &[COMMAND]).await);
        let other = broker.instance("other", &[EVENT]).await;
        other.publish(command(7)).await;
        let d = tokio::select! { d = one.next() => d, d = two.next() => d };
        assert_eq!((d.audience, d.message.body.as_str(), d.deadline), (Audience::Command, "7", None));
        d.acknowledger.send(Outcome::Ack).expect("is awaited");
        tokio::join!(one.nothing(), two.nothing(), other.nothing());
    }
    async fn a_command_to_an_unknown_service_is_unroutable(broker) {
        let e = broker.connect().publish(command(1)).await.expect_err("nobody owns it");
        assert_eq!(e.kind(), Kind::Unroutable, "{e:?}");
    }
    async fn a_message_arrives_as_it_was_sent(broker) {
        let i = broker.instance("worker", &[COMMAND]).await;
        let sent = Envelope {
            body: serde_json::json!({ "text": "ü \u{1F697} \u{0} \"quoted\"", "large": "x".repeat(1 << 20) }).to_string(),
            instance: "suite-1".into(),
            token: Some("t".repeat(2000)),
            trace: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".into()),
            subject: Some(Subject { document: "cars/1".into(), version: i64::MAX }),
            ..command(1)
        };
        i.publish(sent.clone()).await;
        assert_eq!(i.next().await.message, sent);
    }
    async fn a_message_without_token_trace_or_subject_arrives_without(broker) {
        let i = broker.instance("a", &[EVENT]).await;
        let sent = event(1);
        i.publish(sent.clone()).await;
        assert_eq!(i.next().await.message, sent);
    }
    async fn messages_of_one_publisher_keep_their_order(broker) {
        let i = broker.instance("a", &[EVENT]).await;
        for n in 0..100 {
            i.publish(event(n)).await;
        }
        for n in 0..100 {
            assert_eq!(i.done().await, n.to_string());
        }
    }
    async fn many_may_publish_at_once(broker) {
        let i = broker.instance("a", &[EVENT]).await;
        let all = futures::future::join_all((0..200).map(|n| i.transport.publish(event(n)))).await;
        assert!(all.iter().all(Result::is_ok));
        let mut seen = BTreeSet::new();
        while seen.len() < 200 {
            assert!(seen.insert(i.done().await));
        }
    }
    async fn a_future_that_nobody_polls_sends_nothing(broker) {
        let i = broker.instance("a", &[EVENT]).await;
        drop(i.transport.publish(event(1)));
        i.publish(event(2)).await;
        assert_eq!(i.done().await, "2");
    }
    async fn a_name_that_the_service_does_not_know_reaches_it(broker) {
        let i = broker.instance("a", &[EVENT]).await;
        let m = Envelope { name: "thing.renamed".into(), ..event(1) };
        i.transport.deliver_to("a", Audience::Service, m).await.expect("is delivered");
        assert_eq!(i.next().await.message.name, "thing.renamed");
    }
    async fn a_service_may_listen_in_all_four_ways(broker) {
        let all = [(Audience::Service, "thing.happened"), (Audience::EachInstance, "thing.ended"), COMMAND, super::CALL];
        let i = broker.instance("worker", &all).await;
        i.publish(event(1)).await;
        i.publish(Envelope { name: "thing.ended".into(), ..event(2) }).await;
        i.publish(command(3)).await;
        let asked = i.transport.request(super::call(4), TIMEOUT);
        let answers = async {
            for _ in 0..4 {
                let d = i.next().await;
                let expected = match d.message.body.as_str() {
                    "1" => Audience::Service,
                    "2" => Audience::EachInstance,
                    "3" => Audience::Command,
                    _ => Audience::Call,
                };
                assert_eq!(d.audience, expected);
                d.acknowledger.send(if expected == Audience::Call { Outcome::Reply("5".into()) } else { Outcome::Ack }).expect("is awaited");
            }
        };
        assert_eq!(tokio::join!(asked, answers).0.expect("is answered"), "5");
    }
    async fn the_connection_is_up_once_messages_flow(broker) {
        let i = broker.instance("a", &[EVENT]).await;
        timeout(TIMEOUT, i.transport.connection().wait_for(|c| *c == ConnectionState::Up)).await.expect("comes up").expect("lives");
    }
}
