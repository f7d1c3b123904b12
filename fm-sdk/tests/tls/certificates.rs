//! An authority of a test's own, and what it signs, made by the `openssl` command.

use fm_sdk::config::TlsFiles;
use fm_sdk_testing::servers::ServerTls;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
};
use tempfile::TempDir;

/// How long a certificate is valid.
pub enum Validity {
    Now,
    Expired,
}

pub struct Authority {
    folder: TempDir,
    signed: AtomicUsize,
}

impl Authority {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path();
        fs::create_dir(at.join("issued")).unwrap();
        fs::write(at.join("index"), "").unwrap();
        fs::write(at.join("ca.cnf"), format!("[ca]\ndefault_ca=x\n[x]\ndatabase={0}/index\nnew_certs_dir={0}/issued\nrand_serial=yes\ndefault_md=sha256\nunique_subject=no\npolicy=p\ncopy_extensions=copy\n[p]\ncommonName=supplied\n", at.display())).unwrap();
        let new =
            ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=test authority"];
        openssl(at, &[&new[..], &["-keyout", "ca.key", "-out", "ca.pem"]].concat());
        Authority { folder, signed: AtomicUsize::new(0) }
    }

    pub fn certificate(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// Signs a certificate for a name; gives its files and one with both.
    fn sign(&self, file: &str, name: &str, san: &str, validity: &Validity) -> [PathBuf; 3] {
        let (at, n) = (self.folder.path(), self.signed.fetch_add(1, Relaxed));
        let [key, csr, pem, both] = ["key", "csr", "pem", "both.pem"].map(|end| format!("{file}-{n}.{end}"));
        let (subject, san) = (format!("/CN={name}"), format!("subjectAltName={san}"));
        let request = ["req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", &subject, "-addext", &san];
        openssl(at, &[&request[..], &["-keyout", &key, "-out", &csr]].concat());
        let (from, until) = match validity {
            Validity::Now => ("20200101000000Z", "20991231000000Z"),
            Validity::Expired => ("20200101000000Z", "20200102000000Z"),
        };
        let sign = ["ca", "-batch", "-notext", "-config", "ca.cnf", "-cert", "ca.pem", "-keyfile", "ca.key"];
        openssl(at, &[&sign[..], &["-startdate", from, "-enddate", until, "-in", &csr, "-out", &pem]].concat());
        let [key, pem, both] = [key, pem, both].map(|name| at.join(name));
        fs::write(&both, [fs::read(&pem).unwrap(), fs::read(&key).unwrap()].concat()).unwrap();
        [pem, key, both]
    }

    /// What a server on this machine needs; `san` names it to clients.
    pub fn server(&self, san: &str, validity: &Validity) -> ServerTls {
        let [certificate, key, _] = self.sign("server", "server", san, validity);
        ServerTls { certificate, key, authority: self.certificate() }
    }

    /// What a client needs that trusts this authority and has a certificate of it.
    pub fn client(&self) -> TlsFiles {
        let [_, _, both] = self.sign("client", "fm-client", "DNS:fm-client", &Validity::Now);
        TlsFiles { authorities: Some(self.certificate()), identity: Some(both) }
    }
}

/// The name and address under which the servers of tests are reached.
pub const HERE: &str = "DNS:localhost,IP:127.0.0.1";

fn openssl(folder: &Path, args: &[&str]) {
    let done = Command::new("openssl").args(args).current_dir(folder).output().expect("openssl is installed");
    assert!(done.status.success(), "openssl {}: {}", args.join(" "), String::from_utf8_lossy(&done.stderr));
}
