//! Questions that a gateway asks the others. They go through the registry: operators' ports are on loopback, unless somebody exposes them, and
//! nobody needs credentials for another one.

mod question;
mod status;

pub use question::{OverTime, Question, over_time, place, traffic};
pub use status::{InstanceStatus, NodeStatus};

use super::Admin;
use crate::{
    NAME,
    table::{pack, unpack},
};
use fm_sdk::{
    Backoff, Result, ResultExt,
    registry::{Change, Expect, Registry, Snapshot},
};
use serde::{Serialize, de::DeserializeOwned};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};
use tokio::{
    sync::watch,
    task::{AbortHandle, JoinSet},
};

const QUESTIONS: &str = "/fm/gateway/peers/question/";
const ANSWERS: &str = "/fm/gateway/peers/answer/";
/// Questions and answers that nobody has removed vanish after this time.
const LIFETIME: Duration = Duration::from_secs(15);
/// A gateway that has not answered within this time is named as silent.
const TIMEOUT: Duration = Duration::from_secs(2);

/// What the other gateways have answered.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Answers<T> {
    /// By the name of the node.
    pub of: BTreeMap<String, T>,
    /// Nodes that are registered and did not answer.
    pub silent: Vec<String>,
}

/// The other gateways.
pub struct Peers {
    registry: Arc<dyn Registry>,
    node: String,
    answers: watch::Receiver<Arc<Snapshot>>,
}

impl Peers {
    pub fn new(registry: Arc<dyn Registry>, node: String) -> Peers {
        let answers = registry.watch(ANSWERS);
        Peers { registry, node, answers }
    }

    /// Asks all other gateways that are registered.
    ///
    /// # Errors
    /// Those of the registry.
    pub async fn ask<T: DeserializeOwned>(&self, admin: &Admin, question: &Question) -> Result<Answers<T>> {
        let others = admin.services.instances(NAME);
        let others: BTreeSet<&str> = others.iter().map(|node| node.id.as_str()).filter(|id| *id != self.node).collect();
        if others.is_empty() {
            return Ok(Answers { of: BTreeMap::new(), silent: Vec::new() });
        }
        let id = format!("{:016x}", rand::random::<u64>());
        let (asked, prefix) = (format!("{QUESTIONS}{id}"), format!("{ANSWERS}{id}/"));
        self.registry.put_for(&asked, serde_json::to_string(question).internal()?, LIFETIME).await?;
        let mut answers = self.answers.clone();
        let has_all = |snapshot: &Arc<Snapshot>| others.iter().all(|node| snapshot.entries.contains_key(&format!("{prefix}{node}")));
        let _ = tokio::time::timeout(TIMEOUT, answers.wait_for(has_all)).await;
        let snapshot = answers.borrow().clone();
        let read = |node: &&str| -> Option<T> {
            let entry = snapshot.entries.get(&format!("{prefix}{node}"))?;
            serde_json::from_str(&unpack(&entry.value).ok()?).ok()
        };
        let (mut of, mut silent) = (BTreeMap::new(), Vec::new());
        for node in &others {
            match read(node) {
                Some(answer) => drop(of.insert((*node).to_owned(), answer)),
                None => silent.push((*node).to_owned()),
            }
        }
        let used = of.keys().map(|node| format!("{prefix}{node}")).chain([asked]);
        let remove = used.map(|key| Change { key, expect: Expect::Any, value: None }).collect();
        if let Err(e) = self.registry.commit(remove).await {
            log::debug!("peers: query not deleted, it expires with its lease: {}", e.chain());
        }
        Ok(Answers { of, silent })
    }
}

/// Answers what other gateways ask; never ends. Each answer is written by a task of its own, so that one that has to be tried again does not
/// hold up the others.
pub async fn answer(admin: Arc<Admin>) {
    let mut questions = admin.registry.watch(QUESTIONS);
    // Dropping it ends all of them.
    let mut tasks = JoinSet::new();
    let mut replies: BTreeMap<String, AbortHandle> = BTreeMap::new();
    loop {
        let snapshot = questions.borrow_and_update().clone();
        let open: BTreeMap<&str, &str> =
            snapshot.entries.iter().filter_map(|(key, entry)| Some((key.strip_prefix(QUESTIONS)?, entry.value.as_str()))).collect();
        replies.retain(|id, reply| {
            let is_open = open.contains_key(id.as_str());
            if !is_open {
                reply.abort();
            }
            is_open
        });
        for (id, question) in open {
            // A question that this version does not know is not answered.
            let Ok(question) = serde_json::from_str::<Question>(question) else { continue };
            replies.entry(id.to_owned()).or_insert_with_key(|id| tasks.spawn_local(reply(admin.clone(), id.clone(), question)));
        }
        tokio::select! {
            changed = questions.changed() => if changed.is_err() {
                return std::future::pending().await;
            },
            Some(_) = tasks.join_next() => {}
        }
    }
}

/// Writes the answer to a question, until that has worked or nobody can be waiting for it any more.
async fn reply(admin: Arc<Admin>, id: String, question: Question) {
    let mut backoff = Backoff::default();
    let write = async {
        while let Err(e) = put_answer(&admin, &id, &question).await {
            let wait = backoff.next_wait();
            log::debug!("peers: answer to a query not written, trying again in {wait:?}: {}", e.chain());
            tokio::time::sleep(wait).await;
        }
    };
    // The question is gone by then, too.
    let _ = tokio::time::timeout(LIFETIME, write).await;
}

async fn put_answer(admin: &Admin, id: &str, question: &Question) -> Result<()> {
    let value = pack(question.answer(admin).to_string()).internal()?;
    admin.registry.put_for(&format!("{ANSWERS}{id}/{}", admin.instance), value, LIFETIME).await
}
