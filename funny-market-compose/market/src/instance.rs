use crate::{LocalMarket, local::is_alive, wait_until};
use std::time::Duration;

/// One running copy of a service on this machine, for tests.
#[derive(Debug, Clone)]
pub struct Instance {
    market: LocalMarket,
    name: String,
}

impl Instance {
    pub(crate) fn new(market: LocalMarket, name: &str) -> Self {
        Self { market, name: name.to_owned() }
    }

    /// Reads its process id.
    ///
    /// # Panics
    /// When it was never started.
    pub fn pid(&self) -> u32 {
        self.market.recorded_pid(&self.name).unwrap_or_else(|error| panic!("{} was not started: {error}", self.name))
    }

    /// Sends a signal: `KILL`, `TERM`, `STOP`, `CONT`.
    ///
    /// # Panics
    /// When the process is gone already.
    pub fn signal(&self, signal: &str) {
        self.market.signal(&self.name, signal).unwrap_or_else(|error| panic!("{error}"));
    }

    /// Tells whether its process still runs.
    pub fn lives(&self) -> bool {
        is_alive(self.pid())
    }

    /// Kills it without a warning and returns when it is gone.
    pub fn kill_dash_9(&self) {
        let pid = self.pid();
        self.signal("KILL");
        wait_until("the killed process is gone", Duration::from_secs(5), || !is_alive(pid));
    }
}

#[cfg(test)]
mod tests {
    use super::Instance;
    use crate::{LocalMarket, local::is_alive};
    use std::{env, fs, process::Command};

    #[test]
    fn a_killed_instance_no_longer_lives() {
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        let folder = env::temp_dir().join(format!("market-{}", child.id()));
        fs::create_dir_all(folder.join("pids")).unwrap();
        fs::write(folder.join("pids/fm-nap"), format!("{} 12345\n", child.id())).unwrap();
        assert!(is_alive(child.id()));
        let market = LocalMarket { folder: folder.clone(), scripts: folder.clone(), settings: Vec::new() };
        Instance::new(market, "fm-nap").kill_dash_9();
        assert!(!is_alive(child.id()));
        child.wait().unwrap();
        fs::remove_dir_all(folder).unwrap();
    }
}
