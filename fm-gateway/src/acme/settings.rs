//! What can be set of ACME.

use super::{records, sealing::SealingKeys};
use crate::fetch::{Client, Url};
use fm_sdk::{Error, Kind, Result};
use rustls::pki_types::DnsName;
use std::{fs, net::IpAddr, path::PathBuf, time::Duration};

/// Let's Encrypt takes five failed validations of a name in an hour: the fifth is tried after half an hour, the sixth after more than an hour.
const RETRY: Duration = Duration::from_secs(120);
/// Names that authorities put into one certificate.
const MAX_NAMES: usize = 100;

/// Settings of ACME.
#[derive(Clone, Debug, clap::Args)]
pub struct AcmeSettings {
    /// The directory of an ACME server (RFC 8555) that a certificate is got from, https://host/path; not set: none is
    #[arg(long = "acme-directory", env = "FM_GATEWAY_ACME_DIRECTORY", value_name = "URL")]
    pub directory: Option<String>,

    /// The names that the certificate is for, separated by commas; each must lead to FM_HTTP by port 80
    #[arg(long = "acme-names", env = "FM_GATEWAY_ACME_NAMES", value_name = "NAMES", value_delimiter = ',')]
    pub names: Vec<String>,

    /// Mail addresses that the ACME server may write to, separated by commas
    #[arg(long = "acme-contact", env = "FM_GATEWAY_ACME_CONTACT", value_name = "ADDRESSES", value_delimiter = ',')]
    pub contact: Vec<String>,

    /// Whether the terms of service of the ACME server are accepted; nothing is ordered without
    #[arg(long = "acme-accept-terms", env = "FM_GATEWAY_ACME_ACCEPT_TERMS", action = clap::ArgAction::Set, default_value_t = false, value_name = "BOOL")]
    pub accept_terms: bool,

    /// A file that only this user may read, the same for all gateways: keys of 32 bytes in base64, one a line, that seal private keys in the
    /// registry. The first one seals, all of them open
    #[arg(long = "acme-sealing-keys", env = "FM_GATEWAY_ACME_SEALING_KEYS", value_name = "FILE")]
    pub sealing_keys: Option<PathBuf>,

    /// Certificates (PEM) of the only authorities that the ACME server itself is trusted by; not set: those of the public internet
    #[arg(long = "acme-ca", env = "FM_GATEWAY_ACME_CA", value_name = "FILE")]
    pub authorities: Option<PathBuf>,

    /// How long the first failure is waited after; not a flag: tests set it
    #[arg(skip = RETRY)]
    pub retry: Duration,
}

impl Default for AcmeSettings {
    /// Those without any flag: no ACME.
    fn default() -> Self {
        AcmeSettings {
            directory: None,
            names: Vec::new(),
            contact: Vec::new(),
            accept_terms: false,
            sealing_keys: None,
            authorities: None,
            retry: RETRY,
        }
    }
}

/// Settings of ACME that were checked.
pub struct Plan {
    pub(super) directory: String,
    /// In order and in lower case.
    pub(super) names: Vec<String>,
    /// URLs.
    pub(super) contact: Vec<String>,
    pub(super) client: Client,
    pub(super) keys: SealingKeys,
    pub(super) retry: Duration,
    /// Stands for directory and names in the registry: gateways of one set share a certificate.
    pub(super) set: String,
}

impl AcmeSettings {
    /// Checks them; `None` if no directory is set.
    ///
    /// # Errors
    /// `Invalid`, code `acme-settings`, with the setting and what is wrong with it.
    pub fn plan(&self) -> Result<Option<Plan>> {
        let Some(directory) = &self.directory else { return Ok(None) };
        let wrong = |setting: &str, why: String| Error::new(Kind::Invalid, "acme-settings", format!("FM_GATEWAY_ACME_{setting}: {why}"));
        Url::parse(directory, false).map_err(|why| wrong("DIRECTORY", why))?;
        if !self.accept_terms {
            let why = "nothing is ordered before the terms of service of the ACME server are accepted by `true`";
            return Err(wrong("ACCEPT_TERMS", why.into()));
        }
        let names = names(&self.names).map_err(|why| wrong("NAMES", why))?;
        let contact = self.contact.iter().map(|address| contact(address)).collect::<std::result::Result<_, _>>();
        let contact = contact.map_err(|why| wrong("CONTACT", why))?;
        let Some(file) = &self.sealing_keys else {
            return Err(wrong("SEALING_KEYS", "a file is expected: private keys lie in the registry, which others read".into()));
        };
        let keys = SealingKeys::read(file).map_err(|why| wrong("SEALING_KEYS", format!("{}: {why}", file.display())))?;
        let client = match &self.authorities {
            None => Client::trusting(None).map_err(|why| wrong("CA", why))?,
            Some(file) => {
                let pem = fs::read(file).map_err(|e| e.to_string());
                let client = pem.and_then(|pem| Client::trusting(Some(&pem)));
                client.map_err(|why| wrong("CA", format!("{}: {why}", file.display())))?
            }
        };
        let set = records::digest(&[directory.as_str()].into_iter().chain(names.iter().map(String::as_str)).collect::<Vec<_>>());
        Ok(Some(Plan { directory: directory.clone(), names, contact, client, keys, retry: self.retry, set }))
    }
}

fn names(given: &[String]) -> std::result::Result<Vec<String>, String> {
    let mut names: Vec<String> = given.iter().map(|name| name.trim().to_ascii_lowercase()).collect();
    for name in &names {
        if name.starts_with("*.") {
            return Err(format!("{name}: a wildcard cannot be proved by a challenge over HTTP"));
        }
        if name.parse::<IpAddr>().is_ok() || name.ends_with('.') || DnsName::try_from(name.as_str()).is_err() {
            return Err(format!("{name:?} is no name of DNS"));
        }
    }
    names.sort();
    names.dedup();
    match names.len() {
        0 => Err("one or more names are expected".into()),
        1..=MAX_NAMES => Ok(names),
        many => Err(format!("{many} names; a certificate has {MAX_NAMES} at most")),
    }
}

fn contact(address: &str) -> std::result::Result<String, String> {
    let address = address.trim();
    let is_address = address.split_once('@').is_some_and(|(local, host)| !local.is_empty() && DnsName::try_from(host).is_ok());
    if is_address && address.bytes().all(|b| b.is_ascii_graphic()) {
        Ok(format!("mailto:{address}"))
    } else {
        Err(format!("{address:?} is no mail address"))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    /// Settings that can be used.
    pub fn complete(folder: &std::path::Path) -> AcmeSettings {
        let file = folder.join("keys");
        fs::write(&file, format!("{}\n", "A".repeat(43) + "=")).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        AcmeSettings {
            directory: Some("https://acme.test/directory".into()),
            names: vec!["B.test".into(), "a.test".into(), "b.test".into()],
            contact: vec!["ops@a.test".into()],
            accept_terms: true,
            sealing_keys: Some(file),
            ..AcmeSettings::default()
        }
    }

    #[test]
    fn names_are_in_order_and_gateways_that_share_them_share_a_certificate() {
        let folder = tempfile::tempdir().unwrap();
        assert!(AcmeSettings::default().plan().unwrap().is_none());
        let settings = complete(folder.path());
        let plan = settings.plan().unwrap().unwrap();
        assert_eq!((plan.names.join(" "), plan.contact.join(" ")), ("a.test b.test".into(), "mailto:ops@a.test".into()));
        let set = |change: &dyn Fn(&mut AcmeSettings)| {
            let mut settings = settings.clone();
            change(&mut settings);
            settings.plan().unwrap().unwrap().set
        };
        assert_eq!(set(&|s| s.names.reverse()), plan.set);
        assert_ne!(set(&|s| s.names.truncate(1)), plan.set);
        assert_ne!(set(&|s| s.directory = Some("https://acme.test/other".into())), plan.set);
    }

    #[test]
    fn settings_that_cannot_be_used_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let open = folder.path().join("open");
        fs::write(&open, "A".repeat(43) + "=").unwrap();
        fs::set_permissions(&open, fs::Permissions::from_mode(0o644)).unwrap();
        type Change = Box<dyn Fn(&mut AcmeSettings)>;
        let rows: [(&str, Change); 11] = [
            ("DIRECTORY", Box::new(|s| s.directory = Some("http://acme.test/".into()))),
            ("ACCEPT_TERMS", Box::new(|s| s.accept_terms = false)),
            ("NAMES", Box::new(|s| s.names.clear())),
            ("NAMES", Box::new(|s| s.names = vec!["*.a.test".into()])),
            ("NAMES", Box::new(|s| s.names = vec!["127.0.0.1".into()])),
            ("NAMES", Box::new(|s| s.names = vec!["a b".into()])),
            ("NAMES", Box::new(|s| s.names = (0..101).map(|n| format!("{n}.test")).collect())),
            ("CONTACT", Box::new(|s| s.contact = vec!["nobody".into()])),
            ("SEALING_KEYS", Box::new(|s| s.sealing_keys = None)),
            ("SEALING_KEYS", Box::new(move |s| s.sealing_keys = Some(open.clone()))),
            ("CA", Box::new(|s| s.authorities = Some("/missing.pem".into()))),
        ];
        for (setting, change) in rows {
            let mut settings = complete(folder.path());
            change(&mut settings);
            let error = settings.plan().err().unwrap();
            assert_eq!(error.code(), "acme-settings");
            assert!(error.message().starts_with(&format!("FM_GATEWAY_ACME_{setting}: ")), "{error:?}");
        }
    }
}
