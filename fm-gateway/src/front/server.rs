//! The workers that serve clients: a thread with a runtime of its own each, all of which accept from one socket.

use super::{
    connection::{self, Serving},
    gateway::Gateway,
    per_address::Place,
    refusal_log::RefusalLog,
    tls::Tls,
};
use crate::{pipeline::Worker, upstream::Pool};
use fm_sdk::http::Draining;
use std::{
    io,
    net::{IpAddr, SocketAddr, TcpListener},
    rc::Rc,
    sync::Arc,
    thread,
    time::Duration,
};
use tokio::{
    net::TcpStream,
    runtime::{Builder, Runtime},
    sync::{Semaphore, watch},
    task::{JoinSet, LocalSet},
    time::{sleep, timeout},
};

/// How long clients have to take the rest of their answers once the server stops.
const LAST_ANSWERS: Duration = Duration::from_secs(30);

/// Connections beyond its limit that a client is told about; more are closed without a word.
const EXCESS: usize = 16;

/// How long nobody is accepted after an error of the system: no more descriptors.
const AFTER_ERROR: Duration = Duration::from_millis(200);

/// The workers.
#[derive(Debug)]
pub struct Server {
    accepting: watch::Sender<bool>,
    /// Closed once all workers have ended.
    ended: tokio::sync::mpsc::Receiver<()>,
}

/// Where clients come in.
pub struct Listeners {
    pub clear: TcpListener,
    pub tls: Option<(TcpListener, Arc<Tls>)>,
}

/// What each worker needs.
#[derive(Clone)]
struct Task {
    gateway: Arc<Gateway>,
    /// Once it has begun, connections that wait for a request are closed.
    leave: Draining,
    accepting: watch::Receiver<bool>,
    connections: Arc<Semaphore>,
}

impl Server {
    /// Serves clients on bound sockets. Once `leave` has begun, connections that wait for a request are closed.
    ///
    /// # Errors
    /// Those of the system, when the socket cannot be used or a thread not be started.
    pub fn start(gateway: Arc<Gateway>, listeners: &Listeners, workers: usize, leave: Draining) -> io::Result<Server> {
        let (accepting, accepts) = watch::channel(true);
        let (alive, ended) = tokio::sync::mpsc::channel(1);
        for n in 0..workers.max(1) {
            let connections = Arc::new(Semaphore::new(gateway.limits.connections.div_ceil(workers.max(1))));
            let task = Task { gateway: gateway.clone(), leave: leave.clone(), accepting: accepts.clone(), connections };
            let (listeners, alive) = (listeners.try_clone()?, alive.clone());
            let runtime = Builder::new_current_thread().enable_all().build()?;
            thread::Builder::new().name(format!("worker-{n}")).spawn(move || {
                work(&runtime, task, listeners);
                drop(alive);
            })?;
        }
        Ok(Server { accepting, ended })
    }

    /// Accepts no more; connections that stand are served on.
    pub fn pause(&self) {
        self.accepting.send_replace(false);
    }

    /// Accepts no more, and waits until all connections have ended, for a while.
    pub async fn stop(mut self) {
        self.pause();
        let _ = timeout(LAST_ANSWERS + Duration::from_secs(1), self.ended.recv()).await;
    }
}

impl Listeners {
    fn try_clone(&self) -> io::Result<Listeners> {
        let tls = self.tls.as_ref().map(|(socket, tls)| Ok::<_, io::Error>((socket.try_clone()?, tls.clone()))).transpose()?;
        Ok(Listeners { clear: self.clear.try_clone()?, tls })
    }
}

/// The sockets in a worker.
struct Sockets {
    clear: tokio::net::TcpListener,
    tls: Option<(tokio::net::TcpListener, Arc<Tls>)>,
}

impl Sockets {
    fn new(listeners: Listeners) -> io::Result<Self> {
        let tls = listeners.tls.map(|(socket, tls)| Ok::<_, io::Error>((tokio::net::TcpListener::from_std(socket)?, tls)));
        Ok(Sockets { clear: tokio::net::TcpListener::from_std(listeners.clear)?, tls: tls.transpose()? })
    }

    /// Accepts the next one, from whichever socket it comes.
    async fn accept(&self) -> io::Result<(TcpStream, SocketAddr, Option<Arc<Tls>>)> {
        let clear = async { self.clear.accept().await.map(|(io, peer)| (io, peer, None)) };
        let Some((socket, tls)) = &self.tls else { return clear.await };
        let encrypted = async { socket.accept().await.map(|(io, peer)| (io, peer, Some(tls.clone()))) };
        tokio::select! {
            accepted = clear => accepted,
            accepted = encrypted => accepted,
        }
    }
}

fn work(runtime: &Runtime, task: Task, listeners: Listeners) {
    let local = LocalSet::new();
    local.block_on(runtime, async move {
        let worker = Rc::new(Worker { pool: Pool::start(), refusals: RefusalLog::default() });
        let mut connections = JoinSet::new();
        if let Err(e) = accept(task, listeners, &worker, &mut connections).await {
            log::error!("front: a worker cannot accept connections: {e}");
        }
        let _ = timeout(LAST_ANSWERS, async { while connections.join_next().await.is_some() {} }).await;
    });
}

/// Accepts connections until that is over.
async fn accept(mut task: Task, listeners: Listeners, worker: &Rc<Worker>, connections: &mut JoinSet<()>) -> io::Result<()> {
    let sockets = Sockets::new(listeners)?;
    loop {
        let next = async {
            // Clients beyond the limit wait in the socket's queue.
            let permit = task.connections.clone().acquire_owned().await.map_err(io::Error::other)?;
            Ok::<_, io::Error>((sockets.accept().await?, permit))
        };
        let accepted = tokio::select! {
            biased;
            _ = task.accepting.wait_for(|accepting| !accepting) => return Ok(()),
            accepted = next => accepted,
        };
        while connections.try_join_next().is_some() {}
        match accepted {
            Ok(((io, peer, tls), permit)) => {
                if let Some(place) = place(&task.gateway, peer.ip()) {
                    let serving = Serving { gateway: task.gateway.clone(), worker: worker.clone(), leave: task.leave.clone() };
                    let served = connection::run(io, peer.ip(), place, tls, serving);
                    connections.spawn_local(async move {
                        served.await;
                        drop(permit);
                    });
                }
                // Another worker may take the next one.
                tokio::task::yield_now().await;
            }
            // The client was gone before it was accepted.
            Err(e) if matches!(e.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset) => {}
            Err(e) => {
                log::warn!("front: a connection cannot be accepted ({e}), trying again in {AFTER_ERROR:?}");
                sleep(AFTER_ERROR).await;
            }
        }
    }
}

/// Counts a connection among those of its address; one that has far too many is closed.
pub(super) fn place(gateway: &Gateway, peer: IpAddr) -> Option<Place> {
    let place = gateway.connections.enter(peer);
    if place.excess > EXCESS {
        gateway.metrics.refused("too-many-connections");
        return None;
    }
    Some(place)
}
