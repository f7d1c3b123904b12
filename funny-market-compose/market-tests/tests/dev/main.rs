//! One service runs from its folder while the rest of the market is up, as the README tells it.
#![expect(clippy::unwrap_used, reason = "a test stops where the terminal or the market fails")]

use market_tests::{Block, Document, Market, fits, wait_until};
use std::{
    env, fs,
    os::unix::process::CommandExt,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

/// A program is built meanwhile.
const BUILD: Duration = Duration::from_secs(300);

/// A terminal in which one command runs.
struct Terminal {
    child: Child,
    output: PathBuf,
}

impl Terminal {
    fn run(market: &Market, document: &Document, block: &Block) -> Self {
        let output = env::temp_dir().join(market.unique("terminal"));
        let file = fs::File::create(&output).unwrap();
        // A terminal does not ignore Ctrl-C, whoever runs the tests: a shell's background job would pass that on.
        let mut command = Command::new("env");
        command
            .args(["--default-signal=INT", "bash", "-c", &block.text])
            .current_dir(&document.root)
            .env("FM_DEV_DIR", market.address("dir"))
            .process_group(0);
        command.stdin(Stdio::null()).stdout(file.try_clone().unwrap()).stderr(file);
        Self { child: command.spawn().unwrap(), output }
    }

    /// Waits until it shows this after the first `seen` bytes, and returns how many bytes it shows then.
    fn shows(&mut self, block: &Block, seen: usize) -> usize {
        let shown = format!("…{}…", block.text.trim_end().replace('\n', "\n…"));
        let mut all = String::new();
        wait_until(&format!("the terminal shows {}", block.text), BUILD, || {
            all = fs::read_to_string(&self.output).unwrap();
            let ended = self.child.try_wait().unwrap();
            let fits = fits(&all[seen..], &shown);
            assert!(fits || ended.is_none(), "{ended:?} without {}: {all}", block.text);
            fits
        });
        all.len()
    }

    /// What the terminal does on Ctrl-C: the signal reaches all processes in it.
    fn interrupt(&self) {
        let group = format!("-{}", self.child.id());
        assert!(Command::new("kill").args(["-INT", "--", &group]).status().unwrap().success());
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.interrupt();
            let _ = self.child.wait();
        }
        let _ = fs::remove_file(&self.output);
    }
}

#[test]
fn a_service_is_developed_in_the_running_market_as_the_readme_says() {
    let market = Market::running();
    let document = Document::read(&market, "README.md").section("Work on one service");
    let blocks = document.blocks();
    let [start, started, touch, restarted, back] = blocks.as_slice() else { panic!("{blocks:?}") };
    let service = market.instance("fm-tracker");
    let others = ["fm-cars", "fm-gateway", "rabbitmq", "etcd"].map(|name| market.instance(name).pid());
    let before = service.pid();
    let program = |pid: u32| fs::read(format!("/proc/{pid}/exe")).unwrap();
    let ran = program(before);

    let mut terminal = Terminal::run(&market, &document, start);
    let seen = terminal.shows(started, 0);
    let developed = service.pid();
    assert_ne!(developed, before);
    wait_until("the gateway asks it", Duration::from_secs(20), || market.anyone().get("/api/tracks/latest").status == 200);
    assert!(market.registered("fm-tracker").contains_key("fm-tracker"));

    assert!(Command::new("bash").arg("-c").arg(&touch.text).current_dir(&document.root).status().unwrap().success());
    let seen = terminal.shows(restarted, seen);
    assert_ne!(service.pid(), developed);
    assert!(service.lives());

    terminal.interrupt();
    terminal.shows(back, seen);
    assert!(!terminal.child.wait().unwrap().success(), "interrupted");
    wait_until("the gateway asks the one from before", Duration::from_secs(20), || market.anyone().get("/api/tracks/latest").status == 200);
    assert!(service.lives());
    assert!(program(service.pid()) == ran, "another program than before");
    assert_eq!(["fm-cars", "fm-gateway", "rabbitmq", "etcd"].map(|name| market.instance(name).pid()), others);
}
