use crate::{Result, child::resident};
use std::{
    fs, io,
    path::PathBuf,
    process::{Command, Stdio},
};

/// A market that the scripts of the checkout run on this machine: its processes, ports and queues.
#[derive(Clone, Debug)]
pub struct LocalMarket {
    /// The folder of its state.
    pub folder: PathBuf,
    pub scripts: PathBuf,
    /// Environment variables that the scripts get besides.
    pub settings: Vec<(String, String)>,
}

impl LocalMarket {
    /// Runs one of the scripts and returns what it printed.
    ///
    /// # Errors
    /// It failed: with all that it printed.
    pub fn script(&self, name: &str, words: &[&str]) -> Result<String> {
        let program = self.scripts.join(name);
        let mut command = Command::new(&program);
        command.args(words).env("FM_DEV_DIR", &self.folder).envs(self.settings.iter().cloned()).stdin(Stdio::null());
        let output = command.output().map_err(|error| format!("{}: {error}", program.display()))?;
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        if output.status.success() {
            return Ok(printed);
        }
        Err(format!("{name} {}: {printed}{}", words.join(" "), String::from_utf8_lossy(&output.stderr)).into())
    }

    /// Reads the port of a part.
    ///
    /// # Errors
    /// It has none yet.
    pub fn port(&self, part: &str) -> io::Result<u16> {
        let file = self.folder.join("ports");
        let ports = fs::read_to_string(&file).map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", file.display())))?;
        let port = ports.lines().find_map(|line| line.strip_prefix(part)?.strip_prefix('=')?.parse().ok());
        port.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, format!("{part} has no port: it was never started")))
    }

    /// Reads the port at which a copy of a service tells its health: a gateway's clients have another one.
    ///
    /// # Errors
    /// It has none yet.
    pub fn operators_port(&self, instance: &str) -> io::Result<u16> {
        self.port(&format!("{instance}-admin")).or_else(|_| self.port(instance))
    }

    /// Reads the ports of the proxies in front of parts: `fm-cars` for `fm-cars-proxy`.
    ///
    /// # Errors
    /// The file of ports cannot be read.
    pub fn proxies(&self) -> io::Result<Vec<(String, u16)>> {
        let ports = fs::read_to_string(self.folder.join("ports"))?;
        let proxy = |line: &str| {
            let (name, port) = line.split_once('=')?;
            Some((name.strip_suffix("-proxy")?.to_owned(), port.parse().ok()?))
        };
        Ok(ports.lines().filter_map(proxy).collect())
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

    /// The id of a process, if it still runs.
    pub fn pid(&self, name: &str) -> Option<u32> {
        self.recorded_pid(name).ok().filter(|pid| is_alive(*pid))
    }

    /// The id that a process was started with.
    ///
    /// # Errors
    /// It was never started, or was stopped.
    pub fn recorded_pid(&self, name: &str) -> io::Result<u32> {
        let text = fs::read_to_string(self.folder.join("pids").join(name))?;
        let pid = text.split_whitespace().next().and_then(|pid| pid.parse().ok());
        pid.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, format!("no process id: {text:?}")))
    }

    /// Sends a signal to a process of the market: `KILL`, `TERM`, `STOP`, `CONT`.
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
        self.pid(name).and_then(resident)
    }

    /// Reads how many messages each queue of the bus holds, also those that are being handled.
    ///
    /// # Errors
    /// The broker does not answer.
    pub fn queues(&self) -> Result<Vec<(String, u64)>> {
        let printed = self.script("queues", &[])?;
        let queue = |line: &str| {
            let (messages, name) = line.trim().split_once(' ')?;
            Some((name.trim().to_owned(), messages.parse().ok()?))
        };
        Ok(printed.lines().filter_map(queue).collect())
    }
}

/// Tells whether a process runs; one that ended and was not collected by its parent does not.
pub(crate) fn is_alive(pid: u32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| !stat.rsplit(')').next().unwrap_or_default().trim_start().starts_with('Z'))
}
