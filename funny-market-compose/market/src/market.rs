use crate::{Caller, Instance, LocalMarket, Person};
use std::{
    env,
    hash::{BuildHasher, Hasher, RandomState},
    path::PathBuf,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

/// The market under test.
#[derive(Debug, Clone)]
pub struct Market {
    timeout: Duration,
}

impl Market {
    /// Finds the market that the environment names.
    pub fn running() -> Self {
        Self { timeout: Duration::from_secs(20) }
    }

    /// Waits longer for answers.
    pub fn patient(self, within: Duration) -> Self {
        Self { timeout: within }
    }

    /// Returns an address of the market: `gateway`, `gateway_admin`, `cars`, `registry`, ...
    ///
    /// # Panics
    /// When the environment does not name it.
    pub fn address(&self, of: &str) -> String {
        let name = format!("FM_MARKET_{}", of.to_uppercase());
        env::var(&name).unwrap_or_else(|_| panic!("{name} is not set: `scripts/test market` runs these tests, or load .dev/market.env"))
    }

    /// Speaks to the gateway as nobody.
    pub fn anyone(&self) -> Caller {
        self.at("gateway")
    }

    /// Speaks to one part directly, as nobody.
    pub fn at(&self, part: &str) -> Caller {
        self.at_url(&self.address(part))
    }

    /// Speaks to one address directly, as nobody.
    pub fn at_url(&self, url: &str) -> Caller {
        Caller::new(url).timeout(self.timeout)
    }

    /// The processes of the market, which run on this machine.
    pub fn local(&self) -> LocalMarket {
        let [folder, scripts] = ["dir", "scripts"].map(|of| PathBuf::from(self.address(of)));
        LocalMarket { folder, scripts, settings: Vec::new() }
    }

    /// Reads where a running copy of a service listens: `fm-cars-2`.
    ///
    /// # Panics
    /// When it was never started.
    pub fn url_of(&self, name: &str) -> String {
        let port = self.local().port(name).unwrap_or_else(|error| panic!("{error}"));
        format!("http://127.0.0.1:{port}")
    }

    /// Signs up a new user with a name that nobody has.
    pub fn someone(&self) -> Person {
        Person::sign_up(self, &self.unique("user"))
    }

    /// Signs in the first administrator.
    pub fn admin(&self) -> Person {
        Person::sign_in(self, &self.address("admin_email"), &self.address("admin_password"))
    }

    /// Makes a name that no other test and no earlier run has used.
    pub fn unique(&self, stem: &str) -> String {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        // The keys of a hasher are the random numbers that std has.
        let random = RandomState::new().build_hasher().finish();
        format!("{stem}{random:x}{:x}", COUNT.fetch_add(1, Ordering::Relaxed))
    }

    /// Names a running copy of a service: `fm-cars`, `fm-cars-2`.
    pub fn instance(&self, name: &str) -> Instance {
        Instance::new(self.local(), name)
    }

    /// Runs one of the market's scripts and returns what it printed.
    ///
    /// # Panics
    /// When it fails.
    pub fn script(&self, name: &str, words: &[&str]) -> String {
        self.script_with(name, words, &[])
    }

    /// Does the same, with settings in the environment that the services it starts take over.
    ///
    /// # Panics
    /// When it fails.
    pub fn script_with(&self, name: &str, words: &[&str], settings: &[(&str, &str)]) -> String {
        let settings = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        LocalMarket { settings, ..self.local() }.script(name, words).unwrap_or_else(|error| panic!("{error}"))
    }
}
