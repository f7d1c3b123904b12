use crate::support::{Authority, Client, NameServer, connector, soon, trusting};
use fm_sdk_testing::servers::free_ports;
use rustls::DEFAULT_VERSIONS;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::{
    env,
    fs::{self, File},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command},
    sync::OnceLock,
    time::Duration,
};
use tempfile::TempDir;
use tokio_rustls::TlsConnector;

/// An ACME server for tests, of Let's Encrypt. It validates names by HTTP on a port that it is told, and knows them by a name server.
pub struct Pebble {
    addresses: [SocketAddr; 2],
    authority: Authority,
    folder: TempDir,
    process: Option<Child>,
}

impl Pebble {
    /// One that does not run yet.
    pub fn new() -> Pebble {
        let addresses = free_ports::<2>().unwrap().map(|port| SocketAddr::from(([127, 0, 0, 1], port)));
        let (authority, folder) = (Authority::new(), tempfile::tempdir().unwrap());
        let signed = authority.sign(&["127.0.0.1"]);
        fs::write(folder.path().join("chain.pem"), &signed.chain).unwrap();
        fs::write(folder.path().join("key.pem"), &signed.key).unwrap();
        fs::write(folder.path().join("ca.pem"), &authority.pem).unwrap();
        Pebble { addresses, authority, folder, process: None }
    }

    pub fn directory(&self) -> String {
        format!("https://{}/dir", self.addresses[0])
    }

    /// Who has signed its own certificate.
    pub fn authorities(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// Starts it, with other authorities than before, and without the accounts of before.
    pub async fn start(&mut self, http_port: u16, names: &NameServer, settings: Value, environment: &[(&str, &str)]) {
        let path = |name| self.folder.path().join(name);
        let mut config = json!({
            "listenAddress": self.addresses[0].to_string(),
            "managementListenAddress": self.addresses[1].to_string(),
            "certificate": path("chain.pem"),
            "privateKey": path("key.pem"),
            "httpPort": http_port,
            "tlsPort": 1,
            "keyAlgorithm": "ecdsa",
        });
        config.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
        fs::write(path("config.json"), json!({"pebble": config}).to_string()).unwrap();
        let said = File::options().append(true).create(true).open(path("log")).unwrap();
        let mut command = Command::new(program());
        command.arg("-config").arg(path("config.json")).arg("-dnsserver").arg(names.address.to_string());
        command.env("PEBBLE_VA_NOSLEEP", "1").envs(environment.iter().copied());
        self.process = Some(command.stdout(said.try_clone().unwrap()).stderr(said).spawn().unwrap());
        soon(async {
            while tokio::net::TcpStream::connect(self.addresses[0]).await.is_err()
                || tokio::net::TcpStream::connect(self.addresses[1]).await.is_err()
            {
                let ended = self.process.as_mut().unwrap().try_wait().unwrap();
                assert!(ended.is_none(), "pebble has ended: {}", self.said());
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
        .await;
    }

    pub fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }

    /// A client that trusts the certificates that it issues.
    pub async fn client(&self) -> TlsConnector {
        let client = connector(&self.authority, DEFAULT_VERSIONS, &["http/1.1"], None);
        let mut asking = Client::encrypted(self.addresses[1], &client, "127.0.0.1").await.unwrap();
        let root = asking.ask("GET /roots/0 HTTP/1.1\r\nHost: pebble\r\n\r\n").await.text();
        trusting(&root, DEFAULT_VERSIONS, &["http/1.1"], None)
    }

    /// What it has logged.
    pub fn said(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap()
    }

    /// How many certificates it has issued.
    pub fn issued(&self) -> usize {
        self.said().matches("Issued certificate serial").count()
    }
}

impl Drop for Pebble {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Builds it once, in the versions of go.mod; the modules come from Go's module proxy.
fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pebble");
        let versions = Sha256::digest(fs::read(folder.join("go.sum")).unwrap());
        let version: String = versions.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        let cache = env::var_os("XDG_CACHE_HOME").map_or_else(|| Path::new(&env::var_os("HOME").unwrap()).join(".cache"), PathBuf::from);
        let program = cache.join(format!("funny-market/pebble-{version}"));
        if !program.exists() {
            let new = program.with_extension(format!("new-{}", std::process::id()));
            let build = ["build", "-mod=readonly", "-o"];
            let built =
                Command::new("go").args(build).arg(&new).arg("github.com/letsencrypt/pebble/v2/cmd/pebble").current_dir(&folder).output();
            let built = built.expect("these tests need Go, of which pebble is built");
            assert!(built.status.success(), "pebble cannot be built: {}", String::from_utf8_lossy(&built.stderr));
            fs::rename(&new, &program).unwrap();
        }
        program
    })
}
