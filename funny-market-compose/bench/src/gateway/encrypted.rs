//! TLS and HTTP/2: the gateway beside nginx, both as bare proxies, with the same certificate, version and cipher.

use super::{
    Contest, Ring,
    contender::{Sample, get, listening},
    costs,
    fm_gateway::FmGateway,
    nginx, print_share,
};
use crate::{Result, figure::Figure, process::processor_time, rounds::median};
use market::child::free_addresses;
use rustls::{
    CipherSuite, ClientConfig, ClientConnection, HandshakeKind, ProtocolVersion, RootCertStore, Stream,
    client::Resumption,
    crypto::ring as provider,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use std::{
    io::{ErrorKind, Read, Write},
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
    thread,
};

const NGINX: &str = "nginx, bare proxy";
const GATEWAY: &str = "fm-gateway, bare proxy";
const PATH: &str = "/bare/cars/1";
/// New connections of one measurement, and how many are opened at once.
const CONNECTIONS: usize = 1000;
const AT_ONCE: usize = 8;
/// Kept connections of HTTP/1.1, and requests under way on the one of HTTP/2.
const KEPT: usize = 32;
const STREAMS: usize = 100;
/// What both sides choose if they are left to it.
const CIPHER: CipherSuite = CipherSuite::TLS13_AES_256_GCM_SHA384;
/// Nine tenths of the requests that nginx answers in the same time.
const MAX_RATIO: f64 = 1.11;

/// A certificate for 127.0.0.1 with a key on P-256, as most of the web has.
pub(super) struct Certificate {
    pub chain: PathBuf,
    pub key: PathBuf,
}

/// What is asked.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Full,
    Resumed,
    Http1,
    Http2,
}

/// Whoever answers, and those who ask.
struct Server {
    name: &'static str,
    to: SocketAddr,
    pids: Vec<u32>,
    /// Those that keep no session, and those that do.
    strangers: Vec<Client>,
    returning: Vec<Client>,
}

/// Opens connections.
struct Client {
    to: SocketAddr,
    config: Arc<ClientConfig>,
    request: String,
}

/// Measures both.
pub(super) fn measure(contest: &Contest, ring: &Ring, gateway: &FmGateway) -> Result<()> {
    let certificate = Certificate::new(ring.folder.path())?;
    let nginx = nginx::encrypted(ring, &certificate)?;
    let [address] = free_addresses()?;
    let files = format!("{}:{}", certificate.chain.display(), certificate.key.display());
    let settings = [("FM_GATEWAY_TLS_HTTP", address.to_string()), ("FM_GATEWAY_TLS_CERTIFICATES", files)];
    let node = gateway.another(ring, "tls", &settings.each_ref().map(|(name, value)| (*name, value.as_str())))?;
    listening(address, &ring.folder.path().join("tls.log"))?;
    let servers = [Server::new(NGINX, nginx.address, &nginx.pids, &certificate)?, Server::new(GATEWAY, address, &node.pids, &certificate)?];
    let kinds = [Kind::Full, Kind::Resumed, Kind::Http1, Kind::Http2];
    let samples = contest.rounds_of(2 * kinds.len(), |i| servers[i % 2].measure(kinds[i / 2], contest.count()))?;
    for (kind, samples) in kinds.iter().zip(samples.chunks(2)) {
        for (server, samples) in servers.iter().zip(samples) {
            let cost = median(&costs(samples));
            let value = format!("{cost:.1} us CPU, {:.0}/s on one core", 1e6 / cost);
            Figure::new("gateway", format!("{}, {}", server.name, kind.name()), value).print();
        }
        print_share(&format!("CPU of {}", kind.name()), (GATEWAY, &samples[1]), (NGINX, &samples[0]), Some(MAX_RATIO));
    }
    Ok(())
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Full => "a new TLS connection (full handshake) with one request",
            Kind::Resumed => "a new TLS connection (resumed session) with one request",
            Kind::Http1 => "a request over TLS, as fast as 32 connections can",
            Kind::Http2 => "a request over TLS and HTTP/2, as fast as 100 streams of a connection can",
        }
    }
}

impl Server {
    fn new(name: &'static str, to: SocketAddr, pids: &[u32], certificate: &Certificate) -> Result<Self> {
        let clients = |returning| (0..AT_ONCE).map(|_| Client::new(to, certificate, returning)).collect::<Result<Vec<_>>>();
        Ok(Server { name, to, pids: pids.to_vec(), strangers: clients(false)?, returning: clients(true)? })
    }

    fn measure(&self, kind: Kind, requests: usize) -> Result<Sample> {
        let before = processor_time(&self.pids)?;
        let count = match kind {
            Kind::Full | Kind::Resumed => self.connect(kind == Kind::Resumed)?,
            Kind::Http1 => self.load(&["--h1".into(), "-c".into(), KEPT.to_string()], requests)?,
            Kind::Http2 => self.load(&["-c".into(), "1".into(), "-m".into(), STREAMS.to_string()], requests)?,
        };
        let spent = processor_time(&self.pids)? - before;
        Ok(Sample { cost: spent as f64 / 1000.0 / count as f64, micros: Vec::new() })
    }

    /// Opens many connections, some at a time.
    fn connect(&self, resumes: bool) -> Result<usize> {
        let clients = if resumes { &self.returning } else { &self.strangers };
        let resumed: usize = thread::scope(|scope| {
            let threads: Vec<_> = clients.iter().map(|client| scope.spawn(|| client.connect(CONNECTIONS / AT_ONCE))).collect();
            threads
                .into_iter()
                .map(|thread| thread.join().map_err(|_| "a client has panicked")?.map_err(|e| e.to_string()))
                .sum::<std::result::Result<_, String>>()
        })?;
        // The very first connection of a client has no session.
        if resumes && resumed + AT_ONCE < CONNECTIONS || !resumes && resumed > 0 {
            return Err(format!("{}: {resumed} of {CONNECTIONS} sessions were resumed", self.name).into());
        }
        Ok(CONNECTIONS)
    }

    /// Sends requests by h2load (of the package nghttp2-client).
    fn load(&self, how: &[String], requests: usize) -> Result<usize> {
        let mut command = Command::new("h2load");
        command.args(["-t", "1", "-n", &requests.to_string()]).args(how).arg(format!("https://{}{PATH}", self.to));
        let out = command.output().map_err(|e| format!("h2load: {e}"))?;
        let text = String::from_utf8_lossy(&out.stdout);
        if !out.status.success() || !text.contains(&format!(" {requests} succeeded, 0 failed, 0 errored")) {
            return Err(format!("h2load {how:?} to {}: {text}{}", self.name, String::from_utf8_lossy(&out.stderr)).into());
        }
        Ok(requests)
    }
}

impl Client {
    fn new(to: SocketAddr, certificate: &Certificate, returning: bool) -> Result<Self> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(&certificate.chain)?)?;
        let builder = ClientConfig::builder_with_provider(Arc::new(provider::default_provider()))
            .with_protocol_versions(&[&rustls::version::TLS13])?;
        let mut config = builder.with_root_certificates(roots).with_no_client_auth();
        if !returning {
            config.resumption = Resumption::disabled();
        }
        let request = String::from_utf8_lossy(get(to, PATH, None).bytes()).replace("\r\n\r\n", "\r\nconnection: close\r\n\r\n");
        Ok(Client { to, config: Arc::new(config), request })
    }

    /// Opens connections one after the other, each with one request; gives how many have resumed a session.
    fn connect(&self, connections: usize) -> Result<usize> {
        let mut resumed = 0;
        for _ in 0..connections {
            resumed += usize::from(self.ask()? == HandshakeKind::Resumed);
        }
        Ok(resumed)
    }

    fn ask(&self) -> Result<HandshakeKind> {
        let mut socket = TcpStream::connect(self.to)?;
        socket.set_nodelay(true)?;
        let mut session = ClientConnection::new(self.config.clone(), ServerName::IpAddress(self.to.ip().into()))?;
        let mut stream = Stream::new(&mut session, &mut socket);
        stream.write_all(self.request.as_bytes())?;
        let mut answer = Vec::new();
        match stream.read_to_end(&mut answer) {
            // Not all servers say good-bye.
            Err(e) if e.kind() != ErrorKind::UnexpectedEof => return Err(e.into()),
            _ => {}
        }
        if !answer.starts_with(b"HTTP/1.1 200 ") {
            return Err(format!("{}: {}", self.to, String::from_utf8_lossy(&answer)).into());
        }
        let cipher = session.negotiated_cipher_suite().map(|suite| suite.suite());
        if (session.protocol_version(), cipher) != (Some(ProtocolVersion::TLSv1_3), Some(CIPHER)) {
            return Err(format!("{}: {:?}, {cipher:?}", self.to, session.protocol_version()).into());
        }
        session.handshake_kind().ok_or_else(|| "there was no handshake".into())
    }
}

impl Certificate {
    fn new(folder: &Path) -> Result<Self> {
        let (chain, key) = (folder.join("tls.pem"), folder.join("tls.key"));
        let mut command = Command::new("openssl");
        command.args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=bench",
        ]);
        command.args(["-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE", "-keyout"]);
        let out = command.arg(&key).arg("-out").arg(&chain).output().map_err(|e| format!("openssl: {e}"))?;
        if out.status.success() {
            Ok(Certificate { chain, key })
        } else {
            Err(format!("openssl req: {}", String::from_utf8_lossy(&out.stderr)).into())
        }
    }
}
