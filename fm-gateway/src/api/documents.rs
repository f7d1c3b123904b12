//! The OpenAPI documents of all services, merged; fetched again when instances come and go.

use super::merge::{mark_away, merge};
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

/// The merged document.
#[derive(Debug, Default)]
pub struct Merged {
    pub json: Bytes,
    pub value: Value,
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

/// The last good document of a service. One that is down stays documented for a while, and it is said that it is down.
struct Last {
    document: Value,
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

    /// Gives the merged document, as fresh as the list of instances.
    pub async fn merged(&self) -> Arc<Merged> {
        let instances = self.services.all().list();
        if let Some(kept) = &*self.kept.lock().unwrap_or_else(PoisonError::into_inner)
            && kept.seen == instances
            && kept.until.is_none_or(|until| Instant::now() < until)
        {
            return kept.merged.clone();
        }
        let complete = self.fetch_all(&instances).await;
        let (value, forgets) = self.merge_known(&instances, Instant::now());
        let merged = Arc::new(Merged { json: serde_json::to_vec(&value).unwrap_or_default().into(), value });
        // Services that gave no answer are asked again, but not by every reader.
        let again = (!complete).then(|| Instant::now() + RETRY_DELAY);
        let until = again.into_iter().chain(forgets).min();
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(Kept { seen: instances, until, merged: merged.clone() });
        merged
    }

    /// Merges what is known, forgets who has been unreachable for too long, and says when the next one is forgotten.
    fn merge_known(&self, instances: &[Instance], now: Instant) -> (Value, Option<Instant>) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        for (service, known) in last.iter_mut() {
            let is_up = instances.iter().any(|i| i.service == *service);
            known.left = (!is_up).then(|| known.left.unwrap_or(now));
        }
        last.retain(|_, known| known.left.is_none_or(|left| now < left + self.away));
        let mut value = merge(last.iter().map(|(service, known)| (service.as_str(), &known.document)));
        mark_away(&mut value, |service| last.get(service).is_some_and(|known| known.left.is_some()));
        (value, last.values().filter_map(|known| Some(known.left? + self.away)).min())
    }

    /// Fetches one document per service, and says whether every service gave an answer.
    async fn fetch_all(&self, instances: &[Instance]) -> bool {
        let mut by_service: BTreeMap<&str, Vec<&Instance>> = BTreeMap::new();
        for instance in instances.iter().filter(|i| i.service != crate::NAME) {
            by_service.entry(&instance.service).or_default().push(instance);
        }
        let fetched = by_service.into_iter().map(|(service, instances)| async move {
            for instance in instances {
                if let Some(answer) = fetch(&instance.url).await {
                    return (service, Some(answer));
                }
            }
            (service, None)
        });
        let mut complete = true;
        for (service, answer) in futures::future::join_all(fetched).await {
            match answer {
                Some(Value::Null) => {}
                Some(document) => {
                    let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
                    last.insert(service.to_owned(), Last { document, left: None });
                }
                None => complete = false,
            }
        }
        complete
    }
}

/// Fetches the document of an instance: `Null` if it has none, `None` if it gave no answer.
async fn fetch(url: &str) -> Option<Value> {
    let answer = tokio::time::timeout(TIMEOUT, upstream::fetch(url.strip_prefix("http://")?, "/openapi.json", LARGEST)).await;
    let (status, body) = answer.ok()?.ok()?;
    if !status.is_success() {
        return Some(Value::Null);
    }
    Some(serde_json::from_slice(&body).ok().filter(Value::is_object).unwrap_or_default())
}
