//! Instances that accept requests and answer none, as a process that is stopped does.

use crate::support::{Client, TestApp, Upstream, ok, soon, until};
use serde_json::{Value, json};
use std::{
    cell::Cell,
    rc::Rc,
    time::{Duration, Instant},
};
use tokio::sync::watch;

const GET: &str = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
const POST: &str = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nonce";

async fn hanging() -> Upstream {
    Upstream::start(|mut connection| async move { while connection.request().await.is_some() {} }).await
}

async fn slow(time: Duration) -> Upstream {
    Upstream::start(move |mut connection| async move {
        while connection.request().await.is_some() {
            tokio::time::sleep(time).await;
            connection.write(ok("slow")).await;
        }
    })
    .await
}

/// Instances of one service behind a gateway, with these settings of the proxy.
async fn behind(upstreams: &[&Upstream], settings: Value) -> (TestApp, impl Sized + use<>) {
    let plugins = json!([{"plugin": "discovery", "settings": {"service": "fm-cars"}}, {"plugin": "proxy", "settings": settings}]);
    let app = TestApp::with_routes(json!([{"path": "/**", "plugins": plugins}])).await;
    let places: Vec<_> = upstreams.iter().enumerate().map(|(n, upstream)| app.register("fm-cars", &format!("i{n}"), upstream)).collect();
    let services = app.services();
    until("the registry shows them", || services.instances("fm-cars").len() == upstreams.len()).await;
    (app, places)
}

/// Sends requests until the instance has got one more.
async fn until_asked(app: &TestApp, upstream: &Upstream) -> Client {
    let before = upstream.requests();
    loop {
        let mut client = app.connect().await;
        client.send(GET).await;
        let (asked, answered) = (async { until("it is asked", || upstream.requests() > before).await }, client.more());
        tokio::select! { () = asked => return client, _ = answered => {} }
    }
}

#[actix_rt::test]
async fn a_get_that_waits_is_answered_by_another_instance() {
    let (hangs, good) = (hanging().await, Upstream::answering(ok("whole")).await);
    let (app, _places) = behind(&[&hangs, &good], json!({"hedge_after": "200ms"})).await;
    for _ in 0..20 {
        let asked = Instant::now();
        assert_eq!(app.get("/").await.text(), "whole");
        assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
    }
    assert!(hangs.requests() > 0);
    let metrics = Client::connect(app.admin).await.ask("GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n").await.text();
    assert!(metrics.contains("gateway_hedges_total{service=\"fm-cars\",reason="), "{metrics}");
}

#[actix_rt::test]
async fn a_hanging_instance_keeps_few_requests_waiting() {
    let (hangs, good) = (hanging().await, Upstream::answering(ok("whole")).await);
    let (app, _places) = behind(&[&hangs, &good], json!({})).await;
    let mut client = until_asked(&app, &hangs).await;
    assert_eq!(client.reply(false).await.unwrap().text(), "whole");
    let asked = (hangs.requests(), Instant::now());
    for _ in 0..100 {
        assert_eq!(app.get("/").await.text(), "whole");
    }
    // It is tried again after half a second at the earliest, then less and less often.
    let most = 1 + (asked.1.elapsed().as_secs_f64() / 0.5) as usize;
    assert!(hangs.requests() - asked.0 <= most, "{} of 100 went there, at most {most} expected", hangs.requests() - asked.0);
}

#[actix_rt::test]
async fn requests_that_readers_give_up_count_against_the_instance() {
    let (hangs, good) = (hanging().await, Upstream::answering(ok("whole")).await);
    let (app, _places) = behind(&[&hangs, &good], json!({"hedge_after": "0s"})).await;
    let impatient = until_asked(&app, &hangs).await;
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    drop(impatient);
    until("the instance is told", || hangs.ended.get() == 1).await;
    for _ in 0..20 {
        assert_eq!(app.get("/").await.text(), "whole");
    }
    assert_eq!(hangs.requests(), 1);
}

#[actix_rt::test]
async fn a_post_that_waits_is_sent_to_nobody_else() {
    let (hangs, good) = (hanging().await, Upstream::answering(ok("whole")).await);
    let (app, _places) = behind(&[&hangs, &good], json!({"hedge_after": "50ms", "head_timeout": "400ms"})).await;
    let mut late = 0;
    for n in 1..=20 {
        late += usize::from(app.send(POST).await.status == 504);
        assert_eq!(hangs.requests() + good.requests(), n);
    }
    assert_eq!(late, hangs.requests());
    assert!((1..20).contains(&late), "{late}");
}

#[actix_rt::test]
async fn a_post_does_not_try_out_whether_an_instance_is_back() {
    let (hangs, good) = (hanging().await, Upstream::answering(ok("whole")).await);
    let (app, _places) = behind(&[&hangs, &good], json!({})).await;
    let mut client = until_asked(&app, &hangs).await;
    client.reply(false).await.unwrap();
    let begun = Instant::now();
    // Its first ejection lasts for 1.5 s at most.
    while begun.elapsed() < Duration::from_secs(2) {
        assert_eq!(app.send(POST).await.text(), "whole");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[actix_rt::test]
async fn hedges_do_not_double_the_load_of_a_slow_service() {
    let upstreams = [slow(Duration::from_millis(250)).await, slow(Duration::from_millis(250)).await];
    let (app, _places) = behind(&[&upstreams[0], &upstreams[1]], json!({"hedge_after": "50ms"})).await;
    let (mut sent, begun) = (0, Instant::now());
    for _ in 0..10 {
        let asking = (0..40).map(|_| async {
            let mut client = app.connect().await;
            assert_eq!(client.ask(GET).await.text(), "slow");
        });
        futures::future::join_all(asking).await;
        sent += 40;
    }
    let hedges = upstreams.iter().map(Upstream::requests).sum::<usize>() - sent;
    let most = 50 + sent / 10 + begun.elapsed().as_secs() as usize + 1;
    assert!((50..=most).contains(&hedges), "{hedges} hedges of {sent} requests, at most {most} expected");
}

#[actix_rt::test]
async fn a_slow_service_of_one_instance_has_all_the_time_of_its_route() {
    let one = slow(Duration::from_millis(1_500)).await;
    let (app, _places) = behind(&[&one], json!({"hedge_after": "100ms"})).await;
    assert_eq!(app.get("/").await.text(), "slow");
    assert_eq!(one.requests(), 1);
}

#[actix_rt::test]
async fn an_instance_that_goes_on_gets_its_share_again_and_no_request_fails() {
    let (stop, stopped) = watch::channel(false);
    let sleeper = Upstream::start(move |mut connection| {
        let mut stopped = stopped.clone();
        async move {
            while connection.request().await.is_some() {
                stopped.wait_for(|stopped| !stopped).await.unwrap();
                connection.write(ok("sleeper")).await;
            }
        }
    })
    .await;
    let good = Upstream::answering(ok("good")).await;
    let (app, _places) = behind(&[&sleeper, &good], json!({"hedge_after": "200ms"})).await;
    let share = async |n: usize| {
        let mut there = 0;
        for _ in 0..n {
            let reply = app.get("/").await;
            assert_eq!(reply.status, 200);
            there += usize::from(reply.text() == "sleeper");
        }
        there
    };
    assert!((30..=70).contains(&share(100).await));
    stop.send_replace(true);
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(3) {
        assert_eq!(share(10).await, 0);
    }
    stop.send_replace(false);
    soon(async { while share(20).await < 5 {} }).await;
    assert!((20..=80).contains(&share(100).await), "it has its share again");
}

#[actix_rt::test]
async fn when_all_hang_requests_are_refused_soon_and_not_multiplied() {
    let (a, b) = (hanging().await, hanging().await);
    let (app, _places) = behind(&[&a, &b], json!({"hedge_after": "300ms"})).await;
    let impatient = until_asked(&app, &a).await;
    until("both are asked", || a.requests() + b.requests() == 2).await;
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    drop(impatient);
    until("both are told", || a.ended.get() + b.ended.get() == 2).await;
    let refused = Rc::new(Cell::new(0));
    let asking = (0..50).map(|_| async {
        let (mut client, asked) = (app.connect().await, Instant::now());
        let reply = client.ask(GET).await;
        assert_eq!((reply.status, reply.code().as_str(), reply.header("retry-after")), (504, "upstream-timeout", Some("1")));
        assert!(asked.elapsed() < Duration::from_secs(3), "{:?}", asked.elapsed());
        refused.set(refused.get() + 1);
    });
    futures::future::join_all(asking).await;
    assert_eq!(refused.get(), 50);
    assert!(a.requests() + b.requests() <= 2 + 50, "{} and {}", a.requests(), b.requests());
}
