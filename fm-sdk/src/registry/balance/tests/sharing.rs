//! How requests are shared: equals get equal shares whatever noise there is, slower ones less, and nobody is left out for good.

use super::*;

/// Requests one after the other, `gap` apart; `latency` says how long the one chosen takes, in microseconds. Counts the picks.
fn in_turn(b: &Balancer, clock: &AtomicU64, list: &[Instance], n: usize, gap: u64, mut latency: impl FnMut(usize) -> u64) -> Vec<usize> {
    let mut taken = vec![0; list.len()];
    for _ in 0..n {
        let picked = b.pick(list, &[]).unwrap();
        taken[picked.index] += 1;
        let micros = latency(picked.index);
        clock.fetch_add(gap + micros / 1_000, Relaxed);
        picked.done(Duration::from_micros(micros), RequestOutcome::Answered);
    }
    taken
}

/// As [`in_turn`], but new ones begin every `gap` milliseconds whatever is still under way.
fn at_a_rate(b: &Balancer, clock: &AtomicU64, list: &[Instance], n: usize, gap: u64, latency: impl Fn(usize) -> u64) -> Vec<usize> {
    let mut taken = vec![0; list.len()];
    let mut under_way: Vec<(u64, u64, Picked)> = Vec::new();
    for _ in 0..n {
        let now = clock.fetch_add(gap, Relaxed) + gap;
        let over: Vec<_> = under_way.extract_if(.., |(at, ..)| *at <= now).collect();
        over.into_iter().for_each(|(_, micros, picked)| picked.done(Duration::from_micros(micros), RequestOutcome::Answered));
        let picked = b.pick(list, &[]).unwrap();
        taken[picked.index] += 1;
        let micros = latency(picked.index);
        under_way.push((now + micros.div_ceil(1_000), micros, picked));
    }
    taken
}

/// What a busy machine does to an answer of `micros`: it takes up to twice as long, and now and then a scheduler's turn or two longer.
fn noisy(micros: u64) -> u64 {
    let late = if rand::random_ratio(1, 25) { rand::random_range(5_000..60_000) } else { 0 };
    micros + rand::random_range(0..=micros) + late
}

fn share(taken: &[usize], index: usize) -> f64 {
    taken[index] as f64 / taken.iter().sum::<usize>() as f64
}

#[test]
fn equals_share_evenly_under_noise() {
    for gap in [0, 2, 20, 500] {
        let (b, clock) = balancer(Choice::LeastLoad);
        let list = instances(2);
        let taken = in_turn(&b, &clock, &list, 400, gap, |_| noisy(1_500));
        assert!((0.45..=0.55).contains(&share(&taken, 0)), "{gap} ms apart: {taken:?}");
    }
}

#[test]
fn equals_share_evenly_at_a_rate() {
    let (b, clock) = balancer(Choice::LeastLoad);
    let list = instances(2);
    let taken = at_a_rate(&b, &clock, &list, 1_000, 2, |_| noisy(6_000));
    assert!((0.45..=0.55).contains(&share(&taken, 0)), "{taken:?}");
}

#[test]
fn five_equals_share_evenly() {
    let (b, clock) = balancer(Choice::LeastLoad);
    let list = instances(5);
    let taken = in_turn(&b, &clock, &list, 1_000, 2, |_| noisy(1_500));
    assert!(taken.iter().all(|n| (170..=230).contains(n)), "{taken:?}");
}

#[test]
fn one_that_is_half_as_quick_is_no_other_one() {
    let (b, clock) = balancer(Choice::LeastLoad);
    let list = instances(2);
    let taken = in_turn(&b, &clock, &list, 400, 2, |i| if i == 0 { 1_500 } else { 3_000 });
    assert_eq!(taken, [200, 200]);
}

#[test]
fn one_slowed_by_50_ms_gets_less() {
    for gap in [0, 20, 1_000] {
        let (b, clock) = balancer(Choice::LeastLoad);
        let list = instances(2);
        let taken = in_turn(&b, &clock, &list, 400, gap, |i| noisy(1_500) + if i == 0 { 50_000 } else { 0 });
        assert!((0.001..0.3).contains(&share(&taken, 0)), "{gap} ms apart: {taken:?}");
    }
    let (b, clock) = balancer(Choice::LeastLoad);
    let list = instances(2);
    let taken = at_a_rate(&b, &clock, &list, 1_000, 5, |i| noisy(1_500) + if i == 0 { 50_000 } else { 0 });
    assert!((0.001..0.3).contains(&share(&taken, 0)), "{taken:?}");
}

#[test]
fn one_that_is_slow_for_a_while_gets_its_share_again() {
    let (b, clock) = balancer(Choice::LeastLoad);
    let list = instances(2);
    in_turn(&b, &clock, &list, 100, 10, |_| noisy(1_500));
    in_turn(&b, &clock, &list, 100, 10, |i| noisy(1_500) + if i == 0 { 2_000_000 } else { 0 });
    // As long as a latency is remembered, and a little to learn better.
    let again = (Policy::default().memory.as_millis() / 12) as usize + 200;
    in_turn(&b, &clock, &list, again, 10, |_| noisy(1_500));
    let taken = in_turn(&b, &clock, &list, 400, 10, |_| noisy(1_500));
    assert!((0.45..=0.55).contains(&share(&taken, 0)), "{taken:?}");
}

#[test]
fn one_slow_answer_changes_nothing() {
    let (b, clock) = balancer(Choice::LeastLoad);
    let list = instances(2);
    in_turn(&b, &clock, &list, 100, 10, |_| 1_500);
    let taken = in_turn(&b, &clock, &list, 2, 10, |i| if i == 0 { 60_000 } else { 1_500 });
    assert_eq!(taken, [1, 1]);
    assert_eq!(in_turn(&b, &clock, &list, 100, 10, |_| 1_500), [50, 50]);
}

#[test]
fn a_latency_is_forgotten_with_time() {
    let (b, clock) = balancer(Choice::LeastLoad);
    let list = instances(1);
    in_turn(&b, &clock, &list, 10, 0, |_| 1_000_000);
    let latency = b.health(&list[0]).latency.unwrap();
    assert!(latency > 990 * MS && latency < 1_010 * MS, "{latency:?}");
    clock.fetch_add(10_001, Relaxed);
    assert_eq!(b.health(&list[0]).latency, None);
    in_turn(&b, &clock, &list, 3, 0, |_| 1_000);
    let latency = b.health(&list[0]).latency.unwrap();
    assert!(latency < 2 * MS, "what it was before does not count: {latency:?}");
}

proptest! {
    #[test]
    fn equals_share_evenly_whatever_they_take(micros in 50u64..200_000, gap in 0u64..50, n in 2usize..6) {
        let (b, clock) = balancer(Choice::LeastLoad);
        let list = instances(n);
        let taken = in_turn(&b, &clock, &list, 200 * n, gap, |_| micros + rand::random_range(0..=micros / 2));
        prop_assert!(taken.iter().all(|t| (160..=240).contains(t)), "{:?}", taken);
    }
    #[test]
    fn a_much_slower_one_gets_less_but_not_nothing(micros in 200u64..20_000, times in 10u64..100) {
        let (b, clock) = balancer(Choice::LeastLoad);
        let list = instances(2);
        let taken = in_turn(&b, &clock, &list, 400, 20, |i| if i == 0 { 2_000 + micros * times } else { micros });
        let slow = share(&taken, 0);
        prop_assert!(slow > 0.0 && slow < 0.3, "{:?}", taken);
    }
}

#[test]
fn one_that_is_asked_after_another_one_failed_keeps_its_turn() {
    let (b, _) = balancer(Choice::LeastLoad);
    let list = instances(2);
    let mut first = [0; 2];
    for _ in 0..100 {
        let picked = b.pick(&list, &[]).unwrap().index;
        first[picked] += 1;
        if picked == 0 {
            // It refused, which is no reason to leave it out.
            drop(b.pick(&list, &["i0"]));
        }
    }
    assert_eq!(first, [50, 50]);
}
