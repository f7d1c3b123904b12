//! An instance that hangs accepts requests and answers none: it is left out before they have failed, and comes back step by step.

use super::*;

/// Longer than an instance may be silent.
const LONG: u64 = 1_200;

fn two() -> (Balancer, Arc<AtomicU64>, Vec<Instance>) {
    let (b, clock) = balancer(Choice::LeastLoad);
    (b, clock, instances(2))
}

/// A request at this instance, whatever is known about it.
fn at(b: &Balancer, list: &[Instance], id: &str) -> Picked {
    let others: Vec<&str> = list.iter().map(|i| i.id.as_str()).filter(|i| *i != id).collect();
    b.pick(list, &others).unwrap()
}

fn answer(b: &Balancer, list: &[Instance], id: &str) {
    at(b, list, id).done(MS, RequestOutcome::Answered);
}

fn picks(b: &Balancer, list: &[Instance], n: usize) -> Vec<usize> {
    (0..n).map(|_| b.pick(list, &[]).unwrap()).map(|picked| picked.index).collect()
}

#[test]
fn a_silent_instance_gets_one_request_a_second_to_show_that_it_is_back() {
    let (b, clock) = balancer(Choice::RoundRobin);
    let list = instances(2);
    let mut hangs = at(&b, &list, "i0");
    clock.fetch_add(LONG, Relaxed);
    assert_eq!(b.health(&list[0]).silent_for, Duration::from_millis(LONG));
    let trials = |n| picks(&b, &list, n).into_iter().filter(|index| *index == 0).count();
    assert_eq!([trials(50), trials(50)], [1, 0]);
    clock.fetch_add(LONG, Relaxed);
    assert_eq!([trials(50), trials(50)], [1, 0]);
    hangs.answers();
    assert_eq!(b.health(&list[0]).silent_for, Duration::ZERO);
    assert_eq!(trials(50), 25, "an answer to whichever request ends the silence");
}

#[test]
fn a_silent_instance_is_left_to_the_others() {
    let (b, clock, list) = two();
    for id in ["i0", "i1"] {
        (0..3).for_each(|_| at(&b, &list, id).done(MS, RequestOutcome::Answered));
    }
    let _hangs = at(&b, &list, "i0");
    let busy: Vec<Picked> = (0..20).map(|_| at(&b, &list, "i1")).collect();
    clock.fetch_add(LONG, Relaxed);
    busy.into_iter().for_each(|picked| picked.done(MS, RequestOutcome::Answered));
    let taken = (0..50).map(|_| b.pick(&list, &[]).unwrap()).collect::<Vec<_>>();
    assert!(taken.iter().filter(|picked| picked.index == 0).count() <= 1, "it would have the fewer requests");
}

#[test]
fn a_request_that_is_given_up_during_silence_ejects() {
    for choice in [Choice::LeastLoad, Choice::RoundRobin] {
        let (b, clock) = balancer(choice);
        let list = instances(2);
        let hangs = at(&b, &list, "i0");
        clock.fetch_add(LONG, Relaxed);
        drop(hangs);
        assert!((500..=1500).contains(&ejected_for(&b, &list[0])), "{choice:?}");
        assert_eq!(picks(&b, &list, 50), [1; 50], "{choice:?}");
    }
}

#[test]
fn a_request_that_times_out_during_silence_ejects_at_once() {
    let (b, clock, list) = two();
    let hangs = at(&b, &list, "i0");
    clock.fetch_add(LONG, Relaxed);
    hangs.done(Duration::from_millis(LONG), RequestOutcome::TimedOut);
    assert!(ejected_for(&b, &list[0]) > 0);
}

#[test]
fn a_reader_without_patience_ejects_nobody() {
    let (b, clock, list) = two();
    for _ in 0..50 {
        let picked = at(&b, &list, "i0");
        clock.fetch_add(900, Relaxed);
        drop(picked);
    }
    assert_eq!(b.health(&list[0]), InstanceHealth::default());
}

#[test]
fn an_instance_that_answers_others_is_slow_and_not_silent() {
    let (b, clock, list) = two();
    for _ in 0..10 {
        let slow = at(&b, &list, "i0");
        clock.fetch_add(LONG / 2, Relaxed);
        answer(&b, &list, "i0");
        clock.fetch_add(LONG / 2, Relaxed);
        drop(slow);
    }
    assert_eq!(ejected_for(&b, &list[0]), 0);
    assert!(b.health(&list[0]).latency.unwrap() > 10 * MS, "what was given up counts as a slow answer");
}

#[test]
fn a_long_answer_is_no_silence() {
    let (b, clock, list) = two();
    let mut stream = at(&b, &list, "i0");
    stream.answers();
    clock.fetch_add(60_000, Relaxed);
    assert_eq!(b.health(&list[0]).silent_for, Duration::ZERO);
    drop(stream);
    assert_eq!(ejected_for(&b, &list[0]), 0);
}

#[test]
fn an_instance_comes_back_with_twice_as_many_requests_after_each_answer() {
    let (b, clock, list) = two();
    let hangs = at(&b, &list, "i0");
    clock.fetch_add(LONG, Relaxed);
    drop(hangs);
    clock.fetch_add(ejected_for(&b, &list[0]), Relaxed);
    for allowed in [1, 2, 4, 8, 16] {
        let all: Vec<Picked> = (0..100).map(|_| b.pick(&list, &[]).unwrap()).collect();
        let there = all.into_iter().filter(|picked| picked.index == 0).collect::<Vec<_>>();
        assert_eq!(there.len(), allowed);
        drop(there);
        answer(&b, &list, "i0");
    }
    let all: Vec<Picked> = (0..100).map(|_| b.pick(&list, &[]).unwrap()).collect();
    assert_eq!(all.iter().filter(|picked| picked.index == 0).count(), 50, "at last it has its share");
}

#[test]
fn an_instance_that_stays_silent_is_tried_less_and_less_often() {
    let (b, clock, list) = two();
    for seconds in [1, 2, 4, 8, 16, 30, 30] {
        let hangs = at(&b, &list, "i0");
        clock.fetch_add(LONG, Relaxed);
        drop(hangs);
        let time = ejected_for(&b, &list[0]);
        assert!((seconds * 500..=seconds * 1500).contains(&time), "{seconds} s: {time} ms");
        clock.fetch_add(time, Relaxed);
    }
}

#[test]
fn a_request_that_cannot_be_repeated_probes_no_silent_instance() {
    let (b, clock, list) = two();
    let hangs = at(&b, &list, "i0");
    clock.fetch_add(LONG, Relaxed);
    let proven = |list: &[Instance]| b.pick_proven(list, &[]).unwrap().index;
    assert!((0..50).all(|_| proven(&list) == 1), "it is silent");
    drop(hangs);
    clock.fetch_add(ejected_for(&b, &list[0]), Relaxed);
    assert!((0..50).all(|_| proven(&list) == 1), "it is on trial");
    assert_eq!(proven(&list[..1]), 0, "there is no other one");
    answer(&b, &list, "i0");
    assert!((0..50).any(|_| proven(&list) == 0), "it has answered");
}

#[test]
fn where_nothing_can_be_repeated_an_instance_comes_back_with_time() {
    let (b, clock, list) = two();
    eject(&b, &list, "i0");
    clock.fetch_add(ejected_for(&b, &list[0]) + 30_000, Relaxed);
    assert!((0..50).any(|_| b.pick_proven(&list, &[]).unwrap().index == 0));
}

#[test]
fn a_slow_upload_is_no_silence() {
    let (b, clock, list) = two();
    let upload = b.pick_proven(&list[..1], &[]).unwrap();
    clock.fetch_add(60_000, Relaxed);
    assert_eq!(b.health(&list[0]).silent_for, Duration::ZERO);
    drop(upload);
    assert_eq!(b.health(&list[0]), InstanceHealth::default());
}

#[test]
fn when_all_are_silent_one_of_them_is_asked() {
    let (b, clock, list) = two();
    let _hang = [at(&b, &list, "i0"), at(&b, &list, "i1")];
    clock.fetch_add(LONG, Relaxed);
    for _ in 0..50 {
        assert!(b.pick(&list, &[]).is_some() && b.pick_proven(&list, &[]).is_some());
    }
}
