//! The nodes of a cluster: calls stay with one and move to the next when it fails or is silent.

use super::{
    address::Address,
    failure::{self, Failure},
    node::Node,
};
use crate::ConnectionState;
use etcd_rs::Client;
use futures::FutureExt;
use rustls::ClientConfig;
use std::{
    future::Future,
    panic::AssertUnwindSafe,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::{
    sync::watch,
    time::{Instant, sleep, timeout},
};

/// How long one node may take for one attempt; etcd-rs itself waits for ever.
pub(super) const ATTEMPT_TIMEOUT: Duration = Duration::from_millis(500);
/// How long a call goes on over all nodes while some are silent: longer than two elections of a leader in a row (1 to 2 s each; the
/// first one may end in a split vote), shorter than a lease.
const CALL_TIMEOUT: Duration = Duration::from_secs(6);

pub(super) struct Pool {
    nodes: Vec<Node>,
    login: Option<(String, String)>,
    /// Grows with each change of the node in use.
    turn: watch::Sender<usize>,
    reach: watch::Sender<ConnectionState>,
    /// Whether the last call found no node; unlike `reach` false before the first call.
    lost: AtomicBool,
}

/// An answer; `doubtful`: an earlier attempt of the same call may have been carried out too.
pub(super) struct Answer<T> {
    pub(super) value: T,
    pub(super) doubtful: bool,
}

impl Pool {
    pub(super) fn new(address: &Address, tls: Option<Arc<ClientConfig>>) -> Pool {
        let nodes: Vec<Node> = address.nodes.iter().map(|url| Node::new(url.clone(), tls.clone())).collect();
        // Many clients with the same list must not all begin with its first node.
        let first = rand::random_range(0..nodes.len());
        let reach = ConnectionState::Down(format!("not tried yet: {}", address.nodes.join(", ")));
        Pool {
            nodes,
            login: address.login.clone(),
            turn: watch::Sender::new(first),
            reach: watch::Sender::new(reach),
            lost: AtomicBool::new(false),
        }
    }

    pub(super) fn connection(&self) -> watch::Receiver<ConnectionState> {
        self.reach.subscribe()
    }
    /// Changes when another node is used, so that streams move too.
    pub(super) fn turns(&self) -> watch::Receiver<usize> {
        self.turn.subscribe()
    }
    pub(super) fn turn(&self) -> usize {
        *self.turn.borrow()
    }

    /// Calls, on as many nodes as it takes.
    pub(super) async fn call<T, F>(&self, op: impl Fn(Client) -> F) -> Result<T, Failure>
    where
        F: Future<Output = etcd_rs::Result<T>>,
    {
        Ok(self.call_telling(op).await?.value)
    }

    /// Like [`Pool::call`], but tells whether it may have been done more than once.
    pub(super) async fn call_telling<T, F>(&self, op: impl Fn(Client) -> F) -> Result<Answer<T>, Failure>
    where
        F: Future<Output = etcd_rs::Result<T>>,
    {
        let begun = Instant::now();
        let was_lost = self.lost.load(Relaxed);
        let mut doubtful = false;
        let mut logins = 0;
        loop {
            let (mut tried, mut silent, mut last) = (Vec::new(), false, failure::UNREACHABLE);
            while tried.len() < self.nodes.len() {
                let turn = self.turn();
                match self.on(turn, &op).await {
                    Ok(value) => {
                        self.up();
                        return Ok(Answer { value, doubtful });
                    }
                    Err(Failure::Login(_)) if logins < self.nodes.len() => {
                        logins += 1;
                        self.node(turn).forget();
                    }
                    Err(Failure::Unreachable { code, why, doubtful: maybe }) => {
                        (doubtful, silent, last) = (doubtful || maybe, silent || maybe, code);
                        tried.push(format!("{}: {why}", self.node(turn).url));
                        self.leave(turn);
                    }
                    Err(no) => {
                        self.up();
                        return Err(no);
                    }
                }
            }
            // Where every node refuses the connection, waiting is for those who call; where one is silent, a leader may be in election.
            if was_lost || !silent || begun.elapsed() > CALL_TIMEOUT {
                let why = format!("tried {}", tried.join("; "));
                self.down(&why);
                return Err(Failure::Unreachable { code: last, why, doubtful });
            }
            sleep(Duration::from_millis(rand::random_range(50..150))).await;
        }
    }

    /// One attempt on the node of a turn, for at most [`ATTEMPT_TIMEOUT`].
    pub(super) async fn on<T, F>(&self, turn: usize, op: impl FnOnce(Client) -> F) -> Result<T, Failure>
    where
        F: Future<Output = etcd_rs::Result<T>>,
    {
        bounded(async { Ok(op(self.node(turn).client(self.login.as_ref()).await?).await?) }).await
    }

    /// Goes on to the next node, unless somebody has done so already.
    pub(super) fn leave(&self, turn: usize) {
        let left = self.turn.send_if_modified(|t| {
            let mine = *t == turn;
            *t += usize::from(mine);
            mine
        });
        if left {
            self.node(turn).forget();
        }
    }

    /// After a failure outside of [`Pool::call`]: a new token or another node, whichever helps.
    pub(super) fn blame(&self, turn: usize, failure: &Failure) {
        match failure {
            Failure::Login(_) => self.node(turn).forget(),
            Failure::Unreachable { .. } => self.leave(turn),
            Failure::Refused { .. } => {}
        }
    }

    fn node(&self, turn: usize) -> &Node {
        &self.nodes[turn % self.nodes.len()]
    }

    fn up(&self) {
        self.lost.store(false, Relaxed);
        if self.reach.send_if_modified(|r| std::mem::replace(r, ConnectionState::Up) != ConnectionState::Up) {
            log::info!("registry: connected");
        }
    }
    fn down(&self, why: &str) {
        if !self.lost.swap(true, Relaxed) {
            log::warn!("registry: unreachable, retrying: {why}");
        }
        let now = ConnectionState::Down(why.to_string());
        self.reach.send_if_modified(|r| std::mem::replace(r, now.clone()) != now);
    }
}

/// Ends an attempt after [`ATTEMPT_TIMEOUT`], and takes a panic in etcd-rs (it asserts what it expects of the server) for a broken answer: neither a
/// held key nor a watch may end for good by it.
pub(super) async fn bounded<T>(attempt: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    match timeout(ATTEMPT_TIMEOUT, AssertUnwindSafe(attempt).catch_unwind()).await {
        Ok(Ok(done)) => done,
        Ok(Err(_)) => Err(Failure::broken("an answer that etcd-rs does not understand")),
        Err(_) => Err(Failure::silent()),
    }
}
