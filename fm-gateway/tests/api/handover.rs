//! One gateway after the other on one address: the listening socket itself is handed on.

use crate::support::{TestApp, put, soon, table_of, until};
use fm_sdk::registry::MemoryRegistry;
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};
use tempfile::{TempDir, tempdir};

fn saying(text: &str) -> Value {
    json!([{"path": "/**", "plugins": [{"plugin": "respond", "settings": {"body": text}}]}])
}

fn path(folder: &TempDir) -> Option<PathBuf> {
    Some(folder.path().join("handover"))
}

async fn first(folder: &TempDir, says: &str) -> TestApp {
    TestApp::with(saying(says), |_, own| own.handover = path(folder)).await
}

/// One that follows the gateway on this address, and has no table before its registry is mended.
async fn without_table(address: SocketAddr, folder: &TempDir, says: &str) -> TestApp {
    let registry = MemoryRegistry::new();
    put(&registry, &table_of(saying(says)).to_string()).await;
    TestApp::on(registry.clone(), tempdir().unwrap(), |settings, own| {
        registry.cut();
        settings.http = address.to_string();
        own.handover = path(folder);
    })
}

async fn next(address: SocketAddr, folder: &TempDir, says: &str) -> TestApp {
    let next = without_table(address, folder, says).await;
    next.registry.mend();
    next.loaded().await;
    next
}

/// People who ask without pause, each time on a connection of their own; threads, so that they wait in the queue whatever gateways do.
struct Crowd {
    stop: Arc<AtomicBool>,
    served: Arc<AtomicUsize>,
    faults: Arc<Mutex<Vec<String>>>,
    threads: Vec<thread::JoinHandle<()>>,
}

impl Crowd {
    fn of(count: usize, address: SocketAddr) -> Crowd {
        let (stop, served, faults) = (Arc::<AtomicBool>::default(), Arc::<AtomicUsize>::default(), Arc::<Mutex<Vec<_>>>::default());
        let one = || {
            let (stop, served, faults) = (stop.clone(), served.clone(), faults.clone());
            thread::spawn(move || {
                while !stop.load(Relaxed) {
                    match ask(address) {
                        Ok(answer) if answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("hello") => {
                            served.fetch_add(1, Relaxed);
                        }
                        other => faults.lock().unwrap().push(format!("{other:?}")),
                    }
                }
            })
        };
        let threads = (0..count).map(|_| one()).collect();
        Crowd { stop, served, faults, threads }
    }

    /// How many were served; fails if anybody was not.
    fn served(mut self) -> usize {
        self.stop.store(true, Relaxed);
        self.threads.drain(..).for_each(|thread| thread.join().unwrap());
        let (served, faults) = (self.served.load(Relaxed), self.faults.lock().unwrap());
        assert!(faults.is_empty(), "{} failed, {served} were served: {:#?}", faults.len(), &faults[..faults.len().min(5)]);
        served
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        self.stop.store(true, Relaxed);
    }
}

fn ask(address: SocketAddr) -> std::io::Result<String> {
    let mut io = TcpStream::connect(address)?;
    io.set_read_timeout(Some(Duration::from_secs(20)))?;
    io.write_all(b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    io.read_to_string(&mut answer)?;
    Ok(answer)
}

#[actix_rt::test]
async fn clients_notice_nothing_of_gateways_that_follow_each_other() {
    let folder = tempdir().unwrap();
    let mut now = first(&folder, "hello").await;
    let crowd = Crowd::of(16, now.address);
    for _ in 0..6 {
        let next = next(now.address, &folder, "hello").await;
        now.stop();
        now.stopped().await;
        now = next;
    }
    until("many were served", || crowd.served.load(Relaxed) >= 2000).await;
    println!("{} served", crowd.served());
}

#[actix_rt::test]
async fn the_next_gateway_takes_clients_when_it_can_serve_them() {
    let folder = tempdir().unwrap();
    let first = first(&folder, "first").await;
    let second = without_table(first.address, &folder, "second").await;
    for _ in 0..50 {
        assert_eq!(first.get("/").await.text(), "first");
    }
    second.registry.mend();
    second.loaded().await;
    // Which of them gets a connection is for the system to say.
    let mut said = BTreeSet::new();
    let begun = Instant::now();
    while said.len() < 2 && begun.elapsed() < Duration::from_secs(10) {
        said.insert(first.get("/").await.text());
    }
    assert_eq!(said.into_iter().collect::<Vec<_>>(), ["first", "second"]);
    first.stop();
    first.stopped().await;
    for _ in 0..20 {
        assert_eq!(second.get("/").await.text(), "second");
    }
    second.stop();
    second.stopped().await;
    assert!(tokio::net::TcpStream::connect(second.address).await.is_err());
    assert!(!path(&folder).unwrap().exists());
}

#[actix_rt::test]
async fn the_last_accepted_connection_is_served_and_later_ones_wait_for_the_next_gateway() {
    let folder = tempdir().unwrap();
    let first = first(&folder, "first").await;
    // Accepted, as it answers on it; one connection behind the other from the same queue.
    let mut early = first.connect().await;
    assert_eq!(first.get("/").await.text(), "first");
    let second = without_table(first.address, &folder, "second").await;
    first.stop();
    until("it leaves the registry", || first.services().instances("fm-gateway").is_empty()).await;
    let reply = early.ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n").await;
    assert_eq!((reply.text().as_str(), reply.header("connection")), ("first", Some("close")));
    first.stopped().await;
    let mut late = first.connect().await;
    late.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").await;
    second.registry.mend();
    assert_eq!(soon(late.reply(false)).await.unwrap().text(), "second");
}
