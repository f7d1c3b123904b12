use super::{COMMAND, EVENT, TIMEOUT, command, event};
use fm_sdk::{
    Kind, Transport,
    bus::transport::{Audience, DeadLetter, Outcome},
    reject,
};
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// Waits until a message is a dead letter.
pub(super) async fn wait(t: &dyn Transport, service: &str, which: impl Fn(&DeadLetter) -> bool) -> DeadLetter {
    let look = async {
        loop {
            if let Some(p) = t.dead_letters(service, 100).await.expect("is read").into_iter().find(&which) {
                return p;
            }
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(TIMEOUT, look).await.expect("is a dead letter")
}

cases! { $ bus_dead_letters
    async fn a_hopeless_message_becomes_a_dead_letter_at_once_as_it_was(broker) {
        let i = broker.instance("worker", &[COMMAND]).await;
        let sent = command(1);
        i.publish(sent.clone()).await;
        i.next().await.acknowledger.send(Outcome::Reject(reject("no such car"))).expect("is awaited");
        let p = wait(&*i.transport, "worker", |_| true).await;
        assert_eq!((&p.message, p.audience, p.code.as_str()), (&sent, Audience::Command, "rejected"));
        assert!(p.cause.contains("no such car") && p.dead_lettered_at_ms >= sent.at_ms, "{p:?}");
        i.nothing().await;
    }
    async fn dead_letters_are_listed_oldest_first_and_stay(broker) {
        let i = broker.instance("a", &[EVENT]).await;
        for n in 0..3 {
            i.publish(event(n)).await;
            i.next().await.acknowledger.send(Outcome::Reject(reject("no"))).expect("is awaited");
            wait(&*i.transport, "a", |p| p.message.body == n.to_string()).await;
        }
        let bodies = |l: Vec<DeadLetter>| l.into_iter().map(|p| p.message.body).collect::<Vec<_>>().join(" ");
        for _ in 0..3 {
            assert_eq!(bodies(i.transport.dead_letters("a", 2).await.expect("is read")), "0 1");
        }
        assert_eq!(bodies(i.transport.dead_letters("a", 9).await.expect("is read")), "0 1 2");
    }
    async fn a_dead_letter_can_be_taken_out_once(broker) {
        let i = broker.instance("a", &[EVENT]).await;
        let mut ids = Vec::new();
        for n in 0..3 {
            let m = event(n);
            ids.push(m.id.clone());
            i.publish(m).await;
            i.next().await.acknowledger.send(Outcome::Reject(reject("no"))).expect("is awaited");
            wait(&*i.transport, "a", |p| p.message.body == n.to_string()).await;
        }
        assert_eq!(i.transport.drop_dead_letter("a", &ids[1]).await.expect("is taken").expect("was there").message.body, "1");
        assert!(i.transport.drop_dead_letter("a", &ids[1]).await.expect("is looked for").is_none());
        let left: Vec<String> = i.transport.dead_letters("a", 9).await.expect("is read").into_iter().map(|p| p.message.id).collect();
        assert_eq!(left, [ids[0].clone(), ids[2].clone()]);
    }
    async fn a_dead_letter_is_replayed_to_its_own_service_alone(broker) {
        let (a, b) = (broker.instance("a", &[EVENT]).await, broker.instance("b", &[EVENT]).await);
        let sent = event(1);
        a.publish(sent.clone()).await;
        b.done().await;
        a.next().await.acknowledger.send(Outcome::Reject(reject("no"))).expect("is awaited");
        let p = wait(&*a.transport, "a", |_| true).await;
        a.transport.deliver_to("a", p.audience, p.message.clone()).await.expect("is delivered");
        a.transport.drop_dead_letter("a", &p.message.id).await.expect("is taken").expect("was there");
        assert_eq!(a.next().await.message, sent);
        b.nothing().await;
    }
    async fn a_service_without_dead_letters_has_none(broker) {
        let t = broker.connect();
        assert!(t.dead_letters("nobody", 5).await.expect("is read").is_empty());
        assert!(t.drop_dead_letter("nobody", "1").await.expect("is looked for").is_none());
    }
    async fn delivering_to_an_unknown_service_is_unroutable(broker) {
        let e = broker.connect().deliver_to("nobody", Audience::Service, event(1)).await.expect_err("has no queue");
        assert_eq!(e.kind(), Kind::Unroutable);
    }
}
