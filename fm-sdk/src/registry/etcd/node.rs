//! One node and its client. One client per node: etcd-rs' own balancing over several fails calls for as long as one node is dead.

use super::{failure::Failure, pool::ATTEMPT_TIMEOUT, tls};
use etcd_rs::{AuthOp, Client, ClientConfig, Endpoint};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// How often an idle connection is checked.
const KEEP_ALIVE: Duration = Duration::from_secs(5);

pub(super) struct Node {
    pub(super) url: String,
    /// For a node at `https`.
    tls: Option<Arc<rustls::ClientConfig>>,
    client: Mutex<Option<Client>>,
}

impl Node {
    pub(super) fn new(url: String, tls: Option<Arc<rustls::ClientConfig>>) -> Node {
        Node { tls: tls.filter(|_| url.starts_with("https:")), url, client: Mutex::new(None) }
    }

    /// Gives the client; a new one logs in first. The connection itself is made by the first call.
    pub(super) async fn client(&self, login: Option<&(String, String)>) -> Result<Client, Failure> {
        if let Some(client) = self.kept().clone() {
            return Ok(client);
        }
        let mut client = self.connect(None).await?;
        if let Some((user, password)) = login {
            match client.authenticate((user.as_str(), password.as_str())).await.map_err(Failure::from) {
                Ok(answer) => client = self.connect(Some(answer.token)).await?,
                Err(failure) if failure.is_without_users() => {}
                Err(failure) => return Err(failure),
            }
        }
        *self.kept() = Some(client.clone());
        Ok(client)
    }

    async fn connect(&self, token: Option<String>) -> Result<Client, Failure> {
        if let Some(tls) = &self.tls {
            return Ok(Client::with_channel(tls::channel(&self.url, tls, KEEP_ALIVE)?, token));
        }
        let config =
            ClientConfig::new([Endpoint::new(self.url.clone())]).connect_timeout(ATTEMPT_TIMEOUT).http2_keep_alive_interval(KEEP_ALIVE);
        Ok(Client::connect_with_token(&config, token).await?)
    }

    /// Drops connection and token: the next call makes new ones. A connection that swallows everything is left behind so.
    pub(super) fn forget(&self) {
        *self.kept() = None;
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Option<Client>> {
        self.client.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
