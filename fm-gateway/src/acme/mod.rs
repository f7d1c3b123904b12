//! Certificates that the gateway gets and renews by itself (ACME, RFC 8555).
//!
//! What belongs to all gateways of a market lies in the registry: the account, the certificate and the answers to challenges. Each gateway answers every
//! challenge and shows the same certificate; one of them orders. Private keys are sealed there: others than the gateway read the registry, too.

mod backoff;
mod copy;
mod failure;
mod http;
mod order;
mod records;
mod renewal;
mod sealing;
mod settings;
mod view;

pub use settings::{AcmeSettings, Plan};

use crate::front::{Certificate, Challenges, GatewayMetrics, Issued};
use copy::Copy;
use fm_sdk::{
    registry::{LeasedKey, Registry, Snapshot},
    time::now_ms,
};
use records::{Node, PREFIX, Record, node_key};
use std::{future::pending, path::Path, sync::Arc, time::Duration};
use tokio::sync::watch;
use view::View;

/// How long a gateway that has died is waited for, and stays the one that orders.
const LEASE: Duration = Duration::from_secs(10);

/// Keeps this gateway's certificate: takes what others have got, and gets it if it is this one's turn.
pub struct Acme {
    plan: Plan,
    registry: Arc<dyn Registry>,
    /// This gateway among the others.
    node: String,
    challenges: Challenges,
    issued: watch::Sender<Option<Arc<Certificate>>>,
    copy: Copy,
    metrics: GatewayMetrics,
}

impl Acme {
    /// Begins with the copy on disk, if there is one.
    pub fn new(plan: Plan, registry: Arc<dyn Registry>, instance: &str, data: &Path, metrics: GatewayMetrics) -> Acme {
        let copy = Copy::in_folder(data);
        let kept = copy.read(&plan.set).and_then(|record| {
            let opened = record.open(&plan);
            opened
                .inspect_err(|e: &failure::Failure| {
                    log::warn!("acme: copy of the certificate on disk cannot be used, starting without it: {e}")
                })
                .ok()
        });
        let issued = watch::Sender::new(kept.map(Arc::new));
        Acme { plan, registry, node: node_key(now_ms(), instance), challenges: Challenges::default(), issued, copy, metrics }
    }

    /// The certificate, now and from now on.
    pub fn issued(&self) -> Issued {
        self.issued.subscribe()
    }

    /// What the clear port answers.
    pub fn challenges(&self) -> Challenges {
        self.challenges.clone()
    }

    /// Takes its part; never ends.
    pub async fn run(self) {
        let mut snapshots = self.registry.watch(PREFIX);
        if snapshots.wait_for(|snapshot| snapshot.known).await.is_err() {
            return pending().await;
        }
        let node = Node { set: self.plan.set.clone(), challenges: 0 };
        let held = self.registry.hold(&self.node, node.text(), LEASE);
        futures::join!(self.follow(snapshots.clone(), node, &*held), self.renew(snapshots));
    }

    /// Takes what lies in the registry.
    async fn follow(&self, mut snapshots: watch::Receiver<Arc<Snapshot>>, mut node: Node, held: &dyn LeasedKey) {
        let mut taken = None;
        loop {
            let snapshot = snapshots.borrow_and_update().clone();
            let view = View::of(&snapshot, &self.plan.set);
            self.challenges.replace(view.challenges);
            if let Some((record, revision)) = view.certificate
                && taken != Some(revision)
            {
                taken = Some(revision);
                self.take(&record);
            }
            if view.challenges_revision > node.challenges {
                // Who orders waits until all know the answers.
                node.challenges = view.challenges_revision;
                if let Err(e) = held.update(node.text()).await {
                    log::warn!("acme: registry unreachable, other gateways do not know that this one answers challenges: {}", e.chain());
                    node.challenges = 0;
                }
            }
            if snapshots.changed().await.is_err() {
                return pending().await;
            }
        }
    }

    fn take(&self, record: &Record) {
        match record.open(&self.plan) {
            Ok(certificate) => {
                log::info!("acme: certificate for {} is in force", self.plan.names.join(", "));
                if let Err(e) = self.copy.write(&self.plan.set, record) {
                    log::warn!("acme: certificate not copied to {}, a start without the registry would have none: {e}", self.copy);
                }
                self.issued.send_replace(Some(Arc::new(certificate)));
            }
            Err(e) => {
                self.metrics.certificate_ordered(e.code());
                log::error!(code = e.code(); "acme: certificate in the registry cannot be used, keeping the one in force: {e}");
            }
        }
    }
}
