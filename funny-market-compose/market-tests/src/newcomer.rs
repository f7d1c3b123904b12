use market::{Market, wait_until};
use std::{
    env, fs,
    path::PathBuf,
    process::{Child, Command, ExitStatus},
    time::Duration,
};

const START: Duration = Duration::from_secs(30);

/// One more instance of a service that runs: the same program and settings, but for what is named here. It is killed when this is dropped.
#[derive(Debug)]
pub struct Newcomer {
    child: Child,
    log: PathBuf,
}

impl Newcomer {
    /// Starts one, on a port of its own choice, with these settings changed.
    ///
    /// # Panics
    /// When the service does not run.
    #[expect(clippy::unwrap_used, reason = "a test stops where it cannot start a process")]
    pub fn of(market: &Market, service: &str, name: &str, changed: &[(&str, &str)]) -> Self {
        let process = PathBuf::from(format!("/proc/{}", market.instance(service).pid()));
        let environment = fs::read_to_string(process.join("environ")).unwrap();
        let settings = environment.split('\0').filter_map(|pair| pair.split_once('=')).filter(|(key, _)| key.starts_with("FM_"));
        let log = env::temp_dir().join(format!("{name}.log"));
        let output = fs::File::create(&log).unwrap();
        // The very program that runs, also where another one lies in its place by now.
        let mut command = Command::new(process.join("exe"));
        command.envs(settings).env("FM_HTTP", "127.0.0.1:0").env("FM_INSTANCE", name).env("FM_LOG", "info").env_remove("FM_ADVERTISE");
        command.envs(changed.iter().copied()).stdout(output.try_clone().unwrap()).stderr(output);
        Newcomer { child: command.spawn().unwrap(), log }
    }

    /// Reads what it has written to its log.
    ///
    /// # Panics
    /// When the log cannot be read.
    pub fn said(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_else(|error| panic!("{}: {error}", self.log.display()))
    }

    /// Reads where it listens, by its own words.
    ///
    /// # Panics
    /// When it does not say so.
    pub fn url(&self) -> String {
        let mut url = None;
        wait_until("it says where it listens", START, || {
            let said = self.said();
            url = said
                .split_once("listens on ")
                .and_then(|(_, rest)| Some(format!("http://{}", rest.split([' ', ',', '\n']).next()?.trim_start_matches("http://"))));
            url.is_some()
        });
        url.unwrap_or_default()
    }

    /// Tells whether its process still runs.
    pub fn lives(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Asks it to end, and waits until it has.
    ///
    /// # Panics
    /// When it does not within the bound.
    #[expect(clippy::unwrap_used, reason = "a test stops where a process cannot be asked to end")]
    pub fn ends(&mut self, bound: Duration) -> ExitStatus {
        assert!(Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap().success());
        wait_until("it takes its leave", bound, || !self.lives());
        self.child.wait().unwrap()
    }
}

impl Drop for Newcomer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_file(&self.log);
    }
}
