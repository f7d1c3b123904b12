use super::control;
use crate::servers::{Guard, ServerTls, free_ports, signals};
use fm_sdk::{Error, Kind, Result, ResultExt};
use std::{
    fs,
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

const BOOT: Duration = Duration::from_secs(90);

/// One broker of our own: its ports, its folder, its processes.
#[derive(Debug)]
pub(super) struct Node {
    folder: PathBuf,
    name: String,
    pub port: u16,
    /// Where it listens by TLS, if it does.
    pub tls_port: Option<u16>,
    distribution: u16,
    names: u16,
    guard: Guard,
    port_mapper: Child,
    broker: Option<Child>,
}

impl Node {
    /// Chooses ports and a folder and boots.
    pub fn start(tls: Option<&ServerTls>) -> Result<Node> {
        let folder = tempfile::Builder::new().prefix("fm-rabbitmq-").tempdir().internal()?.keep();
        let guard = Guard::new(&folder).internal()?;
        let [port, distribution, names, encrypted] = free_ports().internal()?;
        // The port mapper of Erlang: a private one, so that nobody else's nodes are seen, and none is left behind.
        let port_mapper = Command::new("epmd")
            .args(["-port", &names.to_string(), "-address", "127.0.0.1"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(missing)?;
        guard.watch(port_mapper.id()).internal()?;
        fs::write(folder.join("control.erl"), control::SCRIPT).internal()?;
        fs::write(folder.join("plugins"), "[].\n").internal()?;
        let mut settings = format!("listeners.tcp.1 = 127.0.0.1:{port}\ndisk_free_limit.absolute = 1MB\nlog.file.level = warning\n");
        if let Some(ServerTls { certificate, key, authority }) = tls {
            let (certificate, key, authority) = (certificate.display(), key.display(), authority.display());
            settings += &format!(
                "listeners.ssl.1 = 127.0.0.1:{encrypted}\nssl_options.cacertfile = {authority}\nssl_options.certfile = {certificate}\n\
                 ssl_options.keyfile = {key}\nssl_options.verify = verify_peer\nssl_options.fail_if_no_peer_cert = true\n"
            );
        }
        fs::write(folder.join("rabbitmq.conf"), settings).internal()?;
        let name = format!(
            "fm-{}@localhost",
            folder.file_name().unwrap_or_default().to_string_lossy().replace("fm-rabbitmq-", "").replace('.', "")
        );
        let mut node = Node { folder, name, port, tls_port: tls.map(|_| encrypted), distribution, names, guard, port_mapper, broker: None };
        node.boot()?;
        Ok(node)
    }

    /// Starts the broker on its folder and waits until it takes connections.
    pub fn boot(&mut self) -> Result<()> {
        self.spawn()?;
        let until = Instant::now() + BOOT;
        while Instant::now() < until {
            if let Some(status) = self.broker.as_mut().and_then(|b| b.try_wait().ok().flatten()) {
                return Err(failed(format!("the broker ended while it booted ({status}): {}", tail(&self.folder.join("out")))));
            }
            if self.ready() {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(50));
        }
        Err(failed(format!("the broker did not boot within {BOOT:?}: {}", tail(&self.folder.join("out")))))
    }

    /// Starts the broker on its folder.
    pub fn spawn(&mut self) -> Result<()> {
        let f = |name: &str| self.folder.join(name);
        let _ = fs::remove_file(f("control.port"));
        let out = fs::File::create(f("out")).internal()?;
        // Directly, not through Debian's wrapper: that one insists on the user `rabbitmq` and its folders.
        let broker = Command::new(executable()?)
            .env("HOME", &self.folder)
            .env("ERL_EPMD_PORT", self.names.to_string())
            .env("ERL_EPMD_ADDRESS", "127.0.0.1")
            .env("RABBITMQ_NODENAME", &self.name)
            .env("RABBITMQ_NODE_PORT", self.port.to_string())
            .env("RABBITMQ_DIST_PORT", self.distribution.to_string())
            .env("RABBITMQ_MNESIA_BASE", f("data"))
            .env("RABBITMQ_LOG_BASE", f("log"))
            .env("RABBITMQ_ENABLED_PLUGINS_FILE", f("plugins"))
            .env("RABBITMQ_CONFIG_FILE", f("rabbitmq"))
            .env("RABBITMQ_CONF_ENV_FILE", "/dev/null")
            // So the script becomes the broker, and its process id is the broker's.
            .env("RUNNING_UNDER_SYSTEMD", "true")
            .env(
                "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS",
                format!(
                    "+S 1 -kernel inet_dist_use_interface {{127,0,0,1}} -fm_control {} -eval file:eval(\"{}\")",
                    f("control.port").display(),
                    f("control.erl").display()
                ),
            )
            .stdin(Stdio::null())
            .stdout(out.try_clone().internal()?)
            .stderr(out)
            .spawn()
            .map_err(missing)?;
        self.guard.watch(broker.id()).internal()?;
        self.broker = Some(broker);
        Ok(())
    }

    pub fn ready(&self) -> bool {
        self.eval("rabbit:is_running().").is_ok_and(|a| a == "true") && TcpStream::connect(("127.0.0.1", self.port)).is_ok()
    }

    pub fn eval(&self, expressions: &str) -> Result<String> {
        let port = fs::read_to_string(self.folder.join("control.port")).unavailable("the broker")?;
        control::eval(port.trim().parse().internal()?, expressions)
    }

    /// Sends a signal to the broker's process.
    pub fn signal(&self, name: &str) -> Result<()> {
        signals::signal(self.id()?, name).map_err(|e| failed("the broker took no signal").caused_by(e))
    }

    /// Stops the broker's process where it is.
    pub fn freeze(&self) -> Result<()> {
        signals::freeze(self.id()?).map_err(|e| failed("the broker cannot be frozen").caused_by(e))
    }

    fn id(&self) -> Result<u32> {
        self.broker.as_ref().map(Child::id).ok_or_else(|| failed("the broker is not running"))
    }

    /// `kill -9`, and waits until the process is gone.
    pub fn kill(&mut self) -> Result<()> {
        if let Some(mut broker) = self.broker.take() {
            broker.kill().internal()?;
            broker.wait().internal()?;
            self.guard.forget(broker.id()).internal()?;
        }
        Ok(())
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.kill();
        let _ = self.port_mapper.kill();
        let _ = self.port_mapper.wait();
    }
}

fn executable() -> Result<PathBuf> {
    let mut places: Vec<PathBuf> = vec!["/usr/lib/rabbitmq/bin/rabbitmq-server".into(), "/opt/rabbitmq/sbin/rabbitmq-server".into()];
    places.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).map(|p| p.join("rabbitmq-server")));
    places.into_iter().find(|p| p.is_file()).ok_or_else(|| missing("no rabbitmq-server in the usual places or in PATH"))
}

fn missing(why: impl std::fmt::Display) -> Error {
    failed(format!("RabbitMQ cannot be started: {why}. Install it (`apt-get install rabbitmq-server`), or name one by FM_TEST_AMQP_URL"))
}

pub(super) fn failed(why: impl Into<String>) -> Error {
    Error::new(Kind::Unavailable, "test-server", why)
}

fn tail(file: &Path) -> String {
    let text = fs::read_to_string(file).unwrap_or_default();
    let lines: Vec<&str> = text.lines().filter(|l| !l.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(15)..].join(" / ")
}
