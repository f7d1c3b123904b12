use crate::{Error, Kind, Result, tls::TlsFiles};
use rustls::ClientConfig;
use std::sync::Arc;
use url::Url;

/// Where a broker is and how to log in there.
#[derive(Clone)]
pub(in super::super) struct Address {
    /// How to encrypt the connection, if the URL says so.
    pub tls: Option<Arc<ClientConfig>>,
    pub host: String,
    pub port: u16,
    pub vhost: String,
    pub user: String,
    pub password: String,
}

/// Without the password: for logs and for people.
impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        let scheme = if self.tls.is_some() { "amqps" } else { "amqp" };
        write!(f, "{scheme}://{}@{host}:{}/{}", self.user, self.port, self.vhost.trim_start_matches('/'))
    }
}

/// Reads a comma separated list of AMQP URLs (<https://www.rabbitmq.com/docs/uri-spec>); a path of `/` or none means the virtual host `/`.
///
/// `amqps` is AMQP over TLS, with these files.
pub(in super::super) fn parse(urls: &str, tls: &TlsFiles) -> Result<Vec<Address>> {
    let urls = urls.split(',').map(str::trim).filter(|u| !u.is_empty());
    let encrypted = urls.clone().any(|u| u.starts_with("amqps:"));
    let config = if encrypted { Some(Arc::new(tls.client()?)) } else { None };
    let list = urls.map(|url| parse_one(url, config.as_ref())).collect::<Result<Vec<_>>>()?;
    if list.is_empty() { Err(bad("no address of a broker is given")) } else { Ok(list) }
}

fn parse_one(text: &str, config: Option<&Arc<ClientConfig>>) -> Result<Address> {
    let url = Url::parse(text).map_err(|e| bad("an address of the broker is not a URL").caused_by(e))?;
    let (tls, port) = match url.scheme() {
        "amqp" => (None, 5672),
        "amqps" => (config.cloned(), 5671),
        other => return Err(bad(format!("`{other}://` is not an address of a broker, `amqp://host:port/vhost` is"))),
    };
    if url.query().is_some() {
        return Err(bad("parameters after `?` are not understood in an address of the broker"));
    }
    let host = match url.host() {
        Some(url::Host::Domain(d)) if !d.is_empty() => decode(d)?,
        Some(url::Host::Ipv4(ip)) => ip.to_string(),
        Some(url::Host::Ipv6(ip)) => ip.to_string(),
        _ => "localhost".into(),
    };
    let path = url.path().trim_start_matches('/');
    if path.contains('/') {
        return Err(bad("the virtual host is one segment of the path; write `/` in it as %2F"));
    }
    Ok(Address {
        tls,
        host,
        port: url.port().unwrap_or(port),
        vhost: if path.is_empty() { "/".into() } else { decode(path)? },
        user: if url.username().is_empty() { "guest".into() } else { decode(url.username())? },
        password: url.password().map_or(Ok("guest".into()), decode)?,
    })
}

/// Undoes percent encoding (RFC 3986, 2.1).
fn decode(text: &str) -> Result<String> {
    let (mut bytes, mut out) = (text.bytes(), Vec::with_capacity(text.len()));
    while let Some(b) = bytes.next() {
        if b != b'%' {
            out.push(b);
            continue;
        }
        let digits = [bytes.next().unwrap_or(0), bytes.next().unwrap_or(0)];
        let value = std::str::from_utf8(&digits).ok().and_then(|d| u8::from_str_radix(d, 16).ok());
        out.push(value.ok_or_else(|| bad("a `%` in an address of the broker is not followed by two hex digits"))?);
    }
    String::from_utf8(out).map_err(|e| bad("an address of the broker is not UTF-8").caused_by(e))
}

fn bad(why: impl Into<String>) -> Error {
    Error::new(Kind::Invalid, "bus-address", why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_fill_what_is_left_out() {
        let a = parse("amqp://", &TlsFiles::default()).unwrap().remove(0);
        assert_eq!((a.host.as_str(), a.port, a.vhost.as_str(), a.user.as_str()), ("localhost", 5672, "/", "guest"));
    }

    #[test]
    fn everything_may_be_percent_encoded_and_ipv6_has_brackets() {
        let l = parse("amqp://u%40x:p%2fw@[::1]:5/a%2Fb, amqp://h2/v", &TlsFiles::default()).unwrap();
        assert_eq!((l[0].user.as_str(), l[0].password.as_str(), l[0].host.as_str(), l[0].vhost.as_str()), ("u@x", "p/w", "::1", "a/b"));
        assert_eq!((l[1].host.as_str(), l[1].port, l[1].vhost.as_str()), ("h2", 5672, "v"));
    }

    #[test]
    fn amqps_has_a_port_of_its_own_and_may_stand_beside_amqp() {
        let l = parse("amqps://a, amqp://b,amqps://c:1/v", &TlsFiles::default()).unwrap();
        assert_eq!(l.iter().map(|a| (a.tls.is_some(), a.port)).collect::<Vec<_>>(), [(true, 5671), (false, 5672), (true, 1)]);
        assert_eq!(l[2].to_string(), "amqps://guest@c:1/v");
        let missing = TlsFiles { authorities: Some("missing.pem".into()), identity: None };
        assert_eq!(parse("amqps://a", &missing).err().unwrap().code(), "tls-authorities");
        assert!(parse("amqp://a", &missing).is_ok(), "files that are not needed are not read");
    }

    #[test]
    fn passwords_are_not_shown() {
        assert_eq!(parse("amqp://u:secret@h:1/v", &TlsFiles::default()).unwrap()[0].to_string(), "amqp://u@h:1/v");
    }

    #[test]
    fn bad_addresses_say_what_is_wrong() {
        for (url, word) in [
            ("", "no address"),
            ("localhost:5672", "not an address"),
            ("http://h", "`http://`"),
            ("amqp://h/a/b", "%2F"),
            ("amqp://h/%zz", "hex"),
            ("amqp://h/v?heartbeat=1", "parameters"),
        ] {
            let Err(e) = parse(url, &TlsFiles::default()) else { panic!("{url} was taken") };
            assert!(e.message().contains(word), "{url}: {e}");
        }
    }
}
