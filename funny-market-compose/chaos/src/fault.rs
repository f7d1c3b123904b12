//! What is done to which part.

use crate::Result;
use rand::{Rng, rngs::StdRng, seq::SliceRandom};
use std::fmt;

/// A part of the market.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Cars,
    Image,
    Profile,
    Tracker,
    Gateway,
    Rabbitmq,
    /// One node of etcd.
    Etcd,
    /// Every node of etcd.
    AllEtcd,
    MongoDb,
}

/// How a part is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// SIGKILL, and started again after some seconds. (The MongoDB of the tests is stopped in order: what it is kept in survives no kill.)
    Kill,
    /// SIGSTOP: connections stay, nobody answers.
    Stop,
    /// Whatever is sent to it is swallowed on the way.
    BlackHole,
    /// Connections to it are cut, and new ones refused.
    Reset,
}

/// One thing that is done to the market.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    pub part: Part,
    pub manner: Manner,
}

const PARTS: [(Part, &str); 9] = [
    (Part::Cars, "fm-cars"),
    (Part::Image, "fm-image"),
    (Part::Profile, "fm-profile"),
    (Part::Tracker, "fm-tracker"),
    (Part::Gateway, "fm-gateway"),
    (Part::Rabbitmq, "rabbitmq"),
    (Part::Etcd, "etcd"),
    (Part::AllEtcd, "all-etcd"),
    (Part::MongoDb, "mongodb"),
];
const MANNERS: [(Manner, &str); 4] =
    [(Manner::Kill, "kill"), (Manner::Stop, "stop"), (Manner::BlackHole, "blackhole"), (Manner::Reset, "reset")];

impl Part {
    pub fn name(self) -> &'static str {
        PARTS.iter().find(|(part, _)| *part == self).map_or("", |(_, name)| name)
    }
    /// The processes that may be meant: one of them is broken, or all if this is about all.
    pub fn processes(self, etcd_nodes: usize) -> Vec<String> {
        match self {
            Part::Cars => vec!["fm-cars".into(), "fm-cars-2".into()],
            Part::Etcd | Part::AllEtcd => (1..=etcd_nodes).map(etcd_node).collect(),
            _ => vec![self.name().into()],
        }
    }
}

/// The first node bears the name alone.
pub fn etcd_node(number: usize) -> String {
    if number == 1 { "etcd".into() } else { format!("etcd-{number}") }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let manner = MANNERS.iter().find(|(manner, _)| *manner == self.manner).map_or("", |(_, name)| name);
        write!(f, "{}:{manner}", self.part.name())
    }
}

/// Which faults a market can have.
#[derive(Clone, Copy, Debug)]
pub struct Possible {
    pub etcd_nodes: usize,
    pub mongodb: bool,
}

impl Possible {
    fn all(self) -> Vec<Fault> {
        let there = |part: Part| match part {
            Part::MongoDb => self.mongodb,
            Part::Etcd => self.etcd_nodes > 1,
            _ => true,
        };
        let parts = PARTS.iter().map(|(part, _)| *part).filter(|part| there(*part));
        let manners = |part| MANNERS.iter().map(move |(manner, _)| Fault { part, manner: *manner });
        parts.flat_map(manners).collect()
    }

    /// Reads a list like `fm-cars,rabbitmq:kill,stop`: parts, manners, or both together.
    ///
    /// # Errors
    /// A word that is neither, or that this market cannot have.
    pub fn named(self, list: &str) -> Result<Vec<Fault>> {
        let mut named = Vec::new();
        for word in list.split(',').map(str::trim).filter(|word| !word.is_empty()) {
            let fits = |fault: &Fault| {
                let whole = fault.to_string();
                whole == word || whole.split(':').any(|half| half == word)
            };
            let before = named.len();
            named.extend(self.all().into_iter().filter(fits));
            if named.len() == before {
                return Err(format!("there is no fault {word:?} here; parts and manners are in --help").into());
            }
        }
        Ok(named)
    }

    /// Every fault, in an order of chance.
    pub fn every(self, rng: &mut StdRng) -> Vec<Fault> {
        let mut all = self.all();
        all.shuffle(rng);
        all
    }

    /// Each part once, each manner about as often.
    pub fn few(self, rng: &mut StdRng) -> Vec<Fault> {
        let (all, first) = (self.all(), rng.random_range(0..MANNERS.len()));
        let mut few = Vec::new();
        for (part, _) in PARTS {
            let of: Vec<_> = all.iter().filter(|fault| fault.part == part).collect();
            if !of.is_empty() {
                few.push(*of[(first + few.len()) % of.len()]);
            }
        }
        few.shuffle(rng);
        few
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    const SMALL: Possible = Possible { etcd_nodes: 1, mongodb: false };
    const WHOLE: Possible = Possible { etcd_nodes: 3, mongodb: true };

    #[test]
    fn parts_and_manners_are_named_alone_or_together() {
        let names = |list| SMALL.named(list).unwrap().iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(names("rabbitmq:kill, fm-image:reset"), ["rabbitmq:kill", "fm-image:reset"]);
        assert_eq!(names("fm-cars").len(), 4);
        assert_eq!(names("kill").len(), 7);
    }

    #[test]
    fn a_part_that_is_missing_cannot_be_broken() {
        assert!(SMALL.named("mongodb").is_err() && SMALL.named("etcd").is_err() && SMALL.named("fm-nobody").is_err());
        assert_eq!(WHOLE.named("mongodb,etcd").unwrap().len(), 8);
    }

    #[test]
    fn the_same_seed_gives_the_same_faults() {
        let few = |seed| SMALL.few(&mut StdRng::seed_from_u64(seed));
        assert_eq!(few(7), few(7));
        assert_eq!(few(7).len(), 7);
        assert!((0..9).any(|seed| few(seed) != few(7)));
        assert_eq!(WHOLE.every(&mut StdRng::seed_from_u64(1)).len(), 36);
    }
}
