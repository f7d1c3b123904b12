//! Carries out faults, and takes them back.

use crate::{
    Result,
    fault::{Fault, Manner, Part},
    quiet,
};
use market::{
    LocalMarket,
    proxy::{Mode, Proxy},
};
use rand::{Rng, rngs::StdRng};
use std::{
    collections::BTreeMap,
    thread,
    time::{Duration, Instant},
};

/// What a supervisor takes to start a process again.
const RESTART: Duration = Duration::from_secs(3);
/// All must be well again within this time.
const RECOVERY: Duration = Duration::from_secs(90);

/// One fault as it happened.
#[derive(Clone, Debug)]
pub struct Injection {
    pub fault: Fault,
    /// The processes that it hit.
    pub hit: Vec<String>,
    pub began: Instant,
    /// When it was taken back.
    pub ended: Instant,
    /// From then until every instance said that all is well.
    pub recovered: Duration,
}

pub struct Injector<'a> {
    pub market: &'a LocalMarket,
    pub proxies: &'a BTreeMap<String, Proxy>,
    pub etcd_nodes: usize,
    /// How long something is stopped or cut off.
    pub hold: Duration,
}

impl Injector<'_> {
    /// Breaks a part, mends it, and waits until all is well.
    ///
    /// # Errors
    /// The market does not recover.
    pub fn inject(&mut self, fault: Fault, rng: &mut StdRng) -> Result<Injection> {
        let all = fault.part.processes(self.etcd_nodes);
        let hit = if fault.part == Part::AllEtcd { all } else { vec![all[rng.random_range(0..all.len())].clone()] };
        let began = Instant::now();
        match fault.manner {
            Manner::Kill => self.kill(fault.part, &hit)?,
            Manner::Stop => {
                self.signal(&hit, "STOP")?;
                thread::sleep(self.hold);
                self.signal(&hit, "CONT")?;
            }
            Manner::BlackHole => self.shut(&hit, Mode::BlackHole),
            Manner::Reset => self.shut(&hit, Mode::Reset),
        }
        let ended = Instant::now();
        let recovered = quiet::until_well(self.market, RECOVERY).map_err(|e| format!("after {fault} ({}): {e}", hit.join(", ")))?;
        Ok(Injection { fault, hit, began, ended, recovered })
    }

    fn kill(&mut self, part: Part, hit: &[String]) -> Result<()> {
        // The MongoDB of the tests keeps what it was asked to keep only if it is asked to end.
        self.signal(hit, if part == Part::MongoDb { "TERM" } else { "KILL" })?;
        thread::sleep(RESTART);
        let names: Vec<_> = hit.iter().map(String::as_str).collect();
        self.market.script("start", &names).map(drop)
    }

    fn signal(&self, hit: &[String], signal: &str) -> Result<()> {
        hit.iter().try_for_each(|name| self.market.signal(name, signal))
    }

    fn shut(&self, hit: &[String], mode: Mode) {
        let proxies = || hit.iter().filter_map(|name| self.proxies.get(name));
        proxies().for_each(|proxy| proxy.set(mode));
        thread::sleep(self.hold);
        proxies().for_each(|proxy| proxy.set(Mode::Open));
    }
}
