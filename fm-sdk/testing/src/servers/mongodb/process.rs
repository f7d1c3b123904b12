use super::{super::Guard, java};
use std::{
    fs::{self, File},
    io::{self, BufRead, BufReader},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

/// A server that does not answer after this time does not start.
const START: Duration = Duration::from_secs(60);
/// A server that was asked to end is ended after this time.
const END: Duration = Duration::from_secs(10);

/// A server process in a folder of its own.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    port: u16,
    folder: PathBuf,
    remembers: bool,
    guard: Guard,
}

impl Process {
    pub(super) fn start(remembers: bool) -> io::Result<Self> {
        let folder = tempfile::Builder::new().prefix("fm-mongodb-").tempdir()?.keep();
        let guard = Guard::new(&folder)?;
        let (child, port) = launch(&folder, 0, remembers)?;
        guard.watch(child.id())?;
        Ok(Process { child, port, folder, remembers, guard })
    }
    pub(super) fn port(&self) -> u16 {
        self.port
    }
    pub(super) fn stop(&mut self) -> io::Result<()> {
        let pid = self.child.id();
        if self.child.try_wait()?.is_none() {
            Command::new("kill").arg(pid.to_string()).status()?;
        }
        let asked = Instant::now();
        while self.child.try_wait()?.is_none() {
            if asked.elapsed() > END {
                self.child.kill()?;
            }
            thread::sleep(Duration::from_millis(10));
        }
        self.guard.forget(pid)
    }
    pub(super) fn resume(&mut self) -> io::Result<()> {
        (self.child, self.port) = launch(&self.folder, self.port, self.remembers)?;
        self.guard.watch(self.child.id())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // the guard removes the folder
        drop(self.child.kill());
        drop(self.child.wait());
        drop(self.guard.forget(self.child.id()));
    }
}

fn launch(folder: &Path, port: u16, remembers: bool) -> io::Result<(Child, u16)> {
    match mongod(folder, port)? {
        Some(started) => Ok(started),
        None => java_server(folder, port, remembers),
    }
}

/// The real one, if it is installed.
fn mongod(folder: &Path, port: u16) -> io::Result<Option<(Child, u16)>> {
    let port = if port == 0 { TcpListener::bind("127.0.0.1:0")?.local_addr()?.port() } else { port };
    let data = folder.join("data");
    fs::create_dir_all(&data)?;
    let log = File::create(folder.join("log"))?;
    let mut mongod = Command::new("mongod");
    mongod.args(["--bind_ip", "127.0.0.1", "--nounixsocket", "--port", &port.to_string(), "--dbpath"]).arg(data);
    let mut child = match mongod.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).spawn() {
        Ok(child) => child,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(e),
    };
    let started = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        if child.try_wait()?.is_some() || started.elapsed() > START {
            return Err(failed(&mut child, folder));
        }
        thread::sleep(Duration::from_millis(20));
    }
    Ok(Some((child, port)))
}

/// mongo-java-server tells its port when it listens.
fn java_server(folder: &Path, port: u16, remembers: bool) -> io::Result<(Child, u16)> {
    let class_path = java::class_path()?;
    let mut java = Command::new("java");
    java.args(["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx512m", "-cp", &class_path, "MongoServer", &port.to_string()]);
    if remembers {
        java.arg(folder.join("data.mv"));
    }
    let log = File::create(folder.join("log"))?;
    let mut child = java.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).spawn().map_err(java::missing)?;
    let (line, first) = mpsc::channel();
    if let Some(out) = child.stdout.take() {
        thread::spawn(move || drop(line.send(BufReader::new(out).lines().next())));
    }
    match first.recv_timeout(START) {
        Ok(Some(Ok(text))) => match text.trim().parse() {
            Ok(port) => Ok((child, port)),
            Err(_) => Err(failed(&mut child, folder)),
        },
        _ => Err(failed(&mut child, folder)),
    }
}

fn failed(child: &mut Child, folder: &Path) -> io::Error {
    drop(child.kill());
    drop(child.wait());
    let log = fs::read_to_string(folder.join("log")).unwrap_or_default();
    io::Error::other(format!("the MongoDB of the tests does not start:\n{log}"))
}
