//! The Alertmanager of the test's own Prometheus, with alertmanager.yml as it is.

use crate::{files, prometheus::started};
use market::child::{OwnedChild, free_addresses};
use market_tests::{Caller, wait_until};
use std::{collections::BTreeSet, fs, path::Path, time::Duration};

const START: Duration = Duration::from_secs(20);

/// What is wrong with the machine that the tests run on is no fault of the market's.
const OF_THE_MACHINE: [&str; 2] = ["DiskAlmostFull", "MemoryAlmostFull"];

pub struct Alertmanager {
    pub address: String,
    http: Caller,
    _server: OwnedChild,
}

impl Alertmanager {
    pub fn start(folder: &Path) -> Self {
        let [address] = free_addresses::<1>().unwrap().map(|address| address.to_string());
        fs::write(folder.join("alertmanager.yml"), files::read("alertmanager.yml")).unwrap();
        let words = [
            "--config.file=alertmanager.yml".to_owned(),
            "--storage.path=alertmanager".to_owned(),
            format!("--web.listen-address={address}"),
            "--cluster.listen-address=".to_owned(),
        ];
        let server = started("prometheus-alertmanager", &words, folder);
        let http = Caller::new(format!("http://{address}"));
        wait_until("Alertmanager is ready", START, || http.try_send("GET", "/-/ready", None).is_ok_and(|answer| answer.status == 200));
        Self { address, http, _server: server }
    }

    /// The names of the alerts that operators are told of: they fire, and no inhibition rule keeps them silent.
    pub fn told(&self) -> BTreeSet<String> {
        self.names("inhibited=false")
    }

    /// The names of all alerts that fire.
    pub fn firing(&self) -> BTreeSet<String> {
        self.names("inhibited=true")
    }

    fn names(&self, filter: &str) -> BTreeSet<String> {
        let alerts = self.http.get(&format!("/api/v2/alerts?active=true&silenced=false&unprocessed=true&{filter}")).expect(200).json();
        let names = alerts.as_array().unwrap().iter().filter_map(|alert| alert["labels"]["alertname"].as_str().map(str::to_owned));
        names.filter(|name| !OF_THE_MACHINE.contains(&name.as_str())).collect()
    }
}
