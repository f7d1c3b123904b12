//! Which instance gets a request: by load, as the balancer does, and by what instances say of themselves, their weight and zone.

use fm_sdk::registry::{
    balance::{Balancer, Picked, Policy},
    services::Instance,
};
use rand::seq::IndexedRandom;
use std::{slice, sync::Arc};

/// What an instance's metadata says: its share of the requests beside others (1 if it says nothing, 0: none at all), and where it runs.
pub const WEIGHT: &str = "weight";
pub const ZONE: &str = "zone";

/// Chooses instances. Clones share what they know.
#[derive(Clone, Default)]
pub struct Chooser {
    pub balancer: Balancer,
    /// The gateway's own zone.
    zone: Option<Arc<str>>,
}

impl Chooser {
    /// Prefers the instances of a zone, if one is named, while any of them is well.
    pub fn new(balancer: Balancer, zone: Option<&str>) -> Chooser {
        Chooser { balancer, zone: zone.map(Arc::from) }
    }

    /// Chooses one of the instances that were not tried. A request that cannot be repeated tries out none that has just come back.
    ///
    /// Among equal weights the balancer decides. Among others each gets its weight's share, less by what it has in flight: the weighted
    /// least request of Envoy.
    pub fn pick(&self, instances: &[Instance], tried: &[&str], is_repeatable: bool) -> Option<Picked> {
        let balanced = |among: &[Instance], without: &[&str]| {
            if is_repeatable { self.balancer.pick(among, without) } else { self.balancer.pick_proven(among, without) }
        };
        let zone = self.zone.as_deref().filter(|zone| self.keeps_to(zone, instances, tried));
        let may_get_it = |one: &Instance| !tried.contains(&one.id.as_str()) && zone.is_none_or(|zone| is_in(one, zone));
        if have_equal_weights(instances) {
            let Some(_) = zone else { return balanced(instances, tried) };
            let left_out: Vec<&str> = instances.iter().filter(|one| !may_get_it(one)).map(|one| one.id.as_str()).collect();
            return balanced(instances, &left_out);
        }
        let candidates = instances.iter().enumerate().filter(|(_, one)| may_get_it(one) && self.is_well(one));
        let shares: Vec<(usize, f64)> = candidates.map(|(place, one)| (place, self.share(one))).collect();
        match shares.choose_weighted(&mut rand::rng(), |(_, share)| *share) {
            Ok(&(place, _)) => {
                let mut picked = balanced(slice::from_ref(&instances[place]), &[])?;
                picked.index = place;
                Some(picked)
            }
            // Nobody is well: the balancer knows whose turn it is.
            Err(_) => balanced(instances, tried),
        }
    }

    /// Whether some instances are in the zone and others are not, and one of the first is well that was not tried.
    fn keeps_to(&self, zone: &str, instances: &[Instance], tried: &[&str]) -> bool {
        let has_well = || instances.iter().any(|one| is_in(one, zone) && !tried.contains(&one.id.as_str()) && self.is_well(one));
        !instances.iter().all(|one| is_in(one, zone)) && has_well()
    }

    fn is_well(&self, instance: &Instance) -> bool {
        let health = self.balancer.health(instance);
        health.ejected_for.is_zero() && health.silent_for < Policy::default().silent
    }

    fn share(&self, instance: &Instance) -> f64 {
        f64::from(weight(instance)) / (f64::from(self.balancer.health(instance).in_flight) + 1.0)
    }
}

/// The instances that get requests at all: those whose weight is not 0. Costs next to nothing while there is no such one.
pub fn weighted_in(instances: Arc<[Instance]>) -> Arc<[Instance]> {
    if instances.iter().all(|one| weight(one) > 0) {
        return instances;
    }
    instances.iter().filter(|one| weight(one) > 0).cloned().collect()
}

fn weight(instance: &Instance) -> u32 {
    instance.metadata.get(WEIGHT).and_then(|text| text.parse().ok()).unwrap_or(1)
}

fn have_equal_weights(instances: &[Instance]) -> bool {
    instances.windows(2).all(|two| weight(&two[0]) == weight(&two[1]))
}

fn is_in(instance: &Instance, zone: &str) -> bool {
    instance.metadata.get(ZONE).is_some_and(|own| own == zone)
}

#[cfg(test)]
mod tests {
    use super::*;
    use fm_sdk::registry::balance::RequestOutcome;
    use std::time::Duration;

    fn instance(id: &str, says: &[(&str, &str)]) -> Instance {
        let metadata = says.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Instance { metadata, started: 0, ..Instance::new("fm-cars", id, format!("http://{id}:1")) }
    }

    fn chooser(zone: Option<&str>) -> Chooser {
        Chooser::new(Balancer::default(), zone)
    }

    fn answered(picked: Picked) {
        picked.done(Duration::from_millis(1), RequestOutcome::Answered);
    }

    /// How many of many requests each instance gets that is not tried.
    fn counts(chooser: &Chooser, instances: &[Instance], tried: &[&str]) -> Vec<usize> {
        let mut counts = vec![0; instances.len()];
        for n in 0..4_000 {
            let picked = chooser.pick(instances, tried, n % 2 == 0).unwrap();
            counts[picked.index] += 1;
            answered(picked);
        }
        counts
    }

    fn eject(chooser: &Chooser, instance: &Instance) {
        while chooser.is_well(instance) {
            let picked = chooser.balancer.pick(slice::from_ref(instance), &[]).unwrap();
            picked.done(Duration::from_millis(1), RequestOutcome::Unreachable);
        }
    }

    #[test]
    fn each_gets_the_share_of_its_weight() {
        let three = [instance("a", &[("weight", "5")]), instance("b", &[("weight", "2")]), instance("c", &[])];
        let counts = counts(&chooser(None), &three, &[]);
        // Of 4,000 with shares of 5, 2 and 1 eighths; the standard deviations are 31, 27 and 21.
        for (count, expected) in counts.iter().zip([2_500, 1_000, 500]) {
            assert!(count.abs_diff(expected) < 200, "{counts:?}");
        }
    }

    #[test]
    fn requests_in_flight_reduce_the_share_of_an_instance() {
        let two = [instance("a", &[("weight", "3")]), instance("b", &[])];
        let chooser = chooser(None);
        let in_flight: Vec<Picked> = (0..11).filter_map(|_| chooser.balancer.pick(&two[..1], &[])).collect();
        let counts = counts(&chooser, &two, &[]);
        // 3 / 12 against 1.
        assert!(counts[0].abs_diff(800) < 200, "{counts:?}");
        in_flight.into_iter().for_each(answered);
    }

    #[test]
    fn those_that_are_ejected_or_tried_or_have_no_weight_get_nothing() {
        let all: Arc<[Instance]> =
            [instance("a", &[("weight", "9")]), instance("b", &[("weight", "3")]), instance("c", &[]), instance("d", &[("weight", "0")])]
                .into();
        let chooser = chooser(None);
        assert_eq!(counts(&chooser, &all, &[])[3], 0);
        let serving = weighted_in(all);
        assert_eq!(serving.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
        assert!(Arc::ptr_eq(&weighted_in(serving.clone()), &serving));
        eject(&chooser, &serving[0]);
        assert_eq!(chooser.pick(&serving, &["b"], true).unwrap().index, 2);
        assert_eq!(chooser.pick(&serving, &["b", "c"], true).unwrap().index, 0, "an attempt is worth more than a refusal");
        assert!(chooser.pick(&serving, &["a", "b", "c"], true).is_none());
    }

    #[test]
    fn the_own_zone_comes_first_while_somebody_in_it_is_well() {
        let zones = |weights: [&str; 4]| {
            let places = [("a", "north"), ("b", "north"), ("c", "south"), ("d", "south")];
            let of = |((id, zone), weight): ((&str, &str), &str)| instance(id, &[("zone", zone), ("weight", weight)]);
            places.into_iter().zip(weights).map(of).collect::<Vec<_>>()
        };
        for weights in [["1"; 4], ["1", "2", "3", "4"]] {
            let (all, chooser) = (zones(weights), chooser(Some("north")));
            let share = counts(&chooser, &all, &[]);
            assert!(share[0] > 0 && share[1] > 0 && share[2] == 0 && share[3] == 0, "{share:?}");
            assert_eq!(chooser.pick(&all, &["a"], true).unwrap().index, 1);
            assert!(chooser.pick(&all, &["a", "b"], true).unwrap().index > 1, "another zone is better than none");
            eject(&chooser, &all[0]);
            assert_eq!(chooser.pick(&all, &[], true).unwrap().index, 1);
            eject(&chooser, &all[1]);
            assert!(chooser.pick(&all, &[], true).unwrap().index > 1, "nobody in the zone is well");
        }
        let (all, elsewhere) = (zones(["1"; 4]), chooser(Some("west")));
        assert!(counts(&elsewhere, &all, &[]).iter().all(|&count| count > 0), "nobody is in the zone");
    }
}
