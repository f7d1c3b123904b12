//! Thousands of clients who hold connections and do nothing with them.

use crate::{
    program::{Program, command, run, until},
    support::{Upstream, ok, soon},
};
use fm_sdk_testing::servers::{EtcdServer, free_ports};
use futures::future::join_all;
use serde_json::json;
use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpSocket,
};

const IDLE: usize = 6_000;
const UNFINISHED: usize = 2_000;
/// Fewer than one address may have.
const PER_ADDRESS: usize = 1_000;
/// How long a client may let the gateway wait.
const LIMIT: &str = "3s";

/// Somebody who asks and waits for the answer again and again. Returns how long each answer took.
fn asks(address: SocketAddr, stop: Arc<AtomicBool>) -> thread::JoinHandle<Vec<Duration>> {
    thread::spawn(move || {
        let mut times = Vec::new();
        let mut io = TcpStream::connect(address).unwrap();
        io.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let mut answer = [0; 4096];
        while !stop.load(Relaxed) {
            let asked = Instant::now();
            io.write_all(b"GET /hello HTTP/1.1\r\nHost: h\r\n\r\n").unwrap();
            let mut length = 0;
            while !answer[..length].ends_with(b"\r\n\r\nhello") {
                let more = io.read(&mut answer[length..]).unwrap();
                assert!(more > 0, "{}", String::from_utf8_lossy(&answer[..length]));
                length += more;
            }
            times.push(asked.elapsed());
            assert!(answer.starts_with(b"HTTP/1.1 200 "));
        }
        times
    })
}

/// Connects as the n-th client and sends this. Returns how long it took until the gateway closed the connection, from then on.
async fn holds(address: SocketAddr, n: usize, bytes: &[u8]) -> Duration {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::from(([127, 0, 1, (n / PER_ADDRESS) as u8], 0))).unwrap();
    let mut io = soon(socket.connect(address)).await.unwrap();
    io.write_all(bytes).await.unwrap();
    let held = Instant::now();
    let _ = soon(io.read_to_end(&mut Vec::new())).await; // 408, or nothing
    held.elapsed()
}

#[actix_rt::test]
async fn idle_connections_and_unfinished_bodies_end_at_their_limits_while_others_are_served() {
    let (etcd, data) = (EtcdServer::start().await.unwrap(), tempfile::tempdir().unwrap());
    let [port, admin] = free_ports::<2>().unwrap();
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let upstream = Upstream::answering(ok("hello")).await;
    let proxy = json!([{"plugin": "proxy", "settings": {"target": upstream.url(), "client_timeout": LIMIT, "at_once": UNFINISHED + 1}}]);
    let file = data.path().join("table.json");
    std::fs::write(&file, json!({"format": 1, "routes": [{"id": "all", "path": "/**", "public": true, "plugins": proxy}]}).to_string())
        .unwrap();
    assert!(run(command(etcd.url(), &data).args(["table", "put"]).arg(&file)).await.status.success());
    let mut serve = command(etcd.url(), &data);
    serve.env("FM_HTTP", address.to_string()).env("FM_ADMIN_HTTP", format!("127.0.0.1:{admin}")).env("FM_GATEWAY_HEAD_TIME", LIMIT);
    let _program = Program(serve.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    until(address, "/hello", |reply| reply.status == 200).await;

    let stop = Arc::<AtomicBool>::default();
    let asking = asks(address, stop.clone());
    let clients = (0..IDLE + UNFINISHED).map(|n| match n % 4 {
        0 => holds(address, n, b"POST /up HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhello"),
        _ => holds(address, n, b""),
    });
    let held = join_all(clients).await;
    stop.store(true, Relaxed);
    let mut times = tokio::task::spawn_blocking(move || asking.join().unwrap()).await.unwrap();
    times.sort_unstable();
    let (longest, p99) = (held.into_iter().max().unwrap(), times[times.len() * 99 / 100]);
    println!("held at most {longest:?}; {} others were answered meanwhile, p50 {:?}, p99 {p99:?}", times.len(), times[times.len() / 2]);
    assert!(times.len() > 100);
}
