//! One node and its client. One client per node: etcd-rs' own balancing over several fails calls for as long as one node is dead.

use super::failure::Failure;
use etcd_rs::{AuthOp, Client, ClientConfig, Endpoint};
use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

pub(super) struct Node {
    pub(super) url: String,
    client: Mutex<Option<Client>>,
}

impl Node {
    pub(super) fn new(url: String) -> Node {
        Node { url, client: Mutex::new(None) }
    }

    /// Gives the client; a new one logs in first. The connection itself is made by the first call.
    pub(super) async fn client(&self, login: Option<&(String, String)>) -> Result<Client, Failure> {
        if let Some(client) = self.kept().clone() {
            return Ok(client);
        }
        let config = ClientConfig::new([Endpoint::new(self.url.clone())])
            .connect_timeout(super::pool::TRY)
            .http2_keep_alive_interval(Duration::from_secs(5));
        let mut client = Client::connect_with_token(&config, None).await?;
        if let Some((user, password)) = login {
            match client.authenticate((user.as_str(), password.as_str())).await.map_err(Failure::from) {
                Ok(answer) => client = Client::connect_with_token(&config, Some(answer.token)).await?,
                Err(failure) if failure.is_without_users() => {}
                Err(failure) => return Err(failure),
            }
        }
        *self.kept() = Some(client.clone());
        Ok(client)
    }

    /// Drops connection and token: the next call makes new ones. A connection that swallows everything is left behind so.
    pub(super) fn forget(&self) {
        *self.kept() = None;
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Option<Client>> {
        self.client.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
