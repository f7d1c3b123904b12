//! Decides when a certificate is ordered.

use super::{
    Acme, backoff,
    failure::{Cause, Failure},
    records::{self, Record, Rest},
    settings::Plan,
    view::View,
};
use fm_sdk::{registry::Snapshot, time::now_ms};
use std::{future::pending, sync::Arc, time::Duration};
use tokio::{
    sync::watch,
    time::{sleep, timeout},
};

/// How long it is waited without looking at the clock: it may be set, or the machine may sleep.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// How long it may take to tell other gateways of a failure.
const TELL_TIME: Duration = Duration::from_secs(5);

/// When something is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Due {
    /// Milliseconds since 1970.
    At(i64),
    /// Not before something changes in the registry.
    Never,
}

impl Acme {
    /// Orders whenever it is due and this gateway's turn.
    pub(super) async fn renew(&self, mut snapshots: watch::Receiver<Arc<Snapshot>>) {
        let mut own_rest: Option<Rest> = None;
        loop {
            let snapshot = snapshots.borrow_and_update().clone();
            let view = View::of(&snapshot, &self.plan.set);
            let due = if view.is_led_by(&self.node, &self.plan.set) {
                let rests = [own_rest.as_ref(), view.rest.as_ref()].into_iter().flatten().map(|rest| rest.until);
                after(due(view.certificate.as_ref().map(|(record, _)| record), &self.plan), rests.max())
            } else {
                Due::Never
            };
            let wait = match due {
                Due::Never => Duration::MAX,
                Due::At(at) => Duration::from_millis(u64::try_from(at - now_ms()).unwrap_or_default()),
            };
            if !wait.is_zero() {
                tokio::select! {
                    changed = snapshots.changed() => if changed.is_err() { return pending().await },
                    () = sleep(wait.min(LONGEST_WAIT)) => {}
                }
                continue;
            }
            let failed = tokio::select! {
                ordered = self.order(&view, snapshots.clone()) => ordered.err(),
                () = self.replaced(snapshots.clone()) => {
                    log::warn!("acme: order given up, another gateway orders");
                    continue;
                }
            };
            own_rest = match failed {
                None => None,
                Some(failure) => {
                    let failures = own_rest.as_ref().or(view.rest.as_ref()).map_or(0, |rest| rest.failures);
                    Some(self.rest_after(&failure, failures.saturating_add(1)).await)
                }
            };
        }
    }

    /// Waits until another gateway orders.
    async fn replaced(&self, mut snapshots: watch::Receiver<Arc<Snapshot>>) {
        let is_replaced = |snapshot: &Arc<Snapshot>| !View::of(snapshot, &self.plan.set).is_led_by(&self.node, &self.plan.set);
        if snapshots.wait_for(is_replaced).await.is_err() {
            pending().await
        }
    }

    /// Logs and counts a failure, and lets no gateway of this set order for a while.
    async fn rest_after(&self, failure: &Failure, failures: u32) -> Rest {
        let delay = backoff::delay(self.plan.retry, failures, failure.retry_after);
        let code = failure.code();
        self.metrics.certificate_ordered(code);
        let names = self.plan.names.join(", ");
        log::error!(code; "acme: no certificate for {names} ({failure}), keeping the one in force, trying again in {delay:.0?}");
        let delay_ms = i64::try_from(delay.as_millis()).unwrap_or(i64::MAX);
        let rest = Rest { failures, until: now_ms().saturating_add(delay_ms), code: code.into() };
        if let Ok(text) = serde_json::to_string(&rest) {
            // It stays for another while, so that who orders next knows of the failures before.
            let told = self.registry.put_for(&records::backoff_key(&self.plan.set), text, delay.saturating_mul(2));
            if !matches!(timeout(TELL_TIME, told).await, Ok(Ok(()))) {
                log::warn!("acme: registry unreachable, other gateways do not know that nothing is ordered for a while");
            }
        }
        rest
    }
}

fn after(due: Due, rest: Option<i64>) -> Due {
    match (due, rest) {
        (Due::At(at), Some(rest)) => Due::At(at.max(rest)),
        _ => due,
    }
}

/// A certificate is renewed when two thirds of its time are over. One that was sealed by another key is not replaced: other gateways use it.
fn due(record: Option<&Record>, plan: &Plan) -> Due {
    match record.map(|record| record.open(plan)) {
        Some(Ok(certificate)) => {
            let lifetime = certificate.not_after - certificate.not_before;
            Due::At((certificate.not_before + lifetime * 2 / 3) * 1000)
        }
        Some(Err(Failure { cause: Cause::Sealed, .. })) => Due::Never,
        Some(Err(_)) | None => Due::At(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::acme::settings::tests::complete;
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

    const YEAR_2020: i64 = 1_577_836_800_000;
    const YEAR_2080: i64 = 3_471_292_800_000;

    /// A certificate of 90 years.
    fn certificate(names: &[&str]) -> (String, String) {
        let mut params = CertificateParams::new(names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>()).unwrap();
        (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2110, 1, 1));
        let key = KeyPair::generate().unwrap();
        (params.self_signed(&key).unwrap().pem(), key.serialize_pem())
    }

    #[test]
    fn a_certificate_is_due_at_two_thirds_of_its_lifetime_and_at_once_where_it_cannot_be_used() {
        let folder = tempfile::tempdir().unwrap();
        let plan = complete(folder.path()).plan().unwrap().unwrap();
        assert_eq!(due(None, &plan), Due::At(0));
        let (chain, key) = certificate(&["b.test", "a.test", "c.test"]);
        let good = Record::seal(&plan, chain.clone(), &key).unwrap();
        let Due::At(at) = due(Some(&good), &plan) else { panic!("it is never due") };
        const DAY: i64 = 24 * 3600 * 1000;
        assert!((at - YEAR_2080).abs() < DAY && at > YEAR_2020, "{at}");
        let (other_chain, other_key) = certificate(&["a.test", "c.test"]);
        let refused = Record::seal(&plan, other_chain.clone(), &other_key).unwrap_err();
        assert_eq!((refused.code(), refused.why.contains("not for b.test")), ("acme-certificate", true), "{refused}");
        let sealed = |key: &str| plan.keys.seal(&records::certificate_key(&plan.set), key).unwrap();
        for unusable in [
            Record { chain: other_chain.clone(), key: sealed(&other_key) },
            Record { chain: other_chain, key: good.key.clone() },
            Record { chain: String::new(), key: good.key.clone() },
        ] {
            assert_eq!(unusable.open(&plan).unwrap_err().code(), "acme-certificate");
            assert_eq!(due(Some(&unusable), &plan), Due::At(0));
        }
        for sealed_otherwise in [Record { chain, key: plan.keys.seal("/elsewhere", &key).unwrap() }, Record::default()] {
            assert_eq!(due(Some(&sealed_otherwise), &plan), Due::Never, "nobody replaces what others use");
        }
    }

    #[test]
    fn nothing_is_ordered_before_a_rest_is_over() {
        assert_eq!((after(Due::At(5), Some(9)), after(Due::At(9), Some(5)), after(Due::At(5), None)), (Due::At(9), Due::At(9), Due::At(5)));
        assert_eq!(after(Due::Never, Some(9)), Due::Never);
    }
}
