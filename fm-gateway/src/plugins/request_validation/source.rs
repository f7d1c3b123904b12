//! Where documents come from: `/openapi.json` of an instance of the service. Fetched again when instances come and go, and every minute; the last good one
//! stays. Routes of the same service share it.

use super::document::Document;
use crate::upstream;
use fm_sdk::registry::services::{Instance, Instances};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

const PATH: &str = "/openapi.json";
/// How long an instance may take for its document.
const TIMEOUT: Duration = Duration::from_secs(3);
/// The largest document that is read; bytes.
const MAX_BYTES: usize = 4 << 20;
/// When the document is fetched again, though the instances are the same.
const RENEW_AFTER: Duration = Duration::from_secs(60);
/// When instances that gave no document are asked again.
const RETRY_DELAY: Duration = Duration::from_secs(5);

/// The documents of all services.
#[derive(Default)]
pub struct Sources(Mutex<HashMap<String, Arc<Mutex<Kept>>>>);

/// The document of one service.
#[derive(Clone)]
pub struct Source {
    service: Arc<str>,
    instances: Instances,
    kept: Arc<Mutex<Kept>>,
}

#[derive(Default)]
struct Kept {
    document: Option<Arc<Document>>,
    /// The instances that were there when it was fetched, and when to fetch it again.
    fetched: Option<(Arc<[Instance]>, Instant)>,
    is_fetching: bool,
}

impl Sources {
    pub fn of(&self, service: &str, instances: Instances) -> Source {
        let mut all = lock(&self.0);
        all.retain(|name, kept| name == service || Arc::strong_count(kept) > 1);
        let kept = all.entry(service.to_owned()).or_default().clone();
        Source { service: service.into(), instances, kept }
    }
}

impl Source {
    /// Resolves when a document was fetched, or nobody gave one.
    pub async fn ready(&self) {
        self.instances.ready(Duration::MAX).await;
        if let Some(fetching) = self.begin() {
            fetching.run().await;
        }
    }

    /// Gives the last document. If it is time for another one, that is fetched meanwhile.
    pub fn current(&self) -> Option<Arc<Document>> {
        if let Some(fetching) = self.begin() {
            tokio::task::spawn_local(fetching.run());
        }
        lock(&self.kept).document.clone()
    }

    fn begin(&self) -> Option<Fetching> {
        let instances = self.instances.list();
        let mut kept = lock(&self.kept);
        let is_fresh = kept.fetched.as_ref().is_some_and(|(of, until)| *of == instances && Instant::now() < *until);
        if is_fresh || kept.is_fetching || instances.is_empty() {
            return None;
        }
        kept.is_fetching = true;
        Some(Fetching { source: self.clone(), instances })
    }
}

/// A fetch under way; there is one at a time.
struct Fetching {
    source: Source,
    instances: Arc<[Instance]>,
}

impl Fetching {
    async fn run(self) {
        let mut document = None;
        // The youngest first: while versions change it is the one that stays.
        let mut instances: Vec<&Instance> = self.instances.iter().collect();
        instances.sort_by_key(|instance| std::cmp::Reverse(instance.started));
        for instance in instances {
            document = fetch(instance).await;
            if document.is_some() {
                break;
            }
        }
        let delay = if document.is_some() { RENEW_AFTER } else { RETRY_DELAY };
        let mut kept = lock(&self.source.kept);
        kept.fetched = Some((self.instances.clone(), Instant::now() + delay));
        match document {
            Some(document) => kept.document = Some(Arc::new(document)),
            None => {
                log::warn!(service = &*self.source.service; "request-validation: no instance gave an OpenAPI document, trying again in {delay:?}")
            }
        }
    }
}

impl Drop for Fetching {
    fn drop(&mut self) {
        lock(&self.source.kept).is_fetching = false;
    }
}

async fn fetch(instance: &Instance) -> Option<Document> {
    let authority = instance.url.strip_prefix("http://")?;
    let (status, body) = tokio::time::timeout(TIMEOUT, upstream::fetch(authority, PATH, MAX_BYTES)).await.ok()?.ok()?;
    if !status.is_success() {
        return None;
    }
    // A large document takes some milliseconds, which requests need not wait for.
    let document = tokio::task::spawn_blocking(move || Document::parse(&body)).await.ok()?;
    document
        .inspect_err(|why| log::warn!(upstream_instance = instance.id.as_str(); "request-validation: OpenAPI document not usable: {why}"))
        .ok()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
