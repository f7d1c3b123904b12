//! Requests at a fixed rate, whatever the answers do (an open loop): a slow answer delays no other request, so that its wait counts.
//! Threads and blocking sockets, so that the client costs little and its timers are exact.

mod connection;

use crate::{Result, rounds::quantile};
pub(crate) use connection::Connection;
use std::{
    net::SocketAddr,
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    thread,
    time::{Duration, Instant},
};

/// One request, as bytes, and the kind that it is counted under.
pub struct Request {
    bytes: Vec<u8>,
    kind: usize,
}

impl Request {
    /// The bytes on the wire.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// A GET.
    pub fn get(host: SocketAddr, path: &str, kind: usize, headers: &[(&str, &str)]) -> Self {
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        Request { bytes: format!("GET {path} HTTP/1.1\r\nhost: {host}\r\n{headers}\r\n").into_bytes(), kind }
    }
}

/// What to send where, how fast and for how long.
pub struct Load<'a> {
    /// The server.
    pub to: SocketAddr,
    /// Sent in turn, from the first again after the last.
    pub requests: &'a [Request],
    /// The one to begin with.
    pub first: usize,
    /// Requests per second.
    pub rate: f64,
    /// For how long.
    pub time: Duration,
    /// Connections; with all of them busy requests wait, and their wait counts.
    pub connections: usize,
}

/// What came of it.
#[derive(Default)]
pub struct Outcome {
    /// Microseconds of each good answer, by kind.
    pub micros: Vec<Vec<f64>>,
    /// Answers other than 200, and requests without an answer.
    pub failed: usize,
    /// The first thing that failed.
    pub fault: Option<String>,
}

impl Outcome {
    /// Good answers.
    pub fn answered(&self) -> usize {
        self.micros.iter().map(Vec::len).sum()
    }
    /// Microseconds below which this share of all good answers lies.
    pub fn quantile(&self, share: f64) -> f64 {
        quantile(&self.micros.concat(), share)
    }
    fn add(&mut self, other: Outcome) {
        self.failed += other.failed;
        self.fault = self.fault.take().or(other.fault);
        self.micros.resize(self.micros.len().max(other.micros.len()), Vec::new());
        for (own, theirs) in self.micros.iter_mut().zip(other.micros) {
            own.extend(theirs);
        }
    }
}

impl Load<'_> {
    /// How many requests that are.
    pub(crate) fn count(&self) -> usize {
        (self.rate * self.time.as_secs_f64()) as usize
    }

    /// Sends, and returns when the last answer is there.
    ///
    /// # Errors
    /// The server cannot be reached at all.
    pub fn run(&self) -> Result<Outcome> {
        let (total, next) = (self.count(), AtomicUsize::new(0));
        let connections = (0..self.connections).map(|_| Connection::open(self.to)).collect::<Result<Vec<_>>>()?;
        let begun = Instant::now();
        let mut all = Outcome::default();
        thread::scope(|scope| {
            let work: Vec<_> = connections.into_iter().map(|c| scope.spawn(|| self.one(c, begun, total, &next))).collect();
            for thread in work {
                match thread.join() {
                    Ok(outcome) => all.add(outcome),
                    Err(_) => all.failed += 1,
                }
            }
        });
        Ok(all)
    }

    fn one(&self, mut connection: Connection, begun: Instant, total: usize, next: &AtomicUsize) -> Outcome {
        let kinds = self.requests.iter().map(|r| r.kind + 1).max().unwrap_or(1);
        let mut outcome = Outcome { micros: vec![Vec::new(); kinds], ..Outcome::default() };
        loop {
            let n = next.fetch_add(1, Relaxed);
            if n >= total {
                return outcome;
            }
            let due = begun + Duration::from_secs_f64(n as f64 / self.rate);
            // A thread that waits wakes late by some 60 us; that is not the server's. One that was busy is late because of the server.
            let waits = due.checked_duration_since(Instant::now()).filter(|wait| !wait.is_zero());
            let started = match waits {
                Some(wait) => {
                    thread::sleep(wait);
                    Instant::now()
                }
                None => due,
            };
            let request = &self.requests[(self.first + n) % self.requests.len()];
            match connection.send(&request.bytes) {
                Ok(200) => outcome.micros[request.kind].push(started.elapsed().as_secs_f64() * 1e6),
                other => {
                    outcome.failed += 1;
                    let path = || String::from_utf8_lossy(&request.bytes).lines().next().unwrap_or_default().to_owned();
                    outcome.fault.get_or_insert_with(|| match other {
                        Ok(status) => format!("{}: status {status}", path()),
                        Err(e) => format!("{}: {e}", path()),
                    });
                    if let Err(e) = connection.again() {
                        outcome.fault = Some(e.to_string());
                        return outcome;
                    }
                }
            }
        }
    }
}
