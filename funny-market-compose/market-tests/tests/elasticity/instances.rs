use market_tests::{Market, slow_way, wait_until};
use serde_json::json;
use std::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    thread,
    time::{Duration, Instant},
};

/// The lease of an instance's key and what the design allows beyond it.
const FORGOTTEN: Duration = Duration::from_secs(12);

/// How many requests an instance has answered, by its own count.
fn answered(url: &str) -> f64 {
    let agent = Market::running();
    let metrics = agent.at_url(url).get("/metrics").expect(200).text();
    let counts = metrics.lines().filter(|l| l.starts_with("http_requests_total") && l.contains("route=\"/api/cars\""));
    counts.filter_map(|l| l.rsplit(' ').next()?.parse::<f64>().ok()).sum()
}

/// What `n` requests, one after the other, gave to two instances.
fn shares(market: &Market, n: usize, urls: [&str; 2]) -> [f64; 2] {
    let before = urls.map(answered);
    for _ in 0..n {
        market.anyone().get("/api/cars?per_page=1").expect(200);
    }
    let shares = [0, 1].map(|i| answered(urls[i]) - before[i]);
    println!("{n} requests: {} and {}", shares[0], shares[1]);
    assert!(shares[0] + shares[1] >= n as f64, "{shares:?}");
    shares.map(|share| share / (shares[0] + shares[1]))
}

#[test]
fn two_instances_share_the_work_and_one_may_be_killed_without_a_failed_read() {
    let _mine = crate::instances_are_mine();
    let market = Market::running();
    let seller = market.someone();
    seller.lists_a_car(json!({}));
    market.script("scale", &["fm-cars", "2"]);
    wait_until("both are registered", Duration::from_secs(15), || market.registered("fm-cars").len() == 2);

    let (first, second) = (market.url_of("fm-cars"), market.url_of("fm-cars-2"));
    let [one, _] = shares(&market, 400, [&first, &second]);
    assert!((0.45..=0.55).contains(&one), "{one}");

    let (stop, asked, failed) = (AtomicBool::new(false), AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        scope.spawn(|| {
            // 50 requests a second, each due at its own time.
            let began = Instant::now();
            while !stop.load(Relaxed) {
                let n = asked.fetch_add(1, Relaxed);
                let answer = market.anyone().try_send("GET", "/api/cars?per_page=1", None);
                if !answer.as_ref().is_ok_and(|a| a.status == 200) {
                    eprintln!("{:?} {answer:?}", began.elapsed());
                    failed.fetch_add(1, Relaxed);
                }
                thread::sleep((Duration::from_millis(20) * (n as u32 + 1)).saturating_sub(began.elapsed()));
            }
        });
        wait_until("the load runs", Duration::from_secs(10), || asked.load(Relaxed) > 50);
        market.instance("fm-cars-2").kill_dash_9();
        let forgotten = wait_until("the dead instance is forgotten", FORGOTTEN, || market.registered("fm-cars").len() == 1);
        println!("forgotten after {forgotten:?}");
        let had = asked.load(Relaxed);
        wait_until("the load goes on", Duration::from_secs(10), || asked.load(Relaxed) > had + 50);
        stop.store(true, Relaxed);
    });
    println!("{} requests, {} failed", asked.load(Relaxed), failed.load(Relaxed));
    assert_eq!(failed.load(Relaxed), 0);

    market.script("scale", &["fm-cars", "2"]);
    let url = market.url_of("fm-cars-2");
    wait_until("the new one is ready", Duration::from_secs(15), || {
        market.at_url(&url).try_send("GET", "/health/ready", None).is_ok_and(|a| a.status == 200)
    });
    let routed = wait_until("it gets its share", Duration::from_secs(1), || {
        market.anyone().get("/api/cars?per_page=1").expect(200);
        answered(&url) > 0.0
    });
    println!("routable {routed:?} after it was ready");
    market.script("scale", &["fm-cars", "1"]);
}

#[test]
fn an_instance_slowed_by_50_ms_gets_less() {
    let _mine = crate::instances_are_mine();
    let market = Market::running();
    market.script("scale", &["fm-cars", "1"]);
    let way = slow_way(Duration::from_millis(50), || Market::running().url_of("fm-cars-2"));
    market.script_with("scale", &["fm-cars", "2"], &[("FM_ADVERTISE", &way)]);
    wait_until("both are registered", Duration::from_secs(15), || market.registered("fm-cars").len() == 2);
    let [_, slow] = shares(&market, 400, [&market.url_of("fm-cars"), &market.url_of("fm-cars-2")]);
    market.script("scale", &["fm-cars", "1"]);
    assert!(slow > 0.0 && slow < 0.3, "{slow}");
}
