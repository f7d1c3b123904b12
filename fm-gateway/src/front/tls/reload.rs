//! Reads certificates, and reads them again when their files change. What cannot be used never takes the place of what can.

use super::{
    certificate::{Certificate, authorities},
    configuration::configuration,
    settings::TlsSettings,
};
use crate::front::GatewayMetrics;
use arc_swap::ArcSwap;
use fm_sdk::{Error, Kind, Result};
use ring::digest::{SHA256, digest};
use rustls::{RootCertStore, ServerConfig};
use std::{fs, future::pending, path::PathBuf, sync::Arc, time::Duration};
use tokio::sync::watch;

/// What stands where others have a file.
const ISSUED: &str = "acme";

/// What is made of files that belong together.
struct Watched<T> {
    /// Named in messages.
    setting: &'static str,
    files: Vec<PathBuf>,
    read: fn(&[Vec<u8>]) -> std::result::Result<T, String>,
    /// In force.
    value: T,
    /// Read since, and not in force yet.
    candidate: Option<T>,
    /// Of what was read last, or why it could not be.
    seen: std::result::Result<Vec<u8>, String>,
}

impl<T> Watched<T> {
    fn open(setting: &'static str, files: Vec<PathBuf>, read: fn(&[Vec<u8>]) -> std::result::Result<T, String>) -> Result<Self> {
        let (contents, seen) = contents(&files);
        let value = contents.and_then(|contents| read(&contents)).map_err(|why| {
            let message = format!("{setting}={} cannot be used: {why}", shown(&files));
            Error::new(Kind::Invalid, "tls-certificate", message)
        })?;
        Ok(Watched { setting, files, read, value, candidate: None, seen })
    }

    /// Reads the files; tells the outcome if they are others than before.
    fn look(&mut self) -> Option<std::result::Result<(), String>> {
        let (contents, seen) = contents(&self.files);
        if seen == self.seen {
            return None;
        }
        self.seen = seen;
        Some(contents.and_then(|contents| (self.read)(&contents)).map(|value| self.candidate = Some(value)))
    }

    /// What was read last.
    fn latest(&self) -> &T {
        self.candidate.as_ref().unwrap_or(&self.value)
    }

    /// Puts what was read last in force, or drops it.
    fn settle(&mut self, is_usable: bool) {
        if let Some(value) = self.candidate.take().filter(|_| is_usable) {
            self.value = value;
        }
    }

    /// The same as [`Self::look`], with the setting and the files that it is about.
    fn changed(&mut self) -> Option<Change> {
        self.look().map(|outcome| Change { setting: self.setting, files: shown(&self.files), outcome })
    }
}

/// Files that are others than before, and whether they can be used.
struct Change {
    setting: &'static str,
    files: String,
    outcome: std::result::Result<(), String>,
}

type Contents = std::result::Result<Vec<Vec<u8>>, String>;

/// Reads files, and makes a digest of what is in them: no key is kept longer than it is needed.
fn contents(files: &[PathBuf]) -> (Contents, std::result::Result<Vec<u8>, String>) {
    let contents: Contents = files.iter().map(|file| fs::read(file).map_err(|e| format!("{}: {e}", file.display()))).collect();
    let digests = |contents: &Vec<Vec<u8>>| contents.iter().flat_map(|bytes| digest(&SHA256, bytes).as_ref().to_vec()).collect();
    let seen = contents.as_ref().map(digests).map_err(Clone::clone);
    (contents, seen)
}

fn shown(files: &[PathBuf]) -> String {
    files.iter().map(|file| file.display().to_string()).collect::<Vec<_>>().join(":")
}

type Configure = fn(&[&Certificate], Option<&Arc<RootCertStore>>, &TlsSettings) -> std::result::Result<Arc<ServerConfig>, String>;

/// The certificate that the gateway gets by itself, as soon as there is one.
pub type Issued = watch::Receiver<Option<Arc<Certificate>>>;

/// Keeps the configuration of TLS true to its files, and to the certificate that the gateway gets by itself.
pub struct Reloader {
    settings: TlsSettings,
    certificates: Vec<Watched<Certificate>>,
    authorities: Option<Watched<Arc<RootCertStore>>>,
    /// Tells of certificates that are issued, and the one in force.
    issued: Option<Issued>,
    own: Option<Arc<Certificate>>,
    configure: Configure,
    config: Arc<ArcSwap<ServerConfig>>,
    metrics: GatewayMetrics,
}

impl Reloader {
    /// Reads all files; the certificates are those that the setting names, and one that may be issued later.
    ///
    /// # Errors
    /// `tls-certificate`, with the setting, the file and what is wrong with it.
    pub fn start(setting: &'static str, settings: TlsSettings, issued: Option<Issued>, metrics: GatewayMetrics) -> Result<Self> {
        let pair = |contents: &[Vec<u8>]| match contents {
            [chain, key] => Certificate::read(chain, key),
            _ => Err("there are not two files".into()),
        };
        let open = |files: &super::CertificateFiles| Watched::open(setting, vec![files.chain.clone(), files.key.clone()], pair);
        let certificates = settings.certificates.iter().map(open).collect::<Result<Vec<_>>>()?;
        if certificates.is_empty() && issued.is_none() {
            let message = format!("TLS needs a certificate: {setting}");
            return Err(Error::new(Kind::Invalid, "tls-certificate", message));
        }
        let roots = |contents: &[Vec<u8>]| authorities(&contents.concat());
        let open = |file: &PathBuf| Watched::open("FM_GATEWAY_TLS_CLIENT_CA", vec![file.clone()], roots);
        let authorities = settings.client_authorities.as_ref().map(open).transpose()?;
        let own = latest(issued.as_ref());
        let config = configure(configuration, own.as_deref(), &certificates, authorities.as_ref(), &settings);
        let config = Arc::new(ArcSwap::new(config.map_err(|e| Error::new(Kind::Internal, "tls", e))?));
        let reloader = Reloader { settings, certificates, authorities, issued, own, configure: configuration, config, metrics };
        reloader.show();
        Ok(reloader)
    }

    /// The configuration in force.
    pub fn config(&self) -> Arc<ArcSwap<ServerConfig>> {
        self.config.clone()
    }

    /// Looks at the files from time to time, and at what is issued at once. Connections that stand keep the certificate that they began with.
    pub async fn run(mut self) {
        let mut interval = tokio::time::interval(self.settings.reload.max(Duration::from_millis(10)));
        interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = interval.tick() => {}
                () = is_issued(&mut self.issued) => {}
            }
            let looked = tokio::task::spawn_blocking(move || {
                self.look();
                self
            });
            let Ok(looked) = looked.await else { return };
            self = looked;
        }
    }

    fn look(&mut self) {
        let mut changes: Vec<Change> = self.certificates.iter_mut().filter_map(Watched::changed).collect();
        changes.extend(self.authorities.as_mut().and_then(Watched::changed));
        let own = latest(self.issued.as_ref());
        if own.as_ref().map(Arc::as_ptr) != self.own.as_ref().map(Arc::as_ptr) {
            changes.push(Change { setting: ISSUED, files: ISSUED.into(), outcome: Ok(()) });
        }
        if changes.iter().any(|change| change.outcome.is_ok()) {
            let made = configure(self.configure, own.as_deref(), &self.certificates, self.authorities.as_ref(), &self.settings);
            let is_usable = made.is_ok();
            match made {
                Ok(config) => self.config.store(config),
                Err(e) => changes.iter_mut().filter(|change| change.outcome.is_ok()).for_each(|change| change.outcome = Err(e.clone())),
            }
            self.certificates.iter_mut().for_each(|certificate| certificate.settle(is_usable));
            self.authorities.iter_mut().for_each(|authorities| authorities.settle(is_usable));
            if is_usable {
                self.own = own;
            }
            self.show();
        }
        // Only now does it hold: who reads the count or the log may rely on it.
        changes.iter().for_each(|change| self.tell(change));
    }

    fn tell(&self, Change { setting, files, outcome }: &Change) {
        match outcome {
            Ok(()) => {
                self.metrics.certificates_loaded("loaded");
                log::info!(files = files.as_str(); "tls: {setting} has changed, new connections use it");
            }
            Err(why) => {
                self.metrics.certificates_loaded("refused");
                log::error!(files = files.as_str(); "tls: {setting} has changed and cannot be used ({why}), keeping the old one");
            }
        }
    }

    fn show(&self) {
        for certificate in &self.certificates {
            let file = certificate.files.first().map(|file| file.display().to_string()).unwrap_or_default();
            self.metrics.certificate_expires(&file, certificate.value.not_after);
        }
        if let Some(certificate) = &self.own {
            self.metrics.certificate_expires(ISSUED, certificate.not_after);
        }
    }
}

fn latest(issued: Option<&Issued>) -> Option<Arc<Certificate>> {
    issued.and_then(|issued| issued.borrow().clone())
}

/// Waits until another certificate is issued.
async fn is_issued(issued: &mut Option<Issued>) {
    let is_open = match issued {
        Some(issued) => issued.changed().await.is_ok(),
        None => false,
    };
    if !is_open {
        pending().await
    }
}

/// Makes a configuration of what was read last.
fn configure(
    configure: Configure,
    issued: Option<&Certificate>,
    certificates: &[Watched<Certificate>],
    authorities: Option<&Watched<Arc<RootCertStore>>>,
    settings: &TlsSettings,
) -> std::result::Result<Arc<ServerConfig>, String> {
    // A file bridges the time until the first one is issued for its names.
    let certificates: Vec<&Certificate> = issued.into_iter().chain(certificates.iter().map(Watched::latest)).collect();
    configure(&certificates, authorities.map(Watched::latest), settings)
}

#[cfg(test)]
mod tests {
    use super::*;
    use fm_sdk::metrics::Metrics;
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};
    use std::path::Path;

    /// Writes a certificate that expires at the beginning of this year.
    fn write(file: &Path, expires: i32) {
        let mut params = CertificateParams::new(["a.test".to_owned()]).unwrap();
        params.not_after = date_time_ymd(expires, 1, 1);
        let key = KeyPair::generate().unwrap();
        fs::write(file, format!("{}{}", params.self_signed(&key).unwrap().pem(), key.serialize_pem())).unwrap();
    }

    fn shows(reloader: &Reloader, seconds: i64) -> bool {
        reloader
            .metrics
            .all
            .text()
            .lines()
            .any(|line| line.starts_with("gateway_tls_certificate_expiry_") && line.ends_with(&format!(" {seconds}")))
    }

    #[test]
    fn the_expiry_that_is_shown_is_that_of_the_certificate_in_force() {
        const YEAR_2100: i64 = 4_102_444_800;
        const YEAR_2200: i64 = 7_258_118_400;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.pem");
        write(&file, 2100);
        let settings = TlsSettings {
            certificates: vec![super::super::CertificateFiles { chain: file.clone(), key: file.clone() }],
            ..TlsSettings::default()
        };
        let mut reloader = Reloader::start("TLS", settings, None, GatewayMetrics::new(Metrics::default())).unwrap();
        assert!(shows(&reloader, YEAR_2100));
        let in_force = reloader.config.load_full();
        reloader.configure = |_, _, _| Err("no randomness".into());
        write(&file, 2200);
        reloader.look();
        assert!(Arc::ptr_eq(&in_force, &reloader.config.load_full()));
        assert!(shows(&reloader, YEAR_2100), "{}", reloader.metrics.all.text());
        reloader.configure = configuration;
        write(&file, 2200);
        reloader.look();
        assert!(shows(&reloader, YEAR_2200));
    }
}
