//! One etcd process.

use super::{Guard, ServerTls};
use crate::servers::signals;
use fm_sdk::{Error, Kind, Result, ResultExt};
use serde_json::{Value, json};
use std::{
    fs::File,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, sleep, timeout},
};

/// What one request to its HTTP gateway may take.
const REQUEST: Duration = Duration::from_secs(30);

pub(super) struct Node {
    name: String,
    pub(super) client: u16,
    peer: u16,
    /// The port for clients by TLS, and its files. The plain one stays, for the test itself.
    pub(super) tls: Option<(u16, ServerTls)>,
    data: PathBuf,
    log: PathBuf,
    process: Option<Child>,
}

impl Node {
    pub(super) fn new(name: String, client: u16, peer: u16, folder: &Path) -> Node {
        let (data, log) = (folder.join(&name), folder.join(format!("{name}.log")));
        Node { name, client, peer, tls: None, data, log, process: None }
    }
    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.client)
    }
    /// Its part of `--initial-cluster`.
    pub(super) fn member(&self) -> String {
        format!("{}=http://127.0.0.1:{}", self.name, self.peer)
    }

    pub(super) fn spawn(&mut self, members: &str, guard: &Guard) -> Result<()> {
        let peer = format!("http://127.0.0.1:{}", self.peer);
        let log = File::options().create(true).append(true).open(&self.log).internal()?;
        let mut command = Command::new("etcd");
        for (name, _) in std::env::vars_os().filter(|(n, _)| n.to_string_lossy().starts_with("ETCD_")) {
            command.env_remove(name);
        }
        command.args(["--name", &self.name, "--initial-cluster", members, "--initial-cluster-token", members]);
        let mut urls = self.url();
        if let Some((port, tls)) = &self.tls {
            urls = format!("{urls},https://127.0.0.1:{port}");
            command.arg("--client-cert-auth").arg("--trusted-ca-file").arg(&tls.authority);
            command.arg("--cert-file").arg(&tls.certificate).arg("--key-file").arg(&tls.key);
        }
        command.args(["--listen-client-urls", &urls, "--advertise-client-urls", &self.url()]);
        command.args(["--listen-peer-urls", &peer, "--initial-advertise-peer-urls", &peer]);
        command.args(["--logger", "zap", "--log-level", "warn"]).arg("--data-dir").arg(&self.data);
        command.stdin(Stdio::null()).stdout(log.try_clone().internal()?).stderr(log);
        let process = command.spawn().map_err(|e| match e.kind() {
            std::io::ErrorKind::NotFound => {
                let why = "`etcd` is not installed: apt-get install etcd-server, or name a running one in FM_TEST_ETCD_URL";
                Error::new(Kind::Unavailable, "etcd-missing", why)
            }
            _ => failed("cannot be started").caused_by(e),
        })?;
        guard.watch(process.id()).internal()?;
        self.process = Some(process);
        Ok(())
    }

    /// Waits until it answers reads that need the whole cluster's consent.
    pub(super) async fn healthy(&mut self, within: Duration) -> Result<()> {
        let until = Instant::now() + within;
        while Instant::now() < until {
            if let Some(Some(status)) = self.process.as_mut().map(|p| p.try_wait().unwrap_or_default()) {
                return Err(failed(format!("ended with {status}: {}", self.last_words())));
            }
            if self.request("GET", "/health", "").await.is_ok_and(|body| body["health"] == "true") {
                return Ok(());
            }
            sleep(Duration::from_millis(50)).await;
        }
        Err(failed(format!("is not healthy after {} s: {}", within.as_secs(), self.last_words())))
    }

    pub(super) fn kill(&mut self, guard: &Guard) -> Result<()> {
        if let Some(mut process) = self.process.take() {
            process.kill().internal()?;
            process.wait().internal()?;
            guard.forget(process.id()).internal()?;
        }
        Ok(())
    }

    pub(super) async fn stop(&mut self, guard: &Guard) -> Result<()> {
        self.signal("TERM")?;
        let until = Instant::now() + Duration::from_secs(60);
        while Instant::now() < until {
            if self.process.as_mut().is_none_or(|p| !matches!(p.try_wait(), Ok(None))) {
                return self.kill(guard);
            }
            sleep(Duration::from_millis(20)).await;
        }
        self.kill(guard)?;
        Err(failed("did not stop by itself"))
    }

    pub(super) fn signal(&self, name: &str) -> Result<()> {
        signals::signal(self.id()?, name).map_err(|e| failed("took no signal").caused_by(e))
    }

    pub(super) fn freeze(&self) -> Result<()> {
        signals::freeze(self.id()?).map_err(|e| failed("cannot be frozen").caused_by(e))
    }

    fn id(&self) -> Result<u32> {
        self.process.as_ref().map(Child::id).ok_or_else(|| failed("is not running"))
    }

    pub(super) fn wipe(&self) -> Result<()> {
        if self.process.is_some() {
            return Err(failed("is running"));
        }
        std::fs::remove_dir_all(&self.data).internal()
    }

    pub(super) async fn compact(&self) -> Result<()> {
        let now = self.post("/v3/kv/range", r#"{"key":"AA=="}"#).await?;
        let body = json!({ "revision": now["header"]["revision"], "physical": true });
        self.post("/v3/kv/compaction", &body.to_string()).await.map(drop)
    }

    pub(super) async fn post(&self, path: &str, body: &str) -> Result<Value> {
        self.request("POST", path, body).await
    }

    /// One HTTP/1.1 request to etcd's JSON gateway; small answers only.
    async fn request(&self, method: &str, path: &str, body: &str) -> Result<Value> {
        let exchange = async {
            let mut stream = TcpStream::connect(("127.0.0.1", self.client)).await?;
            let head = format!("{method} {path} HTTP/1.1\r\nHost: etcd\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
            stream.write_all(head.as_bytes()).await?;
            stream.write_all(body.as_bytes()).await?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await?;
            Ok::<_, std::io::Error>(answer)
        };
        let answer = timeout(REQUEST, exchange).await.unavailable("etcd")?.unavailable("etcd")?;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
        if !head.starts_with("HTTP/1.1 200") {
            return Err(failed(format!("answered {answer}")));
        }
        // A chunked answer of one chunk has its length before and a zero behind; neither has braces.
        let json = body.find('{').zip(body.rfind('}')).map(|(from, to)| &body[from..=to]);
        serde_json::from_str(json.unwrap_or_default()).internal()
    }

    fn last_words(&self) -> String {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().rev().take(5).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join(" | ")
    }
}

fn failed(why: impl std::fmt::Display) -> Error {
    Error::new(Kind::Unavailable, "etcd-start", format!("the test's etcd {why}"))
}
