use super::{Broker, CALL, COMMAND, EVENT, Instance, TIMEOUT, call, command, event};
use fm_sdk::{
    HandlerOptions,
    backend::{Audience, Outcome},
};
use std::time::Duration;

/// Works off an instance's calls, as many at once as come, each for so long. Counts them.
async fn serve(i: &Instance, each: Duration, answered: &std::cell::Cell<u32>) {
    let mut at_work = futures::stream::FuturesUnordered::new();
    loop {
        tokio::select! {
            d = i.next() => at_work.push(async move {
                tokio::time::sleep(each).await;
                d.acknowledger.send(Outcome::Reply("1".into())).expect("is awaited");
            }),
            Some(()) = futures::StreamExt::next(&mut at_work) => answered.set(answered.get() + 1),
        }
    }
}

/// Two instances that need so long for a call answer 200 calls, `at_once` at any time; how many each.
async fn shares(broker: &Broker, takes: [Duration; 2], at_once: u32) -> [u32; 2] {
    let few = |c: &mut fm_sdk::backend::Consume| c.prefetch = 4;
    let (one, two) = (broker.tuned("worker", &[CALL], few).await, broker.tuned("worker", &[CALL], few).await);
    let (caller, answered) = (broker.connect(), [const { std::cell::Cell::new(0) }; 2]);
    let ask = async |n: u32| {
        for n in n * 200 / at_once..(n + 1) * 200 / at_once {
            caller.request(call(n), TIMEOUT).await.expect("is answered");
        }
    };
    tokio::select! {
        () = serve(&one, takes[0], &answered[0]) => {}
        () = serve(&two, takes[1], &answered[1]) => {}
        _ = futures::future::join_all((0..at_once).map(ask)) => {}
    }
    answered.map(|n| n.get())
}

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
        held.remove(0).acknowledger.send(Outcome::Ack).expect("is awaited");
        held.push(i.next().await);
        i.nothing().await;
    }
    async fn a_queue_gives_as_many_messages_as_its_handler_asks_for(broker) {
        let i = broker.tuned("worker", &[EVENT, COMMAND], |c| {
            c.prefetch = 1;
            c.subscriptions[0].options = HandlerOptions::new().prefetch(3);
        }).await;
        for n in 0..6 {
            i.publish(event(n)).await;
            i.publish(command(n)).await;
        }
        let mut held = Vec::new();
        while held.len() < 4 {
            held.push(i.next().await);
        }
        i.nothing().await;
        let events = held.iter().filter(|d| d.audience == Audience::Service).count();
        assert_eq!(events, 3, "the other one is the only command");
    }
    async fn a_slow_instance_gets_less(broker) {
        let few = |c: &mut fm_sdk::backend::Consume| c.prefetch = 2;
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
        let few = |c: &mut fm_sdk::backend::Consume| c.prefetch = 1;
        let (one, two) = (broker.tuned("a", &[EVENT], few).await, broker.tuned("a", &[EVENT], few).await);
        for n in 0..42 {
            one.publish(event(n)).await;
        }
        // Each acknowledges one message and waits for the other to have one, so that neither can run ahead. Acknowledgements on two connections
        // overtake each other: either may be given the last two.
        for _ in 0..20 {
            let (a, b) = tokio::join!(one.done(), two.done());
            assert!(!a.is_empty() && !b.is_empty());
        }
        for _ in 0..2 {
            tokio::select! { _ = one.done() => {}, _ = two.done() => {} }
        }
        tokio::join!(one.nothing(), two.nothing());
    }
    async fn equal_instances_share_the_calls(broker) {
        let shared = shares(&broker, [Duration::ZERO; 2], 1).await;
        // The last answer may have come before it was counted.
        assert!(shared.iter().all(|n| (90..=110).contains(n)), "{shared:?}");
    }
    async fn a_slow_instance_gets_fewer_calls(broker) {
        let shared = shares(&broker, [Duration::from_millis(50), Duration::ZERO], 16).await;
        assert!(shared[0] > 0 && shared[0] < 60, "{shared:?}");
    }
}
