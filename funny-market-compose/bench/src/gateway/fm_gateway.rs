//! The gateway itself, as it runs in production: its routes, keys and upstream in an etcd.

use super::{
    Contest, Ring,
    contender::{Contender, get, listening, pinned},
};
use crate::{
    Result,
    figure::{Figure, ms},
    process::{family, processor_time, resident},
    rounds::{median, quantile, shuffled},
};
use fm_sdk::{
    identity::{Issuer, Keys, Purpose, Roles, TokenPolicy},
    registry::{
        Etcd, Registry,
        services::{Instance, Registration, Services},
    },
};
use fm_sdk_testing::servers::EtcdCluster;
use market::child::{OwnedChild, free_addresses};
use serde_json::{Value, json};
use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};
use tokio::runtime::Runtime;

pub(super) const FULL: &str = "fm-gateway, full pipeline";
pub(super) const BARE: &str = "fm-gateway, bare proxy";
pub(super) const MANY: &str = "fm-gateway, full pipeline, a different token each time";
pub(super) const LOGGED: &str = "fm-gateway, full pipeline with an access log";
pub(super) const SAMPLED_OUT: &str = "fm-gateway, full pipeline, traces sampled out";
pub(super) const NO_SPANS: &str = "fm-gateway, full pipeline, without spans";
pub(super) const BESIDE: &str = "another build of fm-gateway, full pipeline";
/// How often it is measured what tokens cost that were never seen.
const FIRST_TIMES: usize = 3;
const UPSTREAM: &str = "fm-bench-upstream";

pub(super) struct FmGateway {
    /// As it is by default: all traces are kept.
    pub pids: Vec<u32>,
    address: SocketAddr,
    /// The same program with other settings, by the name under which it is measured.
    others: Vec<(&'static str, Node)>,
    tokens: Vec<String>,
    /// Tokens that were never sent.
    fresh: Vec<String>,
    table: Publisher,
    node: Option<Node>,
    parts: Option<(Runtime, EtcdCluster, Registration)>,
}

/// A running gateway.
pub(super) struct Node {
    pub pids: Vec<u32>,
    pub address: SocketAddr,
    _process: OwnedChild,
}

impl Node {
    fn start(ring: &Ring, table: &Publisher, name: &str, settings: &[(&str, &str)]) -> Result<Self> {
        Node::of(&table.program, ring, table, name, settings)
    }

    fn of(program: &Path, ring: &Ring, table: &Publisher, name: &str, settings: &[(&str, &str)]) -> Result<Self> {
        let [address, admin] = free_addresses()?;
        let log = ring.folder.path().join(format!("{name}.log"));
        let mut command = pinned(ring.core, program, &log)?;
        command
            .env_clear()
            .envs([
                ("FM_LOG", "warn,fm_gateway::access=info"),
                ("FM_WORKERS", "1"),
                ("MALLOC_ARENA_MAX", "2"),
                ("FM_REGISTRY", &table.registry),
            ])
            .envs(settings.iter().copied())
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("FM_DATA", ring.folder.path().join(name))
            .env("FM_HTTP", address.to_string())
            .env("FM_ADMIN_HTTP", admin.to_string());
        let process = OwnedChild(command.spawn()?);
        listening(address, &log)?;
        Ok(Node { pids: family(process.0.id()), address, _process: process })
    }
}

/// Puts routes into force.
struct Publisher {
    program: PathBuf,
    registry: String,
    file: PathBuf,
    target: SocketAddr,
    limits: bool,
}

impl FmGateway {
    pub fn start(ring: &Ring, contest: &Contest) -> Result<Self> {
        let program: &Path = &contest.program;
        let (kept, all) = (contest.tokens, contest.tokens + FIRST_TIMES * contest.count());
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let (cluster, registration, mut tokens) = runtime.block_on(async {
            let cluster = EtcdCluster::start(1).await?;
            let registry: Arc<dyn Registry> = Arc::new(Etcd::connect(&cluster.urls())?);
            let keys = Arc::new(Keys::in_memory(Purpose::Access)?);
            keys.publish(&*registry).await?;
            let mut token_policy = TokenPolicy::default();
            token_policy.access_lifetime = Duration::from_secs(3600);
            let issuer = Issuer::new(keys, Roles::default(), token_policy, &*registry)?;
            let issue = |n: usize| Ok(issuer.issue(&format!("u{n}"), &["user"], 0)?.token);
            let tokens = (0..all).map(issue).collect::<fm_sdk::Result<Vec<_>>>()?;
            let registration = Services::new(registry).register(Instance::new(UPSTREAM, "one", format!("http://{}", ring.upstream)))?;
            fm_sdk::Result::Ok((cluster, registration, tokens))
        })?;
        let mut table = Publisher {
            program: program.into(),
            registry: cluster.urls(),
            file: ring.folder.path().join("table.json"),
            target: ring.upstream,
            limits: true,
        };
        // An earlier version of the gateway has no limits yet.
        table.limits = table.put(0).is_ok();
        table.put(0)?;
        let node = Node::start(ring, &table, "fm-gateway", &[])?;
        let mut others = vec![
            (SAMPLED_OUT, Node::start(ring, &table, "sampled-out", &[("FM_TRACE_SAMPLE", "0")])?),
            (NO_SPANS, Node::start(ring, &table, "no-spans", &[("FM_TRACE_MEMORY", "0")])?),
        ];
        if let Some(program) = &contest.beside {
            others.push((BESIDE, Node::of(program, ring, &table, "beside", &[])?));
        }
        let gateway = FmGateway {
            pids: node.pids.clone(),
            address: node.address,
            others,
            fresh: tokens.split_off(kept),
            tokens,
            table,
            node: Some(node),
            parts: Some((runtime, cluster, registration)),
        };
        gateway.ready()?;
        let limits = if gateway.table.limits { "rate-limit, " } else { "" };
        eprintln!("  the full pipeline: authentication (token, role, scope), {limits}discovery, proxy");
        Ok(gateway)
    }

    pub fn contenders(&self) -> Vec<Contender> {
        let one = |name, to, pids: &[u32], path: &str, tokens: &[String]| {
            let requests =
                if tokens.is_empty() { vec![get(to, path, None)] } else { tokens.iter().map(|t| get(to, path, Some(t))).collect() };
            Contender::new(name, to, requests, pids)
        };
        let first = &self.tokens[..1];
        let here = |name, path, tokens| one(name, self.address, &self.pids, path, tokens);
        let mut all = vec![
            here(BARE, "/bare/cars/1", &[]),
            here(FULL, "/full/cars/1", first),
            here(MANY, "/full/cars/1", &self.tokens),
            here(LOGGED, "/logged/cars/1", first),
        ];
        all.extend(self.others.iter().map(|(name, node)| one(name, node.address, &node.pids, "/full/cars/1", first)));
        all
    }

    /// Starts the same program once more, with other settings.
    pub fn another(&self, ring: &Ring, name: &str, settings: &[(&str, &str)]) -> Result<Node> {
        Node::start(ring, &self.table, name, settings)
    }

    /// Puts so many routes beside those that are measured; gives the path of the last one.
    pub fn put_routes(&self, count: usize) -> Result<String> {
        self.table.put(count)?;
        Ok(format!("/more/{}/1/part", count.saturating_sub(1)))
    }

    fn full(&self) -> Result<Contender> {
        self.contenders().into_iter().find(|c| c.name == FULL).ok_or_else(|| "there is no full pipeline".into())
    }

    /// Waits until a request passes all of it, on each node.
    fn ready(&self) -> Result<()> {
        let until = Instant::now() + Duration::from_secs(15);
        for contender in self.contenders().iter().filter(|c| c.name != MANY) {
            while let Err(e) = contender.measure(20.0, Duration::from_millis(100)) {
                if Instant::now() > until {
                    return Err(e);
                }
                thread::sleep(Duration::from_millis(100));
            }
        }
        Ok(())
    }

    /// What a token costs that is not remembered: its signature is verified.
    pub fn first_times(&self, contest: &Contest) -> Result<()> {
        let mut costs = Vec::new();
        for tokens in self.fresh.chunks(contest.count().max(1)) {
            let requests = tokens.iter().map(|t| get(self.address, "/full/cars/1", Some(t))).collect();
            let first = Contender::new(FULL, self.address, requests, &self.pids);
            costs.push(first.measure(contest.rate, contest.time())?.cost);
        }
        let what = "full pipeline, each token for the first time";
        Figure::new("gateway", what, format!("{:.1} us CPU", median(&costs))).print();
        Ok(())
    }

    /// What more routes cost.
    pub fn routes(&self, contest: &Contest) -> Result<()> {
        const COUNTS: [usize; 3] = [1, 100, 1000];
        let full = self.full()?;
        let mut costs = [const { Vec::new() }; COUNTS.len()];
        for order in shuffled(COUNTS.len(), contest.rounds.min(5)) {
            for i in order {
                self.table.put(COUNTS[i])?;
                thread::sleep(Duration::from_millis(500)); // until it is in force, which costs too
                costs[i].push(full.measure(contest.rate, contest.time())?.cost);
            }
        }
        let values: Vec<String> = costs.iter().map(|c| format!("{:.1}", median(c))).collect();
        Figure::new("gateway", "full pipeline with 1 / 100 / 1000 routes beside its own", format!("{} us CPU", values.join(" / "))).print();
        self.table.put(0).map(drop)
    }

    /// Publishes once a second under load.
    pub fn publishes(&self, contest: &Contest) -> Result<()> {
        let (stop, published) = (AtomicBool::new(false), AtomicUsize::new(0));
        let (full, seconds) = (self.full()?, contest.seconds * 5.0);
        let before = resident(&self.pids);
        let spent = processor_time(&self.pids)?;
        let outcome = thread::scope(|scope| {
            scope.spawn(|| {
                while !stop.load(Relaxed) {
                    if self.table.put(100 + published.load(Relaxed) % 2).is_ok() {
                        published.fetch_add(1, Relaxed);
                    }
                    thread::sleep(Duration::from_secs(1));
                }
            });
            let outcome = contest.load(&full, seconds).run();
            stop.store(true, Relaxed);
            outcome
        })?;
        let cost = (processor_time(&self.pids)? - spent) as f64 / 1000.0 / outcome.answered().max(1) as f64;
        let what =
            format!("{} publishes of 100 routes within {seconds} s, {} requests/s: failed requests", published.load(Relaxed), contest.rate);
        let figure = Figure::new("gateway", what, outcome.failed.to_string());
        figure.goal("0", outcome.failed == 0 && published.load(Relaxed) > 0).print();
        let p99 = quantile(&outcome.micros.concat(), 0.99);
        let grown = resident(&self.pids) - before;
        Figure::new("gateway", "the same: cost, p99, growth of memory", format!("{cost:.1} us CPU, {}, {grown:.1} MiB", ms(p99))).print();
        Ok(())
    }
}

impl Drop for FmGateway {
    fn drop(&mut self) {
        self.others.clear();
        self.node.take();
        if let Some((runtime, cluster, registration)) = self.parts.take() {
            let guard = runtime.enter();
            drop((registration, cluster));
            drop(guard);
            runtime.shutdown_timeout(Duration::from_secs(2));
        }
    }
}

impl Publisher {
    /// The routes that are measured, and this many beside them.
    fn put(&self, more: usize) -> Result<()> {
        fs::write(&self.file, self.routes(more).to_string())?;
        let out = Command::new(&self.program).args(["table", "put"]).arg(&self.file).env("FM_REGISTRY", &self.registry).output()?;
        if out.status.success() { Ok(()) } else { Err(format!("fm-gateway table put: {}", String::from_utf8_lossy(&out.stderr)).into()) }
    }

    fn routes(&self, more: usize) -> Value {
        let found = [json!({"plugin": "discovery", "settings": {"service": UPSTREAM}}), json!({"plugin": "proxy"})];
        let mut full = vec![json!({"plugin": "authentication", "settings": {"grant": ["user"], "scopes": ["cars:write"]}})];
        if self.limits {
            full.push(json!({"plugin": "rate-limit", "settings": {"by": "user", "rate": 1_000_000, "burst": 1_000_000}}));
        }
        full.extend(found.clone());
        let mut logged = vec![json!({"plugin": "access-log"})];
        logged.extend(full.clone());
        let mut routes = vec![
            json!({"id": "bare", "path": "/bare/**", "public": true,
                   "plugins": [{"plugin": "proxy", "settings": {"target": format!("http://{}", self.target)}}]}),
            json!({"id": "logged", "path": "/logged/**", "plugins": logged}),
            json!({"id": "full", "path": "/full/**", "plugins": full}),
        ];
        routes.extend(
            (0..more)
                .map(|n| json!({"id": format!("more-{n}"), "path": format!("/more/{n}/{{id}}/part"), "public": true, "plugins": found})),
        );
        json!({"format": 1, "note": format!("{more} routes beside"), "routes": routes})
    }
}
