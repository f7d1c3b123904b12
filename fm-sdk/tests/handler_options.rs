//! What a handler may want otherwise than the rest of its service.

use fm_sdk::{
    Cx, Handled, HandlerOptions, Reply, Service,
    backend::{Audience, Consume, Retry, Subscription},
    messages,
    testing::MockBus,
};
use std::time::Duration;

messages! {
    event "thing.made" from any Made {}
    call "fm-x/ask" Ask {} -> u32;
}

const SECOND: Duration = Duration::from_secs(1);

async fn made(_: Made, _: Cx<()>) -> Handled {
    Err(fm_sdk::Error::new(fm_sdk::Kind::Unavailable, "later", "try again"))
}
async fn ask(_: Ask, _: Cx<()>) -> Reply<u32> {
    Ok(1)
}

#[test]
fn invalid_options_are_refused_before_the_service_runs() {
    for (options, says) in [
        (HandlerOptions::new().attempts(0), "attempts"),
        (HandlerOptions::new().attempts(HandlerOptions::MAX_ATTEMPTS + 1), "attempts"),
        (HandlerOptions::new().backoff([]), "backoff"),
        (HandlerOptions::new().backoff([SECOND, Duration::ZERO]), "wait"),
        (HandlerOptions::new().backoff([HandlerOptions::MAX_WAIT + SECOND]), "wait"),
        (HandlerOptions::new().prefetch(0), "prefetch"),
        (HandlerOptions::new().prefetch(HandlerOptions::MAX_PREFETCH + 1), "prefetch"),
        (HandlerOptions::new().concurrency(0), "concurrency"),
        (HandlerOptions::new().timeout(Duration::ZERO), "timeout"),
    ] {
        let refused = std::panic::catch_unwind(|| MockBus::for_service(Service::new("fm-x", ()).on_with(options, made)));
        let message = *refused.err().expect("is refused").downcast::<String>().unwrap();
        assert!(message.contains("thing.made") && message.contains(says) && message.contains("[wiring]"), "{message}");
    }
}

#[actix_rt::test]
async fn options_at_their_limits_are_accepted() {
    let most = HandlerOptions::new()
        .attempts(HandlerOptions::MAX_ATTEMPTS)
        .backoff([HandlerOptions::MAX_WAIT])
        .prefetch(HandlerOptions::MAX_PREFETCH)
        .concurrency(u16::MAX)
        .timeout(Duration::MAX);
    let bus = MockBus::for_service(Service::new("fm-x", ()).on_with(most.clone(), made).call_with(most, ask));
    assert_eq!(bus.deliver(Made {}).await.attempts(), HandlerOptions::MAX_ATTEMPTS);
    assert_eq!(bus.call(Ask {}).await.unwrap(), 1);
}

#[actix_rt::test]
async fn one_attempt_is_not_followed_by_another() {
    let bus = MockBus::for_service(Service::new("fm-x", ()).on_with(HandlerOptions::new().attempts(1), made));
    let delivered = bus.deliver(Made {}).await;
    assert_eq!((delivered.attempts(), delivered.dead_letter().code()), (1, "later"));
}

fn consume(events: [HandlerOptions; 2]) -> Consume {
    let [one, two] = events;
    let subscriptions = vec![
        Subscription::new(Audience::Service, "one").with(one),
        Subscription::new(Audience::Service, "two").with(two),
        Subscription::new(Audience::Command, "fm-x/do"),
    ];
    Consume::new("fm-x", "i", subscriptions)
}

#[test]
fn the_handler_that_asks_for_most_sets_the_prefetch_of_its_queue_alone() {
    let default = Consume::PREFETCH;
    for (one, two, events) in [(None, None, default), (Some(1), None, 1), (Some(1), Some(40), 40), (None, Some(2), 2)] {
        let options = [one, two].map(|n| n.map_or_else(HandlerOptions::new, |n| HandlerOptions::new().prefetch(n)));
        let what = consume(options);
        assert_eq!((what.prefetch_of(Audience::Service), what.prefetch_of(Audience::Command)), (events, default), "{one:?} {two:?}");
    }
}

#[test]
fn options_that_a_handler_does_not_set_are_those_of_the_service() {
    let what = consume([HandlerOptions::new().attempts(2), HandlerOptions::new().backoff([SECOND])]);
    let rest = Retry::default();
    assert_eq!(what.retry_of(Audience::Service, "one"), Retry { attempts: 2, ..rest.clone() });
    assert_eq!(what.retry_of(Audience::Service, "two"), Retry { waits: vec![SECOND], ..rest.clone() });
    for (audience, name) in [(Audience::Command, "fm-x/do"), (Audience::EachInstance, "one"), (Audience::Service, "unknown")] {
        assert_eq!(what.retry_of(audience, name), rest, "{name}");
    }
}

#[test]
fn each_wait_that_may_come_is_known_before_it_does() {
    let minute = Duration::from_secs(60);
    let what = consume([HandlerOptions::new().attempts(2).backoff([minute / 2, minute * 7]), HandlerOptions::new().attempts(1)]);
    let mut waits: Vec<_> = what.waits().map(|w| w.as_secs()).collect();
    waits.sort_unstable();
    waits.dedup();
    assert_eq!(waits, [1, 10, 30, 60, 600], "the wait of 7 min never comes");
}
