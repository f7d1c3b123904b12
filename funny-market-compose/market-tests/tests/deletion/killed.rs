//! kill -9 at each step that can be seen from outside. What is in the way of a step is frozen meanwhile (SIGSTOP), so that the step
//! is the one that is meant, however fast or slow the machine is.

use crate::scene::{Scene, TIMEOUT};
use market_tests::wait_until;
use serde_json::json;

/// How far the deletion is when somebody is killed.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Step {
    /// Nobody has asked for it yet.
    Asked,
    /// The 202 is out, no car is gone.
    Promised,
    /// Some cars are gone.
    Midway,
    /// All cars are gone, fm-profile has not heard of it.
    CarsGone,
    /// Its state says so.
    Done,
}
use Step::*;

#[test]
fn nothing_outlives_a_deletion_during_which_fm_profile_is_killed() {
    at_each_step("fm-profile", &[Promised, Midway, CarsGone, Done]);
}

#[test]
fn nothing_outlives_a_deletion_during_which_fm_cars_is_killed() {
    at_each_step("fm-cars", &[Asked, Promised, Midway, CarsGone, Done]);
}

#[test]
fn nothing_outlives_a_deletion_during_which_fm_image_is_killed() {
    at_each_step("fm-image", &[Asked, Promised, Midway, CarsGone, Done]);
}

#[test]
fn nothing_outlives_a_deletion_during_which_fm_tracker_is_killed() {
    at_each_step("fm-tracker", &[Asked, Promised, Midway, CarsGone, Done]);
}

#[test]
fn nothing_outlives_a_deletion_during_which_the_broker_is_killed() {
    at_each_step("rabbitmq", &[Asked, Promised, Midway, CarsGone, Done]);
}

fn at_each_step(victim: &str, steps: &[Step]) {
    for &step in steps {
        let (scene, deletion) = match step {
            Midway => killed_midway(victim),
            _ => killed(victim, step),
        };
        scene.revive();
        scene.is_done(&deletion);
        scene.nothing_is_left(TIMEOUT);
        let count = scene.cars.len() as u64;
        scene.was_said_once(count);
    }
}

fn killed(victim: &str, step: Step) -> (Scene, String) {
    let scene = Scene::with_cars(3);
    if step == Asked {
        scene.kill(victim);
        let deletion = scene.delete();
        scene.refuses_to_sign_in();
        return (scene, deletion);
    }
    scene.freeze("fm-cars");
    let deletion = scene.delete();
    assert_eq!(scene.state(&deletion), json!({ "state": "pending", "cars_deleted": 0 }));
    if step == Promised {
        scene.kill(victim);
        if victim != "fm-cars" {
            scene.thaw("fm-cars");
        }
        return (scene, deletion);
    }
    if step == CarsGone {
        scene.freeze("fm-profile");
    }
    scene.thaw("fm-cars");
    if step == CarsGone {
        wait_until("all cars are gone", TIMEOUT, || scene.cars_left() == 0);
        scene.kill(victim);
        if victim != "fm-profile" {
            scene.thaw("fm-profile");
        }
    } else {
        wait_until("it is done", TIMEOUT, || scene.state(&deletion)["state"] == "done");
        scene.kill(victim);
    }
    (scene, deletion)
}

/// A deletion of few cars may be over before this process gets its turn: then more cars are taken.
fn killed_midway(victim: &str) -> (Scene, String) {
    for number in [40, 160, 640] {
        let scene = Scene::with_cars(number);
        scene.freeze("fm-cars");
        let deletion = scene.delete();
        scene.thaw("fm-cars");
        let mut left = number as u64;
        wait_until("the first cars are gone", TIMEOUT, || {
            left = scene.cars_left();
            left < number as u64
        });
        scene.freeze("fm-cars");
        // Enough for those to be left that went between count and freeze.
        if left * 2 > number as u64 {
            scene.kill(victim);
            if victim != "fm-cars" {
                scene.thaw("fm-cars");
            }
            println!("{victim} was killed with at most {left} of {number} cars left");
            return (scene, deletion);
        }
        scene.thaw("fm-cars");
    }
    panic!("640 cars were deleted faster than they could be counted");
}
