//! What a run is to be like.

use clap::Parser;
use std::{path::PathBuf, time::Duration};

/// Breaks a market part by part while people trade in it, and counts what it lost
#[derive(Clone, Debug, Parser)]
#[command(name = "market-chaos", version)]
pub struct Options {
    /// The folder of the market's state; has a file `ports` with the proxies
    #[arg(long, env = "FM_DEV_DIR")]
    pub folder: PathBuf,
    /// The scripts of the checkout
    #[arg(long)]
    pub scripts: PathBuf,
    /// Every fault for 15 s, again and again until there were enough messages; else each part once, for 5 s
    #[arg(long)]
    pub long: bool,
    /// No faults: a steady load for so many minutes, and a look at the memory
    #[arg(long, value_name = "MINUTES", conflicts_with_all = ["long", "faults"])]
    pub soak: Option<u64>,
    /// Chance begins here: the same seed gives the same faults and the same people
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Messages that must have been handled before the faults end
    #[arg(long)]
    messages: Option<u64>,
    /// Minutes after which no new fault is begun, whatever there was [default: 3, with --long 22]
    #[arg(long)]
    minutes: Option<u64>,
    /// Only these: parts (fm-cars, fm-image, fm-profile, fm-tracker, fm-gateway, rabbitmq, etcd, all-etcd, mongodb), manners (kill,
    /// stop, blackhole, reset) or both (rabbitmq:kill), separated by commas
    #[arg(long, value_name = "LIST")]
    pub faults: Option<String>,
    /// Things done per second, by all together [default: 15, with --long 25]
    #[arg(long)]
    rate: Option<f64>,
    /// How many people trade
    #[arg(long, default_value_t = 24)]
    pub traders: usize,
    /// Nodes of etcd
    #[arg(long, default_value_t = 1)]
    pub etcd_nodes: usize,
    /// Documents in a MongoDB instead of SQLite
    #[arg(long)]
    pub mongo: bool,
    /// Optimised programs
    #[arg(long)]
    pub release: bool,
    /// Where to write the report
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// Events may lie in `fm.unrouted`: programs of fm-sdk before 0.2.4 bind their queues to one of the two exchanges, and what only such
    /// programs take is kept there as well
    #[arg(long)]
    pub allow_unrouted: bool,
    /// Only the result
    #[arg(long)]
    pub silent: bool,
}

impl Options {
    /// How long something is stopped or cut off.
    pub fn hold(&self) -> Duration {
        Duration::from_secs(if self.long { 15 } else { 5 })
    }
    /// How long a client insists.
    pub fn patience(&self) -> Duration {
        Duration::from_secs(if self.long { 90 } else { 60 })
    }
    /// The time after which no further fault begins.
    pub fn limit(&self) -> Duration {
        Duration::from_secs(60 * self.minutes.unwrap_or(if self.long { 22 } else { 3 }))
    }
    /// The rate of actions per second, of all traders together.
    pub fn rate(&self) -> f64 {
        self.rate.unwrap_or(if self.long { 25.0 } else { 15.0 })
    }
    /// The words that give the same run again.
    pub fn words(&self) -> String {
        let mut words = vec![match self.soak {
            Some(minutes) => format!("--soak {minutes}"),
            None if self.long => "--long".into(),
            None => "--quick".into(),
        }];
        let mut word = |name: &str, value: Option<String>| words.extend(value.map(|value| format!("--{name} {value}")));
        word("seed", Some(self.seed.to_string()));
        word("faults", self.faults.clone());
        word("messages", self.messages.map(|n| n.to_string()));
        word("minutes", self.minutes.map(|n| n.to_string()));
        word("rate", self.rate.map(|n| n.to_string()));
        words.extend(self.mongo.then(|| "--mongo".into()));
        words.extend(self.release.then(|| "--release".into()));
        words.extend(self.allow_unrouted.then(|| "--allow-unrouted".into()));
        words.join(" ")
    }
    /// How many messages there are to be.
    pub fn messages(&self) -> u64 {
        self.messages.unwrap_or(if self.long { 100_000 } else { 0 })
    }
}
