//! The processes, ports and scripts of the market under test.

use crate::Result;
use std::{
    fs, io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// A market that the scripts of the checkout run.
#[derive(Clone, Debug)]
pub struct Market {
    /// The folder of its state.
    pub folder: PathBuf,
    pub scripts: PathBuf,
    /// What the scripts are told besides.
    pub settings: Vec<(String, String)>,
}

impl Market {
    /// Runs one of the scripts and returns what it printed.
    ///
    /// # Errors
    /// It failed: with all that it said.
    pub fn script(&self, name: &str, words: &[&str]) -> Result<String> {
        let mut command = Command::new(self.scripts.join(name));
        command.args(words).env("FM_DEV_DIR", &self.folder).env("FM_DEV_PORTS", "random").stdin(Stdio::null());
        let output = command.envs(self.settings.iter().cloned()).output()?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        if output.status.success() {
            return Ok(said);
        }
        Err(format!("{name} {}: {said}{}", words.join(" "), String::from_utf8_lossy(&output.stderr)).into())
    }

    /// Reads the port of a part.
    ///
    /// # Errors
    /// It has none yet.
    pub fn port(&self, part: &str) -> io::Result<u16> {
        port_in(&self.folder, part)
    }

    /// Reads the port at which a copy of a service says how it is: a gateway's clients have another one.
    ///
    /// # Errors
    /// It has none yet.
    pub fn operators_port(&self, instance: &str) -> io::Result<u16> {
        self.port(&format!("{instance}-admin")).or_else(|_| self.port(instance))
    }

    /// Reads which parts have a door: `fm-cars` for `fm-cars-door`.
    ///
    /// # Errors
    /// The file of ports cannot be read.
    pub fn doors(&self) -> io::Result<Vec<(String, u16)>> {
        let ports = fs::read_to_string(self.folder.join("ports"))?;
        let door = |line: &str| {
            let (name, port) = line.split_once('=')?;
            Some((name.strip_suffix("-door")?.to_owned(), port.parse().ok()?))
        };
        Ok(ports.lines().filter_map(door).collect())
    }

    /// The running processes of the market, with their ids.
    pub fn processes(&self) -> Vec<(String, u32)> {
        let Ok(entries) = fs::read_dir(self.folder.join("pids")) else { return Vec::new() };
        let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
        names.filter_map(|name| Some((name.clone(), self.pid(&name)?))).collect()
    }

    /// The running copies of our services.
    pub fn instances(&self) -> Vec<String> {
        let mut names: Vec<_> = self.processes().into_iter().map(|(name, _)| name).filter(|name| name.starts_with("fm-")).collect();
        names.sort();
        names
    }

    /// The id of a process, when it still runs.
    pub fn pid(&self, name: &str) -> Option<u32> {
        let text = fs::read_to_string(self.folder.join("pids").join(name)).ok()?;
        let pid = text.split_whitespace().next()?.parse().ok()?;
        lives(pid).then_some(pid)
    }

    /// Sends a signal to a process of the market: `KILL`, `STOP`, `CONT`.
    ///
    /// # Errors
    /// It does not run.
    pub fn signal(&self, name: &str, signal: &str) -> Result<()> {
        let pid = self.pid(name).ok_or_else(|| format!("{name} does not run"))?;
        let sent = Command::new("kill").args([format!("-{signal}"), pid.to_string()]).status()?;
        if sent.success() { Ok(()) } else { Err(format!("{name} cannot be sent {signal}").into()) }
    }

    /// The resident memory of a process, in KiB.
    pub fn memory(&self, name: &str) -> Option<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid(name)?)).ok()?;
        status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.split_whitespace().next()?.parse().ok())
    }

    /// Reads how many messages each queue of the bus holds, also those that are being handled.
    ///
    /// # Errors
    /// The broker does not answer.
    pub fn queues(&self) -> Result<Vec<(String, u64)>> {
        let said = self.script("queues", &[])?;
        let queue = |line: &str| {
            let (messages, name) = line.trim().split_once(' ')?;
            Some((name.trim().to_owned(), messages.parse().ok()?))
        };
        Ok(said.lines().filter_map(queue).collect())
    }
}

/// Reads a port that the scripts have chosen.
///
/// # Errors
/// They have not yet.
pub fn port_in(folder: &Path, part: &str) -> io::Result<u16> {
    let ports = fs::read_to_string(folder.join("ports"))?;
    let port = ports.lines().find_map(|line| line.strip_prefix(part)?.strip_prefix('=')?.parse().ok());
    port.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, format!("{part} has no port")))
}

/// One that ended and was not collected by its parent does not live.
fn lives(pid: u32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| !stat.rsplit(')').next().unwrap_or_default().trim_start().starts_with('Z'))
}
