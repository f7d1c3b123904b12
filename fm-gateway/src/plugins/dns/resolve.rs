//! Asks DNS for a name, and makes instances of the answer.

use crate::upstream::{chooser::WEIGHT, endpoint::HOST};
use fm_sdk::registry::services::Instance;
use futures::future::{join, join_all};
use hickory_resolver::{
    Resolver, TokioResolver,
    config::{ConnectionConfig, NameServerConfig, ResolverConfig},
    lookup::Lookup,
    net::{NetError, runtime::TokioRuntimeProvider},
    proto::rr::{RData, RecordType},
};
use std::{
    net::{IpAddr, SocketAddr},
    time::{Duration, Instant},
};

/// For one question to one server; it is asked twice.
const TIMEOUT: Duration = Duration::from_secs(2);

/// What is asked for, and what is made of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Question {
    /// The name of the upstream.
    pub name: String,
    /// The name that is asked for, without a dot at its end.
    pub host: String,
    pub records: Records,
    pub is_tls: bool,
    /// Answers hold for at least this time.
    pub min_ttl: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Records {
    /// A and AAAA.
    Addresses { port: u16 },
    /// SRV (RFC 2782).
    Services,
}

/// What came of a question.
pub enum Answer {
    /// All instances, perhaps none, and until when that holds.
    Found(Vec<Instance>, Instant),
    /// Nobody has answered, or only that he cannot.
    Failed(String),
}

impl Answer {
    /// Stable and lower-case, for metrics.
    pub fn outcome(&self) -> &'static str {
        match self {
            Answer::Found(instances, _) if instances.is_empty() => "none",
            Answer::Found(..) => "resolved",
            Answer::Failed(_) => "failed",
        }
    }
}

/// Addresses, each with its port and weight, and until when they hold.
type Targets = (Vec<(SocketAddr, u16)>, Instant);

/// Asks these servers, or those of the system if none is named.
///
/// # Errors
/// Why the configuration of the system cannot be used.
pub fn resolver(servers: &[SocketAddr]) -> Result<TokioResolver, String> {
    let mut builder = match servers {
        [] => TokioResolver::builder_tokio().map_err(|e| e.to_string())?,
        servers => {
            let servers = servers.iter().map(|server| {
                let mut connections = vec![ConnectionConfig::udp(), ConnectionConfig::tcp()];
                connections.iter_mut().for_each(|connection| connection.port = server.port());
                NameServerConfig::new(server.ip(), true, connections)
            });
            Resolver::builder_with_config(ResolverConfig::from_name_servers(servers.collect()), TokioRuntimeProvider::default())
        }
    };
    let options = builder.options_mut();
    // What an answer is worth is known here: it is asked for anew when that is over.
    options.cache_size = 0;
    options.timeout = TIMEOUT;
    builder.build().map_err(|e| e.to_string())
}

/// Asks for a name.
pub async fn ask(resolver: &TokioResolver, question: &Question) -> Answer {
    let found = match question.records {
        Records::Addresses { port } => addresses(resolver, &question.host).await.map(|(found, until)| {
            let with_port = found.into_iter().map(|ip| (SocketAddr::new(ip, port), 1));
            (with_port.collect(), until)
        }),
        Records::Services => services(resolver, &question.host).await,
    };
    match found {
        Ok((mut targets, until)) => {
            targets.sort_unstable();
            targets.dedup_by_key(|(address, _)| *address);
            Answer::Found(targets.into_iter().map(|(address, weight)| instance(question, address, weight)).collect(), until)
        }
        Err(e) => Answer::Failed(e.to_string()),
    }
}

/// The records of a type; none, if the name is known not to have any. For that a time to live is not looked at.
async fn lookup(resolver: &TokioResolver, host: &str, kind: RecordType) -> Result<Option<Lookup>, NetError> {
    // The dot says that it is the whole name.
    match resolver.lookup(format!("{host}."), kind).await {
        Ok(found) => Ok(Some(found)),
        Err(e) if e.is_no_records_found() => Ok(None),
        Err(e) => Err(e),
    }
}

async fn addresses(resolver: &TokioResolver, host: &str) -> Result<(Vec<IpAddr>, Instant), NetError> {
    let (v4, v6) = join(lookup(resolver, host, RecordType::A), lookup(resolver, host, RecordType::AAAA)).await;
    let v4 = v4?;
    // Some servers cannot answer for AAAA; where there are addresses that is no failure.
    let v6 = if v4.is_some() { v6.unwrap_or_default() } else { v6? };
    let until = [&v4, &v6].into_iter().flatten().map(Lookup::valid_until).min().unwrap_or_else(Instant::now);
    let records = [&v4, &v6].into_iter().flatten().flat_map(Lookup::answers);
    Ok((records.filter_map(|record| record.data.ip_addr()).collect(), until))
}

/// The targets of the lowest priority, which others only stand in for (RFC 2782), with their addresses.
async fn services(resolver: &TokioResolver, host: &str) -> Result<Targets, NetError> {
    let Some(found) = lookup(resolver, host, RecordType::SRV).await? else { return Ok((Vec::new(), Instant::now())) };
    let records = || {
        found.answers().iter().filter_map(|record| match &record.data {
            RData::SRV(record) => Some(record),
            _ => None,
        })
    };
    let first = records().map(|record| record.priority).min();
    // A target that is the root says that there is no such service.
    let targets = records().filter(|record| Some(record.priority) == first && !record.target.is_root());
    let asked = join_all(targets.map(|record| async move {
        let target = record.target.to_ascii();
        let (found, until) = addresses(resolver, target.trim_end_matches('.')).await?;
        // A weight of 0 is a small chance, not none.
        let of = |ip| (SocketAddr::new(ip, record.port), record.weight.max(1));
        Ok::<Targets, NetError>((found.into_iter().map(of).collect(), until))
    }));
    let (mut all, mut until) = (Vec::new(), found.valid_until());
    for asked in asked.await {
        let (found, holds) = asked?;
        all.extend(found);
        until = until.min(holds);
    }
    Ok((all, until))
}

/// An address as an instance: the same one as long as it is found, so that what is known of it stays.
fn instance(question: &Question, address: SocketAddr, weight: u16) -> Instance {
    let scheme = if question.is_tls { "https" } else { "http" };
    let mut instance = Instance { started: 0, ..Instance::new(&question.name, address.to_string(), format!("{scheme}://{address}")) };
    let known_as = match question.records {
        Records::Addresses { .. } => question.host.as_str(),
        // DNS is not to be trusted with the name that the certificate must be for (RFC 6125): it is the one that was asked for.
        Records::Services => without_service(&question.host),
    };
    instance.metadata.insert(HOST.into(), format!("{known_as}:{}", address.port()));
    if question.records == Records::Services {
        instance.metadata.insert(WEIGHT.into(), weight.to_string());
    }
    instance
}

/// A name without `_service._protocol` in front of it.
fn without_service(host: &str) -> &str {
    let mut rest = host;
    while let Some((_, domain)) = rest.split_once('.').filter(|(label, _)| label.starts_with('_')) {
        rest = domain;
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_for_host_and_certificate_is_the_one_that_was_asked_for() {
        let of = |host: &str, records, is_tls| {
            let question = Question { name: "billing".into(), host: host.into(), records, is_tls, min_ttl: Duration::from_secs(5) };
            let instance = instance(&question, "[2001:db8::7]:8443".parse().unwrap(), 3);
            (instance.url, instance.metadata[HOST].clone(), instance.metadata.get(WEIGHT).cloned())
        };
        let url = |scheme: &str| format!("{scheme}://[2001:db8::7]:8443");
        let addresses = Records::Addresses { port: 8443 };
        assert_eq!(of("a.example", addresses, false), (url("http"), "a.example:8443".into(), None));
        let known_as = "a.example:8443".to_owned();
        assert_eq!(of("_http._tcp.a.example", Records::Services, true), (url("https"), known_as, Some("3".into())));
    }
}
