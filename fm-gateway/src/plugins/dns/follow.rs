//! Names that are followed: one task for each question, however many routes and tables ask it, and none once nobody does.

use super::resolve::{Answer, Question, ask, resolver};
use crate::front::GatewayMetrics;
use fm_sdk::registry::services::Instance;
use hickory_resolver::TokioResolver;
use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex, OnceLock, PoisonError, Weak},
    time::Duration,
};
use tokio::{
    sync::watch,
    task::AbortHandle,
    time::{Instant, sleep},
};

/// How long what is found holds at most, whatever its time to live.
const MAX_TTL: Duration = Duration::from_secs(3600);

/// What is asked of whom.
type Key = (Question, Arc<[SocketAddr]>);

/// All questions that somebody asks.
#[derive(Clone, Default)]
pub struct Following(Arc<Mutex<HashMap<Key, Weak<Followed>>>>);

impl Following {
    /// Gives what is known of a question; whoever asks the same shares it. Nothing is asked before somebody waits for it.
    pub fn follow(&self, question: Question, servers: &Arc<[SocketAddr]>, metrics: &GatewayMetrics) -> Arc<Followed> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, followed| followed.strong_count() > 0);
        let key = (question, servers.clone());
        if let Some(followed) = all.get(&key).and_then(Weak::upgrade) {
            return followed;
        }
        let (question, servers) = key.clone();
        let (known, task) = (watch::Sender::new(Known::default()), OnceLock::new());
        let followed = Arc::new(Followed { question, servers, metrics: metrics.clone(), known, task });
        all.insert(key, Arc::downgrade(&followed));
        followed
    }
}

/// What is known of a name.
#[derive(Default)]
struct Known {
    /// There was an answer, or a failure.
    is_asked: bool,
    instances: Arc<[Instance]>,
}

/// A question, and its last answer.
pub struct Followed {
    question: Question,
    servers: Arc<[SocketAddr]>,
    metrics: GatewayMetrics,
    known: watch::Sender<Known>,
    task: OnceLock<AbortHandle>,
}

impl Followed {
    /// What was found last.
    pub fn instances(&self) -> Arc<[Instance]> {
        self.known.borrow().instances.clone()
    }

    /// Resolves when the name was asked for once, whatever came of it.
    pub async fn ready(&self) {
        self.task.get_or_init(|| {
            let (question, servers) = (self.question.clone(), self.servers.clone());
            tokio::spawn(run(question, servers, self.metrics.clone(), self.known.clone())).abort_handle()
        });
        // This one holds a sender.
        let _ = self.known.subscribe().wait_for(|known| known.is_asked).await;
    }
}

impl Drop for Followed {
    fn drop(&mut self) {
        if let Some(task) = self.task.get() {
            task.abort();
        }
    }
}

async fn run(question: Question, servers: Arc<[SocketAddr]>, metrics: GatewayMetrics, known: watch::Sender<Known>) {
    let (mut resolver, mut has_failed) = (None, false);
    loop {
        let answer = match asking(&mut resolver, &servers) {
            Ok(resolver) => ask(resolver, &question).await,
            Err(why) => Answer::Failed(why),
        };
        metrics.resolved(&question.name, answer.outcome());
        let now = Instant::now();
        let valid_until = match answer {
            Answer::Failed(why) => {
                let kept = known.borrow().instances.len();
                if !has_failed {
                    log::warn!(upstream = question.name.as_str(); "dns: {} cannot be resolved, keeping {kept} addresses: {why}", question.host);
                }
                has_failed = true;
                known.send_modify(|known| known.is_asked = true);
                now
            }
            Answer::Found(instances, valid_until) => {
                if std::mem::take(&mut has_failed) {
                    log::info!(upstream = question.name.as_str(); "dns: {} is resolved again", question.host);
                }
                keep(&known, instances, &question);
                valid_until.into()
            }
        };
        let next = valid_until.min(now + MAX_TTL).max(now + question.min_ttl);
        sleep(next - now).await;
    }
}

/// The resolver; made anew for as long as its configuration cannot be read.
fn asking<'r>(resolver: &'r mut Option<TokioResolver>, servers: &[SocketAddr]) -> Result<&'r TokioResolver, String> {
    match resolver {
        Some(resolver) => Ok(resolver),
        None => Ok(resolver.insert(self::resolver(servers)?)),
    }
}

fn keep(known: &watch::Sender<Known>, instances: Vec<Instance>, question: &Question) {
    known.send_modify(|known| {
        known.is_asked = true;
        if *known.instances != *instances {
            log::info!(upstream = question.name.as_str(); "dns: {} has {} addresses now", question.host, instances.len());
            known.instances = instances.into();
        }
    });
}
