mod sharing;
mod silence;

use super::*;
use proptest::prelude::*;
use std::sync::atomic::AtomicU64;

const MS: Duration = Duration::from_millis(1);

fn instances(n: usize) -> Vec<Instance> {
    (0..n).map(|i| Instance::new("s", format!("i{i}"), format!("http://127.0.0.1:{i}"))).collect()
}
fn balancer(choice: Choice) -> (Balancer, Arc<AtomicU64>) {
    let clock = Arc::new(AtomicU64::new(1_000));
    let read = clock.clone();
    (Balancer::with_clock(Policy { choice, ..Policy::default() }, Arc::new(move || read.load(Relaxed))), clock)
}
fn end(b: &Balancer, list: &[Instance], id: &str, outcome: RequestOutcome) {
    let others: Vec<&str> = list.iter().map(|i| i.id.as_str()).filter(|i| *i != id).collect();
    b.pick(list, &others).unwrap().done(MS, outcome);
}
fn eject(b: &Balancer, list: &[Instance], id: &str) {
    (0..3).for_each(|_| end(b, list, id, RequestOutcome::Unreachable));
}
fn ejected_for(b: &Balancer, i: &Instance) -> u64 {
    b.health(i).ejected_for.as_millis() as u64
}

#[test]
fn round_robin_takes_each_in_turn() {
    let (b, _) = balancer(Choice::RoundRobin);
    let list = instances(3);
    let taken: Vec<usize> = (0..6).map(|_| b.pick(&list, &[]).unwrap().index).collect();
    assert_eq!(taken, [0, 1, 2, 0, 1, 2]);
}

#[test]
fn a_new_instance_is_neither_flooded_nor_starved() {
    let (b, _) = balancer(Choice::LeastLoad);
    let list = instances(2);
    for _ in 0..20 {
        end(&b, &list, "i0", RequestOutcome::Answered);
    }
    let running: Vec<Picked> = (0..20).map(|_| b.pick(&list, &[]).unwrap()).collect();
    assert_eq!(running.iter().filter(|p| p.index == 1).count(), 10, "requests in flight decide while its latency is not known");
}

#[test]
fn failures_in_a_row_eject_and_an_answer_starts_the_count_again() {
    let (b, _) = balancer(Choice::LeastLoad);
    let list = instances(2);
    for outcome in [
        RequestOutcome::Unreachable,
        RequestOutcome::TimedOut,
        RequestOutcome::Answered,
        RequestOutcome::Unreachable,
        RequestOutcome::Unreachable,
    ] {
        end(&b, &list, "i0", outcome);
    }
    assert_eq!(ejected_for(&b, &list[0]), 0);
    end(&b, &list, "i0", RequestOutcome::Unreachable);
    assert!((500..=1500).contains(&ejected_for(&b, &list[0])));
    assert!((0..50).all(|_| b.pick(&list, &[]).unwrap().index == 1));
}

#[test]
fn ejections_grow_up_to_a_limit_and_an_answer_ends_them() {
    let (b, clock) = balancer(Choice::LeastLoad);
    let list = instances(1);
    eject(&b, &list, "i0");
    for seconds in [2, 4, 8, 16, 30, 30] {
        clock.fetch_add(ejected_for(&b, &list[0]), Relaxed);
        end(&b, &list, "i0", RequestOutcome::Unreachable);
        let time = ejected_for(&b, &list[0]);
        assert!((seconds * 500..=seconds * 1500).contains(&time), "{seconds} s: {time} ms");
    }
    end(&b, &list, "i0", RequestOutcome::Answered);
    assert_eq!(ejected_for(&b, &list[0]), 0);
    eject(&b, &list, "i0");
    assert!(ejected_for(&b, &list[0]) <= 1500);
}

#[test]
fn requests_that_were_on_their_way_do_not_lengthen_an_ejection() {
    let (b, _) = balancer(Choice::LeastLoad);
    let list = instances(1);
    let running: Vec<Picked> = (0..50).map(|_| b.pick(&list, &[]).unwrap()).collect();
    running.into_iter().for_each(|p| p.done(MS, RequestOutcome::Unreachable));
    assert!((500..=1500).contains(&ejected_for(&b, &list[0])));
}

#[test]
fn instances_of_two_services_may_have_the_same_id() {
    let (b, _) = balancer(Choice::LeastLoad);
    let (one, two) = (instances(1), vec![Instance::new("t", "i0", "http://b")]);
    eject(&b, &one, "i0");
    assert!(ejected_for(&b, &one[0]) > 0 && ejected_for(&b, &two[0]) == 0);
}

#[test]
fn an_instance_that_starts_again_under_its_name_starts_with_a_clean_record() {
    let (b, _) = balancer(Choice::LeastLoad);
    let mut list = instances(2);
    eject(&b, &list, "i0");
    let died = b.pick(&list[..1], &[]).unwrap();
    let mut moved = list[0].clone();
    moved.url = "http://127.0.0.1:99".into();
    assert_eq!(ejected_for(&b, &moved), 0, "what listens elsewhere is another one");
    list[0].started += 1;
    assert_eq!(b.health(&list[0]), InstanceHealth::default());
    died.done(MS, RequestOutcome::Unreachable);
    assert_eq!(b.health(&list[0]), InstanceHealth::default(), "what its predecessor was asked is not on its account");
    let taken: Vec<usize> = (0..10).map(|_| b.pick(&list, &[]).unwrap().index).collect();
    assert_eq!(taken.iter().filter(|i| **i == 0).count(), 5, "{taken:?}");
}

#[test]
fn dropping_a_pick_says_nothing() {
    let (b, _) = balancer(Choice::LeastLoad);
    let list = instances(1);
    for _ in 0..10 {
        let picked = b.pick(&list, &[]);
        assert_eq!(b.health(&list[0]).in_flight, 1);
        drop(picked);
    }
    assert_eq!(b.health(&list[0]), InstanceHealth::default());
}

#[test]
fn loads_of_instances_that_are_gone_are_forgotten() {
    let (b, clock) = balancer(Choice::LeastLoad);
    for n in 0..1000 {
        let list = vec![Instance::new("s", format!("run-{n}"), "http://a")];
        b.pick(&list, &[]).unwrap().done(MS, RequestOutcome::Answered);
        clock.fetch_add(FORGET / 10, Relaxed);
    }
    let known: usize = b.0.shards.iter().map(|s| s.read().unwrap().len()).sum();
    assert!(known < 200, "{known}");
}

proptest! {
    #[test]
    fn a_pick_is_never_excluded_and_only_ejected_if_all_are(
        n in 0usize..7, excluded in prop::collection::vec(0usize..7, 0..7), out in prop::collection::vec(0usize..7, 0..7), robin in any::<bool>()
    ) {
        let (b, _) = balancer(if robin { Choice::RoundRobin } else { Choice::LeastLoad });
        let list = instances(n);
        out.iter().filter(|i| **i < n).for_each(|i| eject(&b, &list, &list[*i].id));
        let exclude: Vec<String> = excluded.iter().map(|i| format!("i{i}")).collect();
        let exclude: Vec<&str> = exclude.iter().map(String::as_str).collect();
        let left: Vec<usize> = (0..n).filter(|i| !excluded.contains(i)).collect();
        match b.pick(&list, &exclude) {
            None => prop_assert!(left.is_empty()),
            Some(p) => {
                prop_assert!(left.contains(&p.index));
                prop_assert!(!out.contains(&p.index) || left.iter().all(|i| out.contains(i)));
            }
        }
    }

    #[test]
    fn the_in_flight_count_returns_to_zero(ends in prop::collection::vec(0u8..4, 1..60), n in 1usize..5) {
        let (b, _) = balancer(Choice::LeastLoad);
        let list = instances(n);
        let running: Vec<(Picked, u8)> = ends.iter().map(|e| (b.pick(&list, &[]).unwrap(), *e)).collect();
        prop_assert_eq!(list.iter().map(|i| b.health(i).in_flight as usize).sum::<usize>(), ends.len());
        for (picked, end) in running {
            match end {
                0 => picked.done(MS, RequestOutcome::Answered),
                1 => picked.done(MS, RequestOutcome::TimedOut),
                2 => picked.done(MS, RequestOutcome::Unreachable),
                _ => drop(picked),
            }
        }
        prop_assert!(list.iter().all(|i| b.health(i).in_flight == 0));
    }
}
