//! The OpenAPI and AsyncAPI documents of all services, merged; fetched again when instances come and go.

use super::{
    merge::{mark_away, merge},
    messages,
};
use crate::upstream;
use bytes::Bytes;
use fm_sdk::registry::services::{Instance, Services};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// How long a service may take for its document.
const TIMEOUT: Duration = Duration::from_secs(3);
/// When services that gave no answer are asked again.
const RETRY_DELAY: Duration = Duration::from_secs(5);
/// The largest document that is read; bytes.
const LARGEST: usize = 4 << 20;

/// A merged document.
#[derive(Debug, Default)]
pub struct Document {
    pub json: Bytes,
    pub value: Value,
}

impl From<Value> for Document {
    fn from(value: Value) -> Self {
        Document { json: serde_json::to_vec(&value).unwrap_or_default().into(), value }
    }
}

/// The merged documents: what services answer over HTTP, and what they say on the bus.
#[derive(Debug, Default)]
pub struct Merged {
    pub http: Document,
    pub messages: Document,
}

/// What was merged from which instances, and until when that is good.
struct Kept {
    seen: Arc<[Instance]>,
    until: Option<Instant>,
    merged: Arc<Merged>,
}

/// Fetches and keeps it.
#[derive(Clone)]
pub struct Documents {
    services: Services,
    kept: Arc<Mutex<Option<Kept>>>,
    last: Arc<Mutex<BTreeMap<String, Last>>>,
    /// How long the document of a service without instances stays.
    away: Duration,
}

/// What a service says of itself; `Null` for what it does not describe.
struct Own {
    http: Value,
    messages: Value,
}

/// The last good documents of a service. One that is down stays documented for a while, and it is said that it is down.
struct Last {
    own: Own,
    /// When its last instance left.
    left: Option<Instant>,
}

impl Documents {
    /// `away` is how long services stay documented that have no instance.
    pub fn new(services: Services, away: Duration) -> Self {
        // The watch is opened here, so that the first reader finds the instances.
        let _ = services.all();
        Documents { services, kept: Arc::default(), last: Arc::default(), away }
    }

    /// Gives the merged documents, as fresh as the list of instances.
    pub async fn merged(&self) -> Arc<Merged> {
        let instances = self.services.all().list();
        if let Some(kept) = &*self.kept.lock().unwrap_or_else(PoisonError::into_inner)
            && kept.seen == instances
            && kept.until.is_none_or(|until| Instant::now() < until)
        {
            return kept.merged.clone();
        }
        let complete = self.fetch_all(&instances).await;
        let (merged, forgets) = self.merge_known(&instances, Instant::now());
        let merged = Arc::new(merged);
        // Services that gave no answer are asked again, but not by every reader.
        let again = (!complete).then(|| Instant::now() + RETRY_DELAY);
        let until = again.into_iter().chain(forgets).min();
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(Kept { seen: instances, until, merged: merged.clone() });
        merged
    }

    /// Merges what is known, forgets who has been unreachable for too long, and says when the next one is forgotten.
    fn merge_known(&self, instances: &[Instance], now: Instant) -> (Merged, Option<Instant>) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        for (service, known) in last.iter_mut() {
            let is_up = instances.iter().any(|i| i.service == *service);
            known.left = (!is_up).then(|| known.left.unwrap_or(now));
        }
        last.retain(|_, known| known.left.is_none_or(|left| now < left + self.away));
        let is_away = |service: &str| last.get(service).is_some_and(|known| known.left.is_some());
        let mut http = merge(last.iter().map(|(service, known)| (service.as_str(), &known.own.http)));
        mark_away(&mut http, is_away);
        let mut said = messages::merge(last.iter().map(|(service, known)| (service.as_str(), &known.own.messages)));
        messages::mark_away(&mut said, is_away);
        (Merged { http: http.into(), messages: said.into() }, last.values().filter_map(|known| Some(known.left? + self.away)).min())
    }

    /// Fetches the documents of each service, and says whether every service gave an answer.
    async fn fetch_all(&self, instances: &[Instance]) -> bool {
        let mut by_service: BTreeMap<&str, Vec<&Instance>> = BTreeMap::new();
        for instance in instances.iter().filter(|i| i.service != crate::NAME) {
            by_service.entry(&instance.service).or_default().push(instance);
        }
        let fetched = by_service.into_iter().map(|(service, instances)| async move {
            for instance in instances {
                let documents = (fetch(&instance.url, "/openapi.json").await, fetch(&instance.url, "/asyncapi.json").await);
                if let (Some(http), Some(messages)) = documents {
                    return (service, Some(Own { http, messages }));
                }
            }
            (service, None)
        });
        let mut complete = true;
        for (service, answer) in futures::future::join_all(fetched).await {
            match answer {
                Some(Own { http: Value::Null, messages: Value::Null }) => {}
                Some(own) => {
                    let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
                    last.insert(service.to_owned(), Last { own, left: None });
                }
                None => complete = false,
            }
        }
        complete
    }
}

/// Fetches a document of an instance: `Null` if it has none, `None` if it gave no answer.
async fn fetch(url: &str, path: &str) -> Option<Value> {
    let answer = tokio::time::timeout(TIMEOUT, upstream::fetch(url.strip_prefix("http://")?, path, LARGEST)).await;
    let (status, body) = answer.ok()?.ok()?;
    if !status.is_success() {
        return Some(Value::Null);
    }
    Some(serde_json::from_slice(&body).ok().filter(Value::is_object).unwrap_or_default())
}
