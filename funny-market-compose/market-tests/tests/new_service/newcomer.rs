use market_tests::{Market, wait_until};
use serde_json::Value;
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Child, Command, Output},
    time::Duration,
};

pub const NAME: &str = "fm-newcomer";

/// A new repository in a folder with nothing beside it but the crate registry; the folder goes when it is dropped.
pub struct Repository {
    beside: PathBuf,
}

impl Repository {
    pub fn make(market: &Market) -> Self {
        // The same place each time, so that what cargo builds there takes the place of what it built before.
        let beside = PathBuf::from(market.address("dir")).join("newcomer");
        let _ = fs::remove_dir_all(&beside);
        let compose = beside.join("funny-market-compose");
        fs::create_dir_all(&compose).unwrap();
        let registry = PathBuf::from(market.address("scripts")).join("../funny-market-compose/registry");
        ran(Command::new("cp").arg("-r").arg(registry).arg(compose));
        market.script("new-service", &[NAME, "--into", &beside.display().to_string()]);
        Repository { beside }
    }

    pub fn folder(&self) -> PathBuf {
        self.beside.join(NAME)
    }

    /// Runs a command in its folder and returns what it printed.
    pub fn run(&self, command: &mut Command) -> String {
        String::from_utf8(ran(command.current_dir(self.folder())).stdout).unwrap()
    }

    /// Starts it with an instance name of its own, on a free port.
    pub fn start(&self, market: &Market) -> Newcomer {
        let instance = market.unique("newcomer-");
        let log = fs::File::create(self.beside.join("log")).unwrap();
        let mut command = self.program(market);
        let child = command.env("FM_INSTANCE", &instance).stderr(log.try_clone().unwrap()).stdout(log).spawn().unwrap();
        Newcomer { child, instance, log: self.beside.join("log") }
    }

    /// The program with the market's settings.
    pub fn program(&self, market: &Market) -> Command {
        let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| self.folder().join("target"), PathBuf::from);
        let mut command = Command::new(target.join("debug").join(NAME));
        command.env("FM_BUS", market.address("bus"));
        command.env("FM_REGISTRY", market.address("registry")).env("FM_REGISTRY_PREFIX", market.address("registry_prefix"));
        command.env("FM_STORE", self.beside.join("store")).env("FM_DATA", self.beside.join("keys")).env("FM_HTTP", "127.0.0.1:0");
        command
    }

    /// The commands of its README between a line with this text and the end of their block.
    pub fn commands_of_readme(&self, containing: &str) -> String {
        let readme = fs::read_to_string(self.folder().join("README.md")).unwrap();
        let mut blocks = readme.split("```\n").filter(|block| block.contains(containing));
        blocks.next().unwrap_or_else(|| panic!("the README has no commands with {containing}")).to_owned()
    }
}

impl Drop for Repository {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.beside);
    }
}

/// The running service; killed when a failed test drops it.
pub struct Newcomer {
    child: Child,
    instance: String,
    log: PathBuf,
}

impl Newcomer {
    /// Waits until the registry names it, and returns what is written there.
    pub fn registered(&self, market: &Market) -> Value {
        let entry = || market.registered(NAME).remove(&self.instance);
        wait_until(&format!("{} is registered; its log: {}", self.instance, self.said()), Duration::from_secs(30), || entry().is_some());
        entry().unwrap()
    }

    pub fn is_registered(&self, market: &Market) -> bool {
        market.registered(NAME).contains_key(&self.instance)
    }

    /// Asks it to end.
    pub fn terminate(&self) {
        ran(Command::new("kill").args(["-TERM", &self.child.id().to_string()]));
    }

    /// Waits until it has ended, and tells whether it did so by itself and well.
    pub fn ended_well(&mut self) -> bool {
        let mut status = None;
        wait_until("the process ends", Duration::from_secs(30), || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        status.unwrap().success()
    }

    pub fn said(&self) -> String {
        said(&self.log)
    }
}

impl Drop for Newcomer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn said(log: &Path) -> String {
    fs::read_to_string(log).unwrap_or_default()
}

fn ran(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let [out, err] = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text).into_owned());
    assert!(output.status.success(), "{command:?}:\n{out}{err}");
    output
}
