use crate::wait_until;
use std::{fs, path::PathBuf, process::Command, time::Duration};

/// One running copy of a service on this machine.
#[derive(Debug, Clone)]
pub struct Instance {
    file: PathBuf,
    name: String,
}

impl Instance {
    pub(crate) fn new(folder: PathBuf, name: &str) -> Self {
        Self { file: folder.join(name), name: name.to_owned() }
    }

    /// Reads its process id.
    ///
    /// # Panics
    /// When it was never started.
    pub fn pid(&self) -> u32 {
        let text = fs::read_to_string(&self.file).unwrap_or_else(|error| panic!("{} was not started: {error}", self.name));
        text.split_whitespace().next().and_then(|pid| pid.parse().ok()).unwrap_or_else(|| panic!("{}: {text:?}", self.file.display()))
    }

    /// Sends a signal: `KILL`, `TERM`, `STOP`, `CONT`.
    ///
    /// # Panics
    /// When the process is gone already.
    pub fn signal(&self, signal: &str) {
        let done = Command::new("kill").args([format!("-{signal}"), self.pid().to_string()]).status();
        assert!(done.is_ok_and(|status| status.success()), "{} cannot be sent {signal}", self.name);
    }

    /// Tells whether its process still runs.
    pub fn lives(&self) -> bool {
        lives(self.pid())
    }

    /// Kills it without a warning and returns when it is gone.
    pub fn kill_dash_9(&self) {
        let pid = self.pid();
        self.signal("KILL");
        wait_until("the killed process is gone", Duration::from_secs(5), || !lives(pid));
    }
}

/// Tells whether a process still runs; one that ended and was not collected by its parent does not.
fn lives(pid: u32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| !stat.rsplit(')').next().unwrap_or_default().trim_start().starts_with('Z'))
}

#[cfg(test)]
mod tests {
    use super::{Instance, lives};
    use std::{env, fs, process::Command};

    #[test]
    fn a_killed_instance_no_longer_lives() {
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        let folder = env::temp_dir().join(format!("market-tests-{}", child.id()));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("fm-nap"), format!("{} 12345\n", child.id())).unwrap();
        assert!(lives(child.id()));
        Instance::new(folder.clone(), "fm-nap").kill_dash_9();
        assert!(!lives(child.id()));
        child.wait().unwrap();
        fs::remove_dir_all(folder).unwrap();
    }
}
