//! Gateways that ran lately: one that has died is shown as unreachable, until it is back or a day is over. One that is stopped is forgotten at once.

use super::Admin;
use fm_sdk::{
    Backoff, Result, ResultExt,
    registry::{Change, Expect, Registry},
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, time::Duration};

const PREFIX: &str = "/fm/gateway/nodes/";
/// How often a gateway says that it is there.
const REFRESH: Duration = Duration::from_secs(300);
/// How long one that says nothing is shown, in milliseconds.
const SHOWN_MS: i64 = 24 * 3600 * 1000;
/// How long a start and a stop wait for it; the registry may be unreachable.
const TIMEOUT: Duration = Duration::from_secs(2);

/// A gateway that ran lately.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownNode {
    pub url: String,
    pub version: String,
    /// Milliseconds since the Unix epoch.
    pub started: i64,
    pub seen: i64,
}

/// The gateways that ran lately, by name.
///
/// # Errors
/// Those of the registry.
pub async fn list(registry: &dyn Registry, now: i64) -> Result<BTreeMap<String, KnownNode>> {
    let entries = registry.list(PREFIX).await?.entries;
    let read = entries.into_iter().filter_map(|(key, entry)| {
        let node: KnownNode = serde_json::from_str(&entry.value).ok()?;
        Some((key.strip_prefix(PREFIX)?.to_owned(), node)).filter(|(_, node)| node.seen + SHOWN_MS > now)
    });
    Ok(read.collect())
}

impl Admin {
    /// Says that this node is there, at the time of its start; `false` if that has failed.
    pub async fn remember(&self, node: &KnownNode) -> bool {
        tokio::time::timeout(TIMEOUT, self.write(node)).await.unwrap_or_else(|_| {
            log::debug!("nodes: registry unreachable, recording this node later");
            false
        })
    }

    /// Says so again and again, and soon after a failure; never ends.
    pub async fn keep_remembered(&self, mut node: KnownNode, mut is_remembered: bool) {
        let mut backoff = Backoff::default();
        loop {
            let wait = if is_remembered { REFRESH } else { backoff.next_wait() };
            tokio::time::sleep(wait).await;
            node.seen = self.clock.now_ms();
            is_remembered = self.write(&node).await;
            if is_remembered {
                backoff.reset();
            }
        }
    }

    /// Forgets this node: it is stopped on purpose.
    pub async fn forget(&self) {
        let remove = async {
            let mut backoff = Backoff::default();
            let change = Change { key: self.key(), expect: Expect::Any, value: None };
            while self.registry.commit(vec![change.clone()]).await.is_err() {
                tokio::time::sleep(backoff.next_wait()).await;
            }
        };
        if tokio::time::timeout(TIMEOUT, remove).await.is_err() {
            log::debug!("nodes: registry unreachable, this node stays listed as unreachable");
        }
    }

    async fn write(&self, node: &KnownNode) -> bool {
        let write = async {
            let value = serde_json::to_string(node).internal()?;
            let mut changes = vec![Change { key: self.key(), expect: Expect::Any, value: Some(value) }];
            let entries = self.registry.list(PREFIX).await?.entries;
            let is_old = |value: &str| serde_json::from_str::<KnownNode>(value).is_ok_and(|known| known.seen + SHOWN_MS <= node.seen);
            let old = entries.into_iter().filter(|(key, entry)| *key != self.key() && is_old(&entry.value)).take(50);
            changes.extend(old.map(|(key, _)| Change { key, expect: Expect::Any, value: None }));
            self.registry.commit(changes).await
        };
        let written = write.await.inspect_err(|e| log::debug!("nodes: this node not recorded, trying again later: {}", e.chain()));
        written.is_ok()
    }

    fn key(&self) -> String {
        format!("{PREFIX}{}", self.instance)
    }
}
