use super::{EVENT, event};
use crate::bus::transport::Verdict;

cases! { $ bus_fairness
    async fn an_instance_holds_no_more_messages_than_it_asked_for(broker) {
        let i = broker.tuned("a", &[EVENT], |c| c.prefetch = 3).await;
        for n in 0..6 {
            i.publish(event(n)).await;
        }
        let mut held = Vec::new();
        while held.len() < 3 {
            held.push(i.next().await);
        }
        i.nothing().await;
        held.remove(0).settle.send(Verdict::Ack).expect("is awaited");
        held.push(i.next().await);
        i.nothing().await;
    }
    async fn a_slow_instance_gets_less(broker) {
        let few = |c: &mut crate::bus::transport::Consume| c.prefetch = 2;
        let (slow, quick) = (broker.tuned("a", &[EVENT], few).await, broker.tuned("a", &[EVENT], few).await);
        for n in 0..20 {
            slow.publish(event(n)).await;
        }
        let _held = (slow.next().await, slow.next().await);
        for _ in 0..18 {
            quick.done().await;
        }
        slow.nothing().await;
    }
    async fn equal_instances_share_the_work(broker) {
        let few = |c: &mut crate::bus::transport::Consume| c.prefetch = 1;
        let (one, two) = (broker.tuned("a", &[EVENT], few).await, broker.tuned("a", &[EVENT], few).await);
        for n in 0..40 {
            one.publish(event(n)).await;
        }
        let mut counts = [0, 0];
        // Each works one message and waits for the other to have one, so that neither can run ahead.
        while counts[0] + counts[1] < 40 {
            let (a, b) = tokio::join!(one.done(), two.done());
            assert!(!a.is_empty() && !b.is_empty());
            counts = [counts[0] + 1, counts[1] + 1];
        }
        tokio::join!(one.nothing(), two.nothing());
    }
}
