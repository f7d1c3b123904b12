//! Who comes when, and what they intend to do. It follows from the seed alone, and from no answer.

use crate::Action;
use rand::{Rng, SeedableRng, rngs::StdRng};
use std::{collections::VecDeque, time::Duration};

/// Buyers with an account. More would be signed up from one address than fm-profile lets through at once.
pub const BUYERS: usize = 20;
/// Sellers.
pub const SELLERS: usize = 5;

/// The share of sessions that are a seller's.
const SELLING: f64 = 0.25;
/// The longest time to think, as a multiple of the mean.
const LONGEST: f64 = 5.0;

/// Whose session it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    Buyer(usize),
    Seller(usize),
}

/// Something that a visitor does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// How long they think before; nothing where the page itself asks.
    pub after: Duration,
    pub action: Action,
    /// Chooses among what there is: which search, which of the cars that were found.
    pub pick: u64,
}

/// One visit of somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    pub number: u64,
    /// When it begins, after the start of the load.
    pub at: Duration,
    pub who: Who,
    pub steps: VecDeque<Step>,
}

/// All sessions, the earliest first, without end.
#[derive(Clone, Debug)]
pub struct Plan {
    rng: StdRng,
    seed: u64,
    /// Seconds between two sessions, on average.
    gap: f64,
    think: Duration,
    at: Duration,
    number: u64,
}

impl Plan {
    /// So many sessions a second, as a Poisson process: nobody waits for another. People think for `think` on average.
    pub fn new(seed: u64, rate: f64, think: Duration) -> Self {
        Self { rng: StdRng::seed_from_u64(seed), seed, gap: 1.0 / rate, think, at: Duration::ZERO, number: 0 }
    }
}

impl Iterator for Plan {
    type Item = Session;

    fn next(&mut self) -> Option<Session> {
        self.at += Duration::from_secs_f64(self.gap * exponential(&mut self.rng));
        self.number += 1;
        // Chance of its own, so that a session does not depend on how many numbers the one before has used.
        let rng = StdRng::seed_from_u64(self.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ self.number);
        let mut intentions = Intentions { rng, think: self.think, steps: VecDeque::new() };
        let who = if intentions.chance(SELLING) {
            intentions.sell();
            Who::Seller(intentions.rng.random_range(0..SELLERS))
        } else {
            intentions.buy();
            Who::Buyer(intentions.rng.random_range(0..BUYERS))
        };
        Some(Session { number: self.number, at: self.at, who, steps: intentions.steps })
    }
}

struct Intentions {
    rng: StdRng,
    think: Duration,
    steps: VecDeque<Step>,
}

impl Intentions {
    fn chance(&mut self, share: f64) -> bool {
        self.rng.random_bool(share)
    }

    /// Thinks, and does it.
    fn then(&mut self, action: Action) {
        let after = self.think.mul_f64(exponential(&mut self.rng));
        self.push(after, action);
    }

    /// Does it at once, as the page does that shows what was asked for.
    fn at_once(&mut self, action: Action) {
        self.push(Duration::ZERO, action);
    }

    fn push(&mut self, after: Duration, action: Action) {
        let pick = self.rng.random();
        self.steps.push_back(Step { after, action, pick });
    }

    fn buy(&mut self) {
        self.at_once(Action::Browse);
        for _ in 0..self.rng.random_range(1..=3) {
            self.then(Action::Search);
            self.at_once(Action::Facets);
        }
        for _ in 0..self.rng.random_range(1..=3) {
            self.then(Action::OpenCar);
            for action in [Action::ShowPicture, Action::PriceHistory, Action::CountView] {
                self.at_once(action);
            }
        }
        if self.chance(0.3) {
            self.then(Action::Favourites);
            self.then(Action::SaveFavourite);
            self.at_once(Action::ForgetFavourite);
        }
        if self.chance(0.15) {
            self.then(Action::SaveSearch);
            self.then(Action::Alerts);
        }
        if self.chance(0.1) {
            self.then(Action::Enquire);
        }
    }

    fn sell(&mut self) {
        self.at_once(Action::OwnCars);
        self.at_once(Action::Inbox);
        for action in [Action::ListCar, Action::UploadPicture, Action::ChangePrice, Action::SellCar] {
            self.then(action);
        }
        self.at_once(Action::RemoveCar);
    }
}

/// A time with the mean 1, as between two events that know nothing of each other.
fn exponential(rng: &mut StdRng) -> f64 {
    (-(1.0 - rng.random::<f64>()).ln()).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::{Plan, Session, Who};
    use crate::Action;
    use std::{collections::BTreeSet, time::Duration};

    fn sessions(seed: u64, rate: f64) -> Vec<Session> {
        Plan::new(seed, rate, Duration::from_secs(3)).take(2000).collect()
    }

    #[test]
    fn the_same_seed_gives_the_same_actions_at_the_same_times() {
        assert_eq!(sessions(7, 2.0), sessions(7, 2.0));
        assert_ne!(sessions(7, 2.0), sessions(8, 2.0));
    }

    #[test]
    fn another_rate_changes_only_when_people_come() {
        let actions = |rate| sessions(7, rate).into_iter().map(|session| (session.who, session.steps)).collect::<Vec<_>>();
        assert_eq!(actions(2.0), actions(20.0));
    }

    #[test]
    fn sessions_come_at_the_rate_and_people_think_as_long_as_was_asked_for() {
        let sessions = sessions(1, 5.0);
        let rate = 2000.0 / sessions[1999].at.as_secs_f64();
        assert!((4.5..5.5).contains(&rate), "{rate}");
        let times: Vec<_> =
            sessions.iter().flat_map(|session| &session.steps).filter(|step| !step.after.is_zero()).map(|step| step.after).collect();
        let mean = times.iter().sum::<Duration>().as_secs_f64() / times.len() as f64;
        assert!((2.8..3.2).contains(&mean), "{mean}");
        assert!(sessions.is_sorted_by_key(|session| session.at));
    }

    #[test]
    fn every_action_is_intended_by_somebody_and_a_quarter_sells() {
        let sessions = sessions(3, 1.0);
        let actions: BTreeSet<_> = sessions.iter().flat_map(|session| &session.steps).map(|step| step.action).collect();
        assert_eq!(actions.len(), 20, "{actions:?}");
        assert!(!actions.contains(&Action::SignIn), "nobody plans to sign in: they do when they must");
        let sellers = sessions.iter().filter(|session| matches!(session.who, Who::Seller(_))).count();
        assert!((400..600).contains(&sellers), "{sellers}");
    }
}
