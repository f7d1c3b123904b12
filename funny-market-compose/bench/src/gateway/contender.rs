//! Somebody who is measured.

use super::Ring;
use crate::{
    Result,
    load::{Load, Request},
    process::processor_time,
};
use std::{
    net::{SocketAddr, TcpStream},
    path::Path,
    process::{Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    thread,
    time::{Duration, Instant},
};

/// The client straight at the upstream.
pub(super) const NOBODY: &str = "no proxy";

pub(super) struct Contender {
    pub name: &'static str,
    pub to: SocketAddr,
    pub requests: Vec<Request>,
    /// None: nobody's processor time is counted.
    pub pids: Vec<u32>,
    /// How many requests were sent: a measurement goes on where the one before has ended.
    sent: AtomicUsize,
}

/// One measurement.
pub(super) struct Sample {
    /// Microseconds of processor time per request.
    pub cost: f64,
    /// Microseconds until each answer.
    pub micros: Vec<f64>,
}

impl Contender {
    pub fn new(name: &'static str, to: SocketAddr, requests: Vec<Request>, pids: &[u32]) -> Self {
        Contender { name, to, requests, pids: pids.to_vec(), sent: AtomicUsize::new(0) }
    }

    pub fn nobody(ring: &Ring) -> Self {
        Contender::new(NOBODY, ring.upstream, vec![get(ring.upstream, "/", None)], &[])
    }

    pub fn load(&self, rate: f64, time: Duration) -> Load<'_> {
        let load = Load { to: self.to, requests: &self.requests, first: 0, rate, time, connections: 32 };
        Load { first: self.sent.fetch_add(load.count(), Relaxed), ..load }
    }

    pub fn measure(&self, rate: f64, time: Duration) -> Result<Sample> {
        let before = processor_time(&self.pids)?;
        let outcome = self.load(rate, time).run()?;
        let spent = processor_time(&self.pids)? - before;
        match outcome.fault {
            Some(fault) => Err(format!("{}: {} requests failed; the first: {fault}", self.name, outcome.failed).into()),
            None => Ok(Sample { cost: spent as f64 / 1000.0 / outcome.answered().max(1) as f64, micros: outcome.micros.concat() }),
        }
    }
}

/// A GET as browsers and programs send it, with a token or without.
pub(super) fn get(to: SocketAddr, path: &str, token: Option<&str>) -> Request {
    let bearer = token.map(|t| format!("Bearer {t}"));
    let mut headers = vec![("user-agent", "market-bench"), ("accept", "application/json"), ("accept-language", "en, de;q=0.8")];
    headers.extend(bearer.as_deref().map(|b| ("authorization", b)));
    Request::get(to, path, 0, &headers)
}

/// A command on one core, its output in a file.
pub(super) fn pinned(core: usize, program: &Path, log: &Path) -> Result<Command> {
    let mut command = Command::new("taskset");
    let output = std::fs::File::create(log)?;
    command.args(["--cpu-list", &core.to_string()]).arg(program).stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
    Ok(command)
}

/// Waits until somebody listens there.
pub(super) fn listening(to: SocketAddr, log: &Path) -> Result<()> {
    let until = Instant::now() + Duration::from_secs(15);
    while TcpStream::connect(to).is_err() {
        if Instant::now() > until {
            let said = std::fs::read_to_string(log).unwrap_or_default();
            return Err(format!("nobody listens on {to} after 15 s: {said}").into());
        }
        thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}
