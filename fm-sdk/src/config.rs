//! Settings: flags and environment variables, the same in every service; `--help` is their manual.

mod mask;
mod metadata;
mod own;
mod urls;

pub use crate::{duration::parse_duration, tls::TlsFiles};
pub use mask::masked_url;
pub use metadata::Metadata;
pub use own::own_settings;
pub use urls::{BusUrl, FilesUrl, RegistryUrl, StoreUrl};

use crate::{identity::TokenPolicy, trace::TraceSettings};
use ipnet::IpNet;
use std::{net::SocketAddr, path::PathBuf, time::Duration};

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// For people at a terminal.
    Human,
    /// One JSON object per line.
    Json,
}

/// What every service of the market is told from outside.
#[derive(Clone, Debug, clap::Args)]
// clap would make a group of this name, which a service's own struct of the same name would then have too.
#[group(skip)]
#[command(next_help_heading = "Market")]
pub struct Settings {
    /// RabbitMQ: `amqp://user:password@host:port/vhost` or `amqps://..`, several separated by commas; or `memory` for a service alone
    #[arg(long, env = "FM_BUS", hide_env_values = true, default_value = "amqp://127.0.0.1:5672", value_name = "URLS")]
    pub bus: BusUrl,

    /// etcd: `http://user:password@host:port` or `https://..`, several separated by commas; or `memory` for a service alone
    #[arg(long, env = "FM_REGISTRY", hide_env_values = true, default_value = "http://127.0.0.1:2379", value_name = "URLS")]
    pub registry: RegistryUrl,

    /// What comes before every key in the registry (`/test-1`), so that several markets can share one
    #[arg(long, env = "FM_REGISTRY_PREFIX", default_value = "", value_name = "PATH", value_parser = urls::registry_prefix)]
    pub registry_prefix: String,

    /// Documents: `mongodb://user:password@host:port/database`, with `?tls=true` by TLS; or a folder for SQLite; or `memory`
    #[arg(long, env = "FM_STORE", hide_env_values = true, default_value = "./data", value_name = "URL")]
    pub store: StoreUrl,

    /// Large files: a folder, or `s3://key:secret@host:port/bucket`
    #[arg(long, env = "FM_FILES", hide_env_values = true, default_value = "./data/files", value_name = "URL")]
    pub files: FilesUrl,

    /// PEM file with the only authorities whose certificates are trusted by `amqps`, `https` and MongoDB's TLS [default: Mozilla's]
    #[arg(long, env = "FM_TLS_CA", value_name = "FILE")]
    pub tls_ca: Option<PathBuf>,

    /// PEM file with the certificate to show to bus, registry and store, and its private key [default: none is shown]
    #[arg(long, env = "FM_TLS_IDENTITY", value_name = "FILE")]
    pub tls_identity: Option<PathBuf>,

    /// Folder for private keys and the like, of this service alone [default: .fm/SERVICE]
    #[arg(long, env = "FM_DATA", value_name = "FOLDER")]
    pub data: Option<PathBuf>,

    /// Who signs access tokens (`iss`); the same in all services of a market, as all that follows about tokens
    #[arg(long, env = "FM_TOKEN_ISSUER", default_value_t = TokenPolicy::default().issuer, value_name = "URL")]
    pub token_issuer: String,

    /// For whom access tokens are meant (`aud`)
    #[arg(long, env = "FM_TOKEN_AUDIENCE", default_value_t = TokenPolicy::default().audience, value_name = "NAME")]
    pub token_audience: String,

    /// How long access tokens are valid (1s to 1h)
    #[arg(long, env = "FM_ACCESS_TOKEN_LIFETIME", default_value = "10m", value_name = "TIME", value_parser = access_lifetime)]
    pub access_token_lifetime: Duration,

    /// How long a queued event or command may act for its user (1m to 7d)
    #[arg(long, env = "FM_MESSAGE_TOKEN_LIFETIME", default_value = "7d", value_name = "TIME", value_parser = message_lifetime)]
    pub message_token_lifetime: Duration,

    /// How long a call that a service makes for a user may be answered (1s to 1h)
    #[arg(long, env = "FM_CALL_TOKEN_LIFETIME", default_value = "1m", value_name = "TIME", value_parser = access_lifetime)]
    pub call_token_lifetime: Duration,

    /// Where to listen for HTTP; port 0 takes a free one
    #[arg(long, env = "FM_HTTP", default_value = "127.0.0.1:0", value_name = "HOST:PORT", value_parser = urls::host_port)]
    pub http: String,

    /// The URL under which others reach this instance [default: made of where it listens]
    #[arg(long, env = "FM_ADVERTISE", value_name = "URL", value_parser = urls::http_url)]
    pub advertise: Option<url::Url>,

    /// The name of this instance, unique within the service [default: made of host, process and a random part]
    #[arg(long, env = "FM_INSTANCE", value_name = "NAME", value_parser = urls::instance)]
    pub instance: Option<String>,

    /// What the registry tells of this instance beside its address: `zone=a,weight=3`; fm-gateway reads these two
    #[arg(long, env = "FM_METADATA", default_value_t = Metadata::default(), value_name = "NAME=VALUE,..")]
    pub metadata: Metadata,

    /// Threads that serve HTTP
    #[arg(long, env = "FM_WORKERS", default_value_t = 2, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub workers: u16,

    /// HTTP requests worked on at once; as many more may wait for half a second, the rest is refused (503 `overloaded`)
    #[arg(long, env = "FM_MAX_REQUESTS", default_value_t = 256, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub max_requests: u32,

    /// How long the client may pause between two pieces of a request's body before it is refused (408 `request-timeout`; 1s to 1h)
    #[arg(long, env = "FM_BODY_TIMEOUT", default_value = "30s", value_name = "TIME", value_parser = body_timeout)]
    pub body_timeout: Duration,

    /// What to log: `error`, `warn`, `info`, `debug`, `trace`, also per module: `info,fm_sdk=debug`
    #[arg(long, env = "FM_LOG", default_value = "info", value_name = "FILTER")]
    pub log: String,

    /// How log lines look
    #[arg(long, env = "FM_LOG_FORMAT", default_value = "human", value_name = "FORMAT")]
    pub log_format: LogFormat,

    /// What is traced, and how much of it is kept.
    #[command(flatten)]
    pub traces: TraceSettings,

    /// An OpenTelemetry collector that gets the kept traces, too (OTLP over HTTP: `http://collector:4318`) [default: none]
    #[arg(long, env = "FM_OTLP", value_name = "URL", value_parser = urls::collector)]
    pub otlp: Option<url::Url>,

    /// How long to go on serving at least after being asked to stop, so that every client has heard of it (500ms, 1s, 2m)
    #[arg(long, env = "FM_DRAIN", default_value = "1s", value_name = "TIME", value_parser = parse_duration)]
    pub drain: Duration,

    /// Networks whose `X-Forwarded-For` is believed, separated by commas
    #[arg(
        long,
        env = "FM_TRUSTED_PROXIES",
        default_value = "127.0.0.0/8,::1/128",
        value_delimiter = ',',
        value_name = "CIDRS",
        value_parser = urls::network
    )]
    pub trusted_proxies: Vec<IpNet>,
}

impl Settings {
    /// Gives the settings of a service that runs alone: everything in memory, a free port, no drain.
    #[must_use]
    pub fn memory() -> Self {
        let policy = TokenPolicy::default();
        Settings {
            bus: BusUrl::Memory,
            registry: RegistryUrl::Memory,
            registry_prefix: String::new(),
            store: StoreUrl::Memory,
            files: FilesUrl::Folder("./data/files".into()),
            tls_ca: None,
            tls_identity: None,
            data: None,
            token_issuer: policy.issuer,
            token_audience: policy.audience,
            access_token_lifetime: policy.access_lifetime,
            message_token_lifetime: policy.message_lifetime,
            call_token_lifetime: policy.call_lifetime,
            http: "127.0.0.1:0".into(),
            advertise: None,
            instance: None,
            metadata: Metadata::default(),
            workers: 1,
            max_requests: 256,
            body_timeout: Duration::from_secs(30),
            log: "info".into(),
            log_format: LogFormat::Human,
            traces: TraceSettings::default(),
            otlp: None,
            drain: Duration::ZERO,
            trusted_proxies: Vec::new(),
        }
    }
    /// Gives the files for TLS to the bus, the registry and the store.
    #[must_use]
    pub fn tls(&self) -> TlsFiles {
        TlsFiles { authorities: self.tls_ca.clone(), identity: self.tls_identity.clone() }
    }
    /// Gives what the market agrees on about tokens.
    #[must_use]
    pub fn token_policy(&self) -> TokenPolicy {
        TokenPolicy {
            issuer: self.token_issuer.clone(),
            audience: self.token_audience.clone(),
            access_lifetime: self.access_token_lifetime,
            message_lifetime: self.message_token_lifetime,
            call_lifetime: self.call_token_lifetime,
            ..TokenPolicy::default()
        }
    }
    /// Gives the folder for what only this service may read; it may not exist yet.
    #[must_use]
    pub fn data_folder(&self, service: &str) -> PathBuf {
        self.data.clone().unwrap_or_else(|| PathBuf::from(".fm").join(service))
    }
    /// Gives the instance's name, and a new one at each call if none was set: ask once.
    #[must_use]
    pub fn instance_name(&self) -> String {
        self.instance.clone().unwrap_or_else(|| {
            let host: String = host_name().chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(40).collect();
            let host = if host.is_empty() { "host" } else { &host };
            format!("{host}-{}-{:04x}", std::process::id(), rand::random::<u16>())
        })
    }
    /// Gives the URL under which others reach an instance that listens at `address`: the one that was set, else the address; one that
    /// listens on all addresses is reached by the name of its host, as containers reach each other.
    #[must_use]
    pub fn advertised(&self, address: SocketAddr) -> String {
        match &self.advertise {
            Some(url) => url.to_string(),
            None if address.ip().is_unspecified() && !host_name().is_empty() => format!("http://{}:{}", host_name(), address.port()),
            None => format!("http://{address}"),
        }
    }
    /// Prints the effective settings, one `NAME=value` per line, passwords replaced by `***`.
    #[must_use]
    pub fn masked(&self) -> String {
        let optional = |value: Option<String>| value.unwrap_or_else(|| "(automatic)".into());
        let networks = self.trusted_proxies.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        let format = if self.log_format == LogFormat::Json { "json" } else { "human" };
        let rows = [
            ("FM_BUS", self.bus.to_string()),
            ("FM_REGISTRY", self.registry.to_string()),
            ("FM_REGISTRY_PREFIX", self.registry_prefix.clone()),
            ("FM_STORE", self.store.to_string()),
            ("FM_FILES", self.files.to_string()),
            ("FM_TLS_CA", self.tls_ca.as_ref().map_or_else(|| "(Mozilla's)".into(), |f| f.display().to_string())),
            ("FM_TLS_IDENTITY", self.tls_identity.as_ref().map_or_else(|| "(none)".into(), |f| f.display().to_string())),
            ("FM_DATA", optional(self.data.as_ref().map(|d| d.display().to_string()))),
            ("FM_TOKEN_ISSUER", self.token_issuer.clone()),
            ("FM_TOKEN_AUDIENCE", self.token_audience.clone()),
            ("FM_ACCESS_TOKEN_LIFETIME", format!("{:?}", self.access_token_lifetime)),
            ("FM_MESSAGE_TOKEN_LIFETIME", format!("{:?}", self.message_token_lifetime)),
            ("FM_CALL_TOKEN_LIFETIME", format!("{:?}", self.call_token_lifetime)),
            ("FM_HTTP", self.http.clone()),
            ("FM_ADVERTISE", optional(self.advertise.as_ref().map(|u| masked_url(u.as_str())))),
            ("FM_INSTANCE", optional(self.instance.clone())),
            ("FM_METADATA", self.metadata.to_string()),
            ("FM_WORKERS", self.workers.to_string()),
            ("FM_MAX_REQUESTS", self.max_requests.to_string()),
            ("FM_BODY_TIMEOUT", format!("{:?}", self.body_timeout)),
            ("FM_LOG", self.log.clone()),
            ("FM_LOG_FORMAT", format.into()),
            ("FM_TRACE_SAMPLE", self.traces.sample.to_string()),
            ("FM_TRACE_SLOW", format!("{:?}", self.traces.slow)),
            ("FM_TRACE_MEMORY", self.traces.memory_mib.to_string()),
            ("FM_OTLP", self.otlp.as_ref().map_or_else(|| "(none)".into(), |u| masked_url(u.as_str()))),
            ("FM_DRAIN", format!("{:?}", self.drain)),
            ("FM_TRUSTED_PROXIES", networks),
        ];
        rows.map(|(name, value)| format!("{name}={value}\n")).concat()
    }
}

fn body_timeout(text: &str) -> Result<Duration, String> {
    bounded(text, Duration::from_secs(1), "1s", Duration::from_secs(3600), "1h")
}

fn access_lifetime(text: &str) -> Result<Duration, String> {
    bounded(text, Duration::from_secs(1), "1s", TokenPolicy::MAX_ACCESS_LIFETIME, "1h")
}

fn message_lifetime(text: &str) -> Result<Duration, String> {
    bounded(text, Duration::from_secs(60), "1m", TokenPolicy::MAX_MESSAGE_LIFETIME, "7d")
}

fn bounded(text: &str, least: Duration, at_least: &str, most: Duration, at_most: &str) -> Result<Duration, String> {
    let time = parse_duration(text)?;
    if (least..=most).contains(&time) { Ok(time) } else { Err(format!("`{text}` is not within {at_least} and {at_most}")) }
}

/// The name that this machine or container has, or nothing.
fn host_name() -> String {
    let name = std::env::var("HOSTNAME").or_else(|_| std::fs::read_to_string("/etc/hostname")).unwrap_or_default();
    name.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        settings: Settings,
    }
    fn parse(args: &[&str]) -> Result<Settings, String> {
        let args = std::iter::once("fm-x").chain(args.iter().copied());
        Cli::try_parse_from(args).map(|c| c.settings).map_err(|e| e.to_string())
    }

    #[test]
    fn the_defaults_are_for_one_machine() {
        let settings = parse(&[]).unwrap();
        assert_eq!(settings.bus.to_string(), "amqp://127.0.0.1:5672");
        assert_eq!(settings.registry.to_string(), "http://127.0.0.1:2379");
        assert_eq!(settings.store, StoreUrl::Folder("./data".into()));
        assert_eq!((settings.http.as_str(), settings.drain), ("127.0.0.1:0", Duration::from_secs(1)));
        assert_eq!(settings.data_folder("fm-x"), PathBuf::from(".fm/fm-x"));
        assert_eq!(settings.trusted_proxies.len(), 2);
    }

    #[test]
    fn an_invalid_setting_is_named_with_its_flag() {
        for (args, part) in [
            (["--bus", "http://127.0.0.1"], "amqp"),
            (["--registry", "etcd.local:2379"], "http://"),
            (["--store", "postgres://x"], "mongodb://"),
            (["--http", "8080"], "host:port"),
            (["--drain", "soon"], "500ms"),
            (["--trusted-proxies", "10.0.0.0/99"], "network"),
            (["--instance", "a b"], "letters"),
            (["--metadata", "zone"], "NAME=VALUE"),
            (["--workers", "0"], "1..=256"),
            (["--max-requests", "0"], "1..=1000000"),
            (["--body-timeout", "0s"], "1s"),
            (["--body-timeout", "2h"], "1h"),
            (["--access-token-lifetime", "2h"], "1h"),
            (["--call-token-lifetime", "0s"], "1s"),
            (["--message-token-lifetime", "8d"], "7d"),
            (["--registry-prefix", "fm/"], "slash"),
            (["--trace-sample", "1.5"], "0 and 1"),
            (["--trace-sample", "NaN"], "0 and 1"),
            (["--trace-slow", "2h"], "1h"),
            (["--trace-memory", "5000"], "0..=4096"),
            (["--otlp", "collector:4318"], "http://"),
        ] {
            let message = parse(&args).unwrap_err();
            assert!(message.contains(args[0]) && message.contains(part), "{message}");
        }
    }

    #[test]
    fn the_token_policy_has_the_documented_defaults() {
        let (ours, policy) = (parse(&[]).unwrap().token_policy(), TokenPolicy::default());
        assert_eq!(format!("{ours:?}"), format!("{policy:?}"));
        let theirs = parse(&["--token-issuer=https://shop.example", "--token-audience=shop", "--access-token-lifetime=5m"]).unwrap();
        let theirs = theirs.token_policy();
        assert_eq!((theirs.issuer.as_str(), theirs.audience.as_str()), ("https://shop.example", "shop"));
        assert_eq!(theirs.access_lifetime, Duration::from_secs(300));
    }

    #[test]
    fn no_password_is_printed() {
        let settings = parse(&[
            "--bus=amqp://me:s3cret@a,amqp://me:s3cret@b",
            "--registry=http://me:s3cret@c:2379",
            "--store=mongodb://me:s3cret@d:1,e:2/market",
            "--files=s3://key:s3cret@f/bucket",
        ])
        .unwrap();
        let text = settings.masked();
        assert!(!text.contains("s3cret") && !format!("{settings:?}").contains("s3cret"), "{text}\n{settings:?}");
        assert!(text.contains("FM_BUS=amqp://me:***@a,amqp://me:***@b\n"), "{text}");
        assert!(text.contains("FM_STORE=mongodb://me:***@d:1,e:2/market\n"), "{text}");
    }

    #[test]
    fn the_url_for_others_is_the_one_set_or_where_it_listens_and_never_all_addresses() {
        let mut settings = Settings::memory();
        assert_eq!(settings.advertised("127.0.0.1:8101".parse().unwrap()), "http://127.0.0.1:8101");
        if !host_name().is_empty() {
            assert_eq!(settings.advertised("0.0.0.0:8080".parse().unwrap()), format!("http://{}:8080", host_name()));
        }
        settings.advertise = Some("http://cars-1:81".parse().unwrap());
        assert_eq!(settings.advertised("0.0.0.0:8080".parse().unwrap()), "http://cars-1:81/");
    }

    #[test]
    fn each_call_names_a_new_instance_unless_one_is_set() {
        let mut settings = Settings::memory();
        assert_ne!(settings.instance_name(), settings.instance_name());
        settings.instance = Some("cars-1".into());
        assert_eq!(settings.instance_name(), "cars-1");
    }
}
