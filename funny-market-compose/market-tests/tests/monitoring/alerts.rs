//! Each fault raises its alert, and operators are told of no other.

use crate::{
    faults::{FAULTS, Fault, Scene},
    instances_are_mine, report,
};
use market::poll;
use market_tests::wait_until;
use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    time::{Duration, Instant},
};

/// The longest time of an alert in the shortened rules, the lease of an instance, and what a busy machine adds.
const BOUND: Duration = Duration::from_secs(120);
/// How long a fault lasts after its alert has fired: what follows from it would be seen by then.
const LASTS: Duration = Duration::from_secs(10);
/// Alertmanager waits longer, a tenth of `group_wait`, before it tells somebody. An alert that is inhibited by then is told to nobody.
const GROUP_WAIT: Duration = Duration::from_secs(1);
const BETWEEN_LOOKS: Duration = Duration::from_millis(200);

/// What was seen of one fault.
pub struct Observation {
    pub fault: &'static Fault,
    /// From when the fault began until operators were told of its alert; `None`: they were not.
    pub told_after: Option<Duration>,
    /// Other alerts that operators were told of.
    pub others: BTreeSet<String>,
    /// Other alerts that fired, and of which they were not told: `inhibit_rules`.
    pub inhibited: BTreeSet<String>,
}

/// Makes one fault, looks at what fires, and mends it.
fn observe(scene: &Scene, fault: &'static Fault) -> Observation {
    let alertmanager = &scene.prometheus.alertmanager;
    let lingering = alertmanager.firing();
    let began = Instant::now();
    let broken = (fault.begin)(scene);
    let (mut since, mut told, mut fired) = (BTreeMap::new(), BTreeMap::new(), BTreeSet::new());
    let mut look = || {
        fired.extend(alertmanager.firing());
        let now = alertmanager.told();
        since.retain(|name, _| now.contains(name));
        for name in now {
            let first = *since.entry(name.clone()).or_insert_with(Instant::now);
            if first.elapsed() >= GROUP_WAIT {
                told.entry(name).or_insert(first);
            }
        }
        told.get(fault.alert).is_some_and(|first| first.elapsed() >= LASTS)
    };
    poll(BETWEEN_LOOKS, BOUND, &mut look);
    drop(broken);
    let told_after = told.remove(fault.alert).map(|first| first - began);
    let others: BTreeSet<_> = told.into_keys().filter(|name| !lingering.contains(name)).collect();
    let is_news = |name: &String| name != fault.alert && !others.contains(name) && !lingering.contains(name);
    let inhibited = fired.into_iter().filter(is_news).collect();
    Observation { fault, told_after, others, inhibited }
}

/// Waits until nothing fires, or is about to, but what remembers an earlier fault.
fn all_is_well(scene: &Scene, remembered: &BTreeSet<&str>) {
    wait_until("no alert fires", BOUND, || {
        let told = scene.prometheus.alertmanager.firing();
        let pending = scene.prometheus.pending();
        told.union(&pending).all(|name| remembered.contains(name.as_str()))
    });
}

/// Those that are named in `FM_ALERTS`, separated by commas; `all`; or without it the ones that take little time.
fn chosen() -> Vec<&'static Fault> {
    match env::var("FM_ALERTS").as_deref() {
        Err(_) => FAULTS.iter().filter(|fault| fault.is_quick).collect(),
        Ok("all") => FAULTS.iter().collect(),
        Ok(names) => names
            .split(',')
            .map(|name| FAULTS.iter().find(|fault| fault.alert == name).unwrap_or_else(|| panic!("no fault raises {name:?}")))
            .collect(),
    }
}

#[test]
fn each_fault_raises_its_alert_and_no_other() {
    let _mine = instances_are_mine();
    let began = Instant::now();
    let scene = Scene::of_the_market();
    let (mut remembered, mut observations) = (BTreeSet::new(), Vec::new());
    for fault in chosen() {
        all_is_well(&scene, &remembered);
        let observation = observe(&scene, fault);
        println!("{}", report::line(&observation));
        if fault.is_remembered {
            remembered.insert(fault.alert);
        }
        observations.push(observation);
        if let Ok(file) = env::var("FM_ALERTS_REPORT") {
            report::write(&file, &observations);
        }
    }
    println!("{} faults within {:?}", observations.len(), began.elapsed());
    let wrong: Vec<_> = observations.iter().filter(|seen| seen.told_after.is_none() || !seen.others.is_empty()).map(report::line).collect();
    assert!(wrong.is_empty(), "the alert was not told, or another one was:\n{}", wrong.join("\n"));
}
