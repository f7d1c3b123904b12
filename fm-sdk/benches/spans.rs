//! What spans cost: `cargo bench --bench spans` prints nanoseconds per span, and what keeping them takes of memory.

use fm_sdk::{
    metrics::resident_memory,
    trace::{SpanKind, TraceSettings, Tracer, key},
};
use std::{hint::black_box, time::Instant};

const REQUESTS: u32 = 200_000;

/// A request with two commands to the store, as the SDK makes their spans.
fn request(tracer: &Tracer) {
    let mut server = tracer.begin(SpanKind::Server, "GET", "", None);
    server.set(key::HTTP_METHOD, "GET");
    for _ in 0..2 {
        let mut command = server.child(SpanKind::Client, "find", "cars");
        command.set(key::DB_SYSTEM, "sqlite");
        command.set(key::DB_OPERATION, "find");
        command.set(key::DB_COLLECTION, "cars");
        command.end();
    }
    let route: std::sync::Arc<str> = "/api/cars/{id}".into();
    server.retarget(route.clone());
    server.set(key::HTTP_ROUTE, route);
    server.set(key::HTTP_STATUS, 200_u16);
    black_box(server).end();
}

fn main() {
    for (what, sample, threads) in
        [("all kept", 1.0, 1), ("sampled out", 0.0, 1), ("all kept, two threads", 1.0, 2), ("sampled out, two threads", 0.0, 2)]
    {
        let tracer = Tracer::new("bench", "1", TraceSettings { sample, ..TraceSettings::default() });
        let before = resident_memory();
        let started = Instant::now();
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| (0..REQUESTS).for_each(|_| request(&tracer)));
            }
        });
        let spans = f64::from(REQUESTS) * 3.0;
        let nanos = started.elapsed().as_nanos() as f64 / spans;
        let grown = resident_memory().unwrap_or_default().saturating_sub(before.unwrap_or_default()) >> 20;
        println!("{what}: {nanos:.0} ns per span, {grown} MiB more in memory after {REQUESTS} requests of each thread");
    }
}
