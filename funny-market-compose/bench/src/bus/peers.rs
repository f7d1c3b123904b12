//! What people would use instead of the SDK, doing the same work: JSON, a verified token, a deadline, a responder that connects again.

use super::{Run, broker::Broker};
use crate::{Result, gateway::tokens};
use jsonwebtoken::{Algorithm, EncodingKey};
use serde::Deserialize;
use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

/// What the two workers of the SDK's service hold together.
const PREFETCH: &str = "16";

/// One program that can answer calls and make them.
pub(super) struct Peer {
    pub name: &'static str,
    program: PathBuf,
    script: Option<PathBuf>,
    token: String,
}

/// The last line of a caller.
#[derive(Deserialize)]
struct Measured {
    rate: f64,
    micros: Vec<f64>,
}

/// A responder, ended with its measurement.
struct Responder(Child);

impl Drop for Responder {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Peer {
    /// Those that `scripts/bench` has installed into this folder.
    pub fn installed(folder: &Path) -> Result<Vec<Peer>> {
        let token = tokens::sign(Algorithm::HS256, &EncodingKey::from_secret(tokens::SECRET.as_bytes()))?;
        let peer = |name, program: PathBuf, script: Option<PathBuf>| Peer { name, program, script, token: token.clone() };
        Ok(vec![
            peer("lapin", folder.join("bench-peer-lapin"), None),
            peer("Node amqplib", "node".into(), Some(folder.join("node/peer.js"))),
            peer("Nameko", folder.join("nameko/bin/python"), Some(folder.join("nameko/peer.py"))),
        ])
    }

    /// Keeps this many calls in flight for this long.
    pub fn measure(&self, broker: &Broker, concurrency: usize, time: Duration) -> Result<Run> {
        let _responder = self.respond(broker)?;
        let (concurrency, seconds) = (concurrency.to_string(), time.as_secs_f64().to_string());
        let out = self.command("call", broker).args([&concurrency, &seconds]).output()?;
        if !out.status.success() {
            return Err(format!("{}: {}", self.name, String::from_utf8_lossy(&out.stderr)).into());
        }
        let Measured { rate, micros } = serde_json::from_slice(&out.stdout)?;
        Ok(Run { rate, micros, ..Run::default() })
    }

    fn respond(&self, broker: &Broker) -> Result<Responder> {
        let mut child = self.command("respond", broker).arg(PREFETCH).stdout(Stdio::piped()).spawn()?;
        let stdout = child.stdout.take();
        let responder = Responder(child);
        let mut line = String::new();
        if let Some(stdout) = stdout {
            BufReader::new(stdout).read_line(&mut line)?;
        }
        if line.trim() == "ready" { Ok(responder) } else { Err(format!("{} did not start", self.name).into()) }
    }

    fn command(&self, role: &str, broker: &Broker) -> Command {
        let mut command = Command::new(&self.program);
        let queue = format!("bench-{}", self.name.to_lowercase().replace(' ', "-"));
        command.args(&self.script).args([role, &broker.url(), &queue]);
        command.env("BENCH_TOKEN", &self.token).env("BENCH_SECRET", tokens::SECRET);
        command
    }
}
