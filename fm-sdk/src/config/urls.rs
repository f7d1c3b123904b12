//! Where the parts of the market are: each setting as a type that is either right or refused with a reason.

use super::masked_url;
use ipnet::IpNet;
use std::{fmt, net::IpAddr, path::PathBuf, str::FromStr};
use url::Url;

/// Where the bus is. Printing it masks passwords.
#[derive(Clone, PartialEq, Eq)]
pub enum BusUrl {
    /// In this process.
    Memory,
    /// RabbitMQ, all nodes of the cluster.
    Amqp(Vec<Url>),
}

/// Where the registry is. Printing it masks passwords.
#[derive(Clone, PartialEq, Eq)]
pub enum RegistryUrl {
    /// In this process.
    Memory,
    /// etcd v3, all endpoints of the cluster.
    Etcd(Vec<Url>),
}

/// Where documents are kept. Printing it masks passwords.
#[derive(Clone, PartialEq, Eq)]
pub enum StoreUrl {
    /// In this process.
    Memory,
    /// A folder with SQLite files.
    Folder(PathBuf),
    /// A MongoDB connection string, as the driver reads it (a list of hosts is no URL by RFC 3986).
    Mongo(String),
}

/// Where large files are kept. Printing it masks passwords.
#[derive(Clone, PartialEq, Eq)]
pub enum FilesUrl {
    /// A folder.
    Folder(PathBuf),
    /// A bucket that speaks the S3 protocol: `s3://key:secret@host:port/bucket`.
    S3(Url),
}

impl FromStr for BusUrl {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        if text == "memory" { Ok(BusUrl::Memory) } else { urls(text, &["amqp", "amqps"]).map(BusUrl::Amqp) }
    }
}
impl FromStr for RegistryUrl {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        if text == "memory" { Ok(RegistryUrl::Memory) } else { urls(text, &["http", "https"]).map(RegistryUrl::Etcd) }
    }
}
impl FromStr for StoreUrl {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "" => Err("expected mongodb://host:port/database, a folder, or memory".into()),
            "memory" => Ok(StoreUrl::Memory),
            url if url.starts_with("mongodb://") || url.starts_with("mongodb+srv://") => Ok(StoreUrl::Mongo(url.into())),
            url if url.contains("://") => {
                Err(format!("`{}` is not known; expected mongodb://host:port/database, a folder, or memory", masked_url(url)))
            }
            folder => Ok(StoreUrl::Folder(folder.into())),
        }
    }
}
impl FromStr for FilesUrl {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "" => Err("expected a folder or s3://key:secret@host:port/bucket".into()),
            url if url.contains("://") => match urls(url, &["s3", "s3+http", "s3+https"])?.as_slice() {
                [one] if one.path().len() > 1 => Ok(FilesUrl::S3(one.clone())),
                _ => Err(format!("`{}` names no bucket; expected s3://key:secret@host:port/bucket", masked_url(url))),
            },
            folder => Ok(FilesUrl::Folder(folder.into())),
        }
    }
}

fn urls(text: &str, schemes: &[&str]) -> Result<Vec<Url>, String> {
    let one = |text: &str| -> Result<Url, String> {
        let expected = format!("`{}` is not a URL that starts with {}://", masked_url(text), schemes.join(":// or "));
        let url = Url::parse(text).map_err(|e| format!("{expected} ({e})"))?;
        if !schemes.contains(&url.scheme()) {
            return Err(expected);
        }
        if url.host_str().is_none_or(str::is_empty) {
            return Err(format!("`{}` names no host", masked_url(text)));
        }
        Ok(url)
    };
    text.split(',').map(|part| one(part.trim())).collect()
}

fn write_all(f: &mut fmt::Formatter<'_>, urls: &[Url]) -> fmt::Result {
    // `Url` adds a slash to http URLs; nobody wrote it.
    let list: Vec<_> = urls.iter().map(|u| masked_url(u.as_str()).trim_end_matches('/').to_owned()).collect();
    f.write_str(&list.join(","))
}

impl fmt::Display for BusUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BusUrl::Memory => f.write_str("memory"),
            BusUrl::Amqp(urls) => write_all(f, urls),
        }
    }
}
impl fmt::Display for RegistryUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RegistryUrl::Memory => f.write_str("memory"),
            RegistryUrl::Etcd(urls) => write_all(f, urls),
        }
    }
}
impl fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StoreUrl::Memory => f.write_str("memory"),
            StoreUrl::Folder(folder) => write!(f, "{}", folder.display()),
            StoreUrl::Mongo(url) => f.write_str(&masked_url(url)),
        }
    }
}
impl fmt::Display for FilesUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FilesUrl::Folder(folder) => write!(f, "{}", folder.display()),
            FilesUrl::S3(url) => f.write_str(&masked_url(url.as_str())),
        }
    }
}

macro_rules! debug_is_display {
    ($($t:ty),*) => {$(
        impl fmt::Debug for $t {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
    )*};
}
debug_is_display!(BusUrl, RegistryUrl, StoreUrl, FilesUrl);

pub(super) fn registry_prefix(text: &str) -> Result<String, String> {
    let right = text.is_empty() || text.starts_with('/') && !text.ends_with('/') && text.chars().all(|c| c.is_ascii_graphic());
    if right { Ok(text.into()) } else { Err("expected a path that starts with a slash and does not end with one, like /fm".into()) }
}

pub(super) fn host_port(text: &str) -> Result<String, String> {
    let expected = || format!("`{text}` is not host:port, like 127.0.0.1:8080 or [::1]:0");
    let (host, port) = text.rsplit_once(':').ok_or_else(expected)?;
    port.parse::<u16>().map_err(|_| expected())?;
    if host.is_empty() || host.contains(':') && !host.starts_with('[') { Err(expected()) } else { Ok(text.into()) }
}

pub(super) fn http_url(text: &str) -> Result<Url, String> {
    match urls(text, &["http", "https"])?.as_slice() {
        [one] => Ok(one.clone()),
        _ => Err("expected one URL".into()),
    }
}

pub(super) fn collector(text: &str) -> Result<Url, String> {
    match urls(text, &["http"])?.as_slice() {
        [one] => Ok(one.clone()),
        _ => Err("expected one URL".into()),
    }
}

pub(super) fn instance(text: &str) -> Result<String, String> {
    let right = (1..=80).contains(&text.len()) && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    if right { Ok(text.into()) } else { Err("expected 1 to 80 letters, digits, `-`, `_` or `.`".into()) }
}

pub(super) fn network(text: &str) -> Result<IpNet, String> {
    let text = text.trim();
    let parsed = text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from));
    parsed.ok_or_else(|| format!("`{text}` is no network, like 10.0.0.0/8 or ::1"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_nodes_are_several_urls() {
        let BusUrl::Amqp(urls) = "amqp://a:1, amqps://b".parse().unwrap() else { panic!("not amqp") };
        assert_eq!(urls.len(), 2);
        assert_eq!("memory".parse::<RegistryUrl>(), Ok(RegistryUrl::Memory));
    }

    #[test]
    fn a_value_that_is_neither_a_known_url_nor_a_folder_is_refused() {
        for bad in ["", "mysql://h/db"] {
            assert!(bad.parse::<StoreUrl>().is_err(), "{bad}");
        }
        for bad in ["", "amqp://", "a:5672", "amqp://a,,amqp://b", "memory,amqp://a"] {
            assert!(bad.parse::<BusUrl>().is_err(), "{bad}");
        }
        for bad in ["s3://host", "s3://host/", "ftp://h/x"] {
            assert!(bad.parse::<FilesUrl>().is_err(), "{bad}");
        }
    }

    #[test]
    fn hosts_need_a_port_and_ipv6_needs_brackets() {
        for good in ["127.0.0.1:0", "[::1]:8080", "localhost:80"] {
            assert!(host_port(good).is_ok(), "{good}");
        }
        for bad in ["localhost", ":80", "::1:80", "a:70000"] {
            assert!(host_port(bad).is_err(), "{bad}");
        }
    }
}
