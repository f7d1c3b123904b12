//! etcd for tests: one node, or a cluster whose nodes can be killed, stopped, frozen and started again.

mod node;

use super::{Guard, ServerTls, free_ports};
use fm_sdk::{Error, Kind, Result, ResultExt};
use node::Node;
use std::time::Duration;
use tempfile::TempDir;

/// How long a node may take until it is healthy.
const START: Duration = Duration::from_secs(90);
/// Ports can be lost between finding and using them.
const TRIES: usize = 3;

/// A private etcd of several nodes. Dropping it ends exactly its processes.
pub struct EtcdCluster {
    nodes: Vec<Node>,
    guard: Guard,
    _folder: TempDir,
}

impl EtcdCluster {
    /// Starts a cluster and waits until every node is healthy.
    ///
    /// # Errors
    /// `Unavailable` if etcd is not installed or does not start.
    pub async fn start(size: usize) -> Result<EtcdCluster> {
        EtcdCluster::start_as(size, None).await
    }

    async fn start_as(size: usize, tls: Option<&ServerTls>) -> Result<EtcdCluster> {
        let mut tries = 1;
        loop {
            match EtcdCluster::try_start(size, tls).await {
                Err(error) if error.code() == "etcd-start" && tries < TRIES => tries += 1,
                done => return done,
            }
        }
    }

    async fn try_start(size: usize, tls: Option<&ServerTls>) -> Result<EtcdCluster> {
        let folder = tempfile::Builder::new().prefix("fm-etcd-").tempdir().internal()?;
        let guard = Guard::new(folder.path()).internal()?;
        let mut nodes = Vec::with_capacity(size);
        for i in 0..size {
            let [client, peer, encrypted] = free_ports().internal()?;
            let mut node = Node::new(format!("n{i}"), client, peer, folder.path());
            node.tls = tls.map(|files| (encrypted, files.clone()));
            nodes.push(node);
        }
        let members: Vec<String> = nodes.iter().map(Node::member).collect();
        let mut cluster = EtcdCluster { nodes, guard, _folder: folder };
        for node in &mut cluster.nodes {
            node.spawn(&members.join(","), &cluster.guard)?;
        }
        for node in &mut cluster.nodes {
            node.healthy(START).await?;
        }
        Ok(cluster)
    }

    /// Gives the addresses of all nodes, as `Etcd::connect` takes them; also of those that are down.
    pub fn urls(&self) -> String {
        self.nodes.iter().map(Node::url).collect::<Vec<_>>().join(",")
    }
    /// Gives the address of one node.
    pub fn url(&self, i: usize) -> String {
        self.nodes[i].url()
    }
    /// Gives the port of one node.
    pub fn port(&self, i: usize) -> u16 {
        self.nodes[i].client
    }
    /// Tells how many nodes it has.
    pub fn size(&self) -> usize {
        self.nodes.len()
    }

    /// Kills a node (SIGKILL).
    ///
    /// # Errors
    /// It cannot be killed.
    pub fn kill(&mut self, i: usize) -> Result<()> {
        self.nodes[i].kill(&self.guard)
    }
    /// Stops a node as an operator would (SIGTERM), and waits until it has ended.
    ///
    /// # Errors
    /// It does not end.
    pub async fn stop(&mut self, i: usize) -> Result<()> {
        self.nodes[i].stop(&self.guard).await
    }
    /// Freezes a node (SIGSTOP): it accepts connections and never answers.
    ///
    /// # Errors
    /// It is not running.
    pub fn freeze(&self, i: usize) -> Result<()> {
        self.nodes[i].freeze()
    }
    /// Ends what [`EtcdCluster::freeze`] began.
    ///
    /// # Errors
    /// It is not running.
    pub fn thaw(&self, i: usize) -> Result<()> {
        self.nodes[i].signal("CONT")
    }
    /// Starts a node that was killed or stopped, with its data, and waits until it is healthy.
    ///
    /// # Errors
    /// `Unavailable` if it does not start.
    pub async fn restart(&mut self, i: usize) -> Result<()> {
        let members: Vec<String> = self.nodes.iter().map(Node::member).collect();
        self.nodes[i].spawn(&members.join(","), &self.guard)?;
        self.nodes[i].healthy(START).await
    }

    /// Removes the data of a node that is not running.
    ///
    /// # Errors
    /// It is running.
    pub fn wipe(&self, i: usize) -> Result<()> {
        self.nodes[i].wipe()
    }
    /// Makes it ask for a login; the only user is `root`.
    ///
    /// # Errors
    /// The first node does not answer.
    pub async fn ask_for_login(&self, password: &str) -> Result<()> {
        let user = serde_json::json!({ "name": "root", "password": password });
        let role = r#"{"user":"root","role":"root"}"#;
        let steps = [("user/add", &*user.to_string()), ("role/add", r#"{"name":"root"}"#), ("user/grant", role), ("enable", "{}")];
        for (step, body) in steps {
            self.nodes[0].post(&format!("/v3/auth/{step}"), body).await?;
        }
        Ok(())
    }

    /// Tells which node leads, if there is a leader.
    ///
    /// # Errors
    /// No node answers.
    pub async fn leader(&self) -> Result<Option<usize>> {
        let mut leader = None;
        for (i, node) in self.nodes.iter().enumerate() {
            let Ok(status) = node.post("/v3/maintenance/status", "{}").await else { continue };
            if status["leader"].is_string() && status["leader"] == status["header"]["member_id"] {
                leader = Some(i);
            }
        }
        Ok(leader)
    }

    /// Forgets all revisions before the present one, so that watches from there are refused.
    ///
    /// # Errors
    /// No node answers.
    pub async fn compact(&self) -> Result<()> {
        let mut last = Error::new(Kind::Unavailable, "etcd-unreachable", "no node is running");
        for node in &self.nodes {
            match node.compact().await {
                Ok(()) => return Ok(()),
                Err(error) => last = error,
            }
        }
        Err(last)
    }
}

impl Drop for EtcdCluster {
    fn drop(&mut self) {
        for node in &mut self.nodes {
            // What cannot be ended here is left to the guard.
            let _ = node.kill(&self.guard);
        }
    }
}

/// A private etcd of one node, or the one that `FM_TEST_ETCD_URL` names.
pub struct EtcdServer {
    url: String,
    own: Option<EtcdCluster>,
}

impl EtcdServer {
    /// Starts a node of one's own and waits until it is healthy.
    ///
    /// # Errors
    /// `Unavailable` if etcd is not installed or does not start.
    pub async fn start() -> Result<EtcdServer> {
        let own = EtcdCluster::start(1).await?;
        Ok(EtcdServer { url: own.urls(), own: Some(own) })
    }
    /// Starts a node of one's own that also listens by TLS, at [`EtcdServer::tls_port`].
    ///
    /// # Errors
    /// `Unavailable` if etcd is not installed or does not start.
    pub async fn start_with_tls(tls: &ServerTls) -> Result<EtcdServer> {
        let own = EtcdCluster::start_as(1, Some(tls)).await?;
        Ok(EtcdServer { url: own.urls(), own: Some(own) })
    }
    /// Gives the port on which it listens by TLS, if it does.
    pub fn tls_port(&self) -> Option<u16> {
        self.own.as_ref()?.nodes[0].tls.as_ref().map(|(port, _)| *port)
    }
    /// Takes the etcd that `FM_TEST_ETCD_URL` names, or starts one: for tests that neither kill it nor mind other keys.
    ///
    /// # Errors
    /// `Unavailable` if etcd is not installed or does not start.
    pub async fn given_or_started() -> Result<EtcdServer> {
        match std::env::var("FM_TEST_ETCD_URL") {
            Ok(url) if !url.is_empty() => Ok(EtcdServer { url, own: None }),
            _ => EtcdServer::start().await,
        }
    }
    /// Gives its address, as `Etcd::connect` takes it.
    pub fn url(&self) -> &str {
        &self.url
    }
    /// Gives the node to kill, freeze and start again (as number 0).
    ///
    /// # Errors
    /// `Invalid` if it is not ours.
    pub fn node(&mut self) -> Result<&mut EtcdCluster> {
        self.own.as_mut().ok_or_else(|| Error::new(Kind::Invalid, "etcd-given", "this etcd is not the test's own"))
    }
}
