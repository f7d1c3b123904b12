//! nginx: the upstream of all, and a bare proxy to compare with.

use super::{
    Ring,
    contender::{listening, pinned},
    encrypted::Certificate,
};
use crate::{Result, process::family};
use market::child::{OwnedChild, free_addresses};
use std::{
    fs,
    net::SocketAddr,
    path::Path,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

const PROGRAM: &str = "/usr/sbin/nginx";

/// A running one.
pub(super) struct Nginx {
    pub address: SocketAddr,
    pub pids: Vec<u32>,
    _process: OwnedChild,
}

/// Answers everything with one kibibyte of JSON, on the core of the caller.
pub(super) fn upstream(folder: &Path) -> Result<Nginx> {
    let [address] = free_addresses()?;
    let body = format!("{{\"text\":\"{}\"}}", "x".repeat(1013));
    let server = format!("server {{ listen {address}; location / {{ default_type application/json; return 200 '{body}'; }} }}");
    let config = write(folder, "upstream", &server)?;
    let command = Command::new(PROGRAM);
    start(command, &config, folder, address)
}

/// Passes everything on, over kept connections.
pub(super) fn proxy(ring: &Ring) -> Result<Nginx> {
    let [address] = free_addresses()?;
    proxy_at(ring, "nginx", address, &format!("listen {address};"))
}

/// The same behind TLS 1.3, with HTTP/2 for those who ask for it, and tickets for sessions (its default).
pub(super) fn encrypted(ring: &Ring, certificate: &Certificate) -> Result<Nginx> {
    let [address] = free_addresses()?;
    let Certificate { chain, key, .. } = certificate;
    let files = format!("ssl_certificate {}; ssl_certificate_key {};", chain.display(), key.display());
    proxy_at(ring, "nginx-tls", address, &format!("listen {address} ssl http2; ssl_protocols TLSv1.3; {files}"))
}

fn proxy_at(ring: &Ring, name: &str, address: SocketAddr, listen: &str) -> Result<Nginx> {
    let server = format!(
        "upstream up {{ server {}; keepalive 128; keepalive_requests 100000000; }}
         server {{ {listen} location / {{ proxy_pass http://up; proxy_http_version 1.1; proxy_set_header Connection ''; }} }}",
        ring.upstream
    );
    let folder = ring.folder.path();
    let config = write(folder, name, &server)?;
    start(pinned(ring.core, Path::new(PROGRAM), &folder.join(format!("{name}.log")))?, &config, folder, address)
}

fn write(folder: &Path, name: &str, server: &str) -> Result<std::path::PathBuf> {
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .iter()
        .map(|kind| format!("{kind}_temp_path {}/{name}-{kind};\n", folder.display()))
        .collect();
    let path = folder.join(format!("{name}.conf"));
    fs::write(
        &path,
        format!(
            "daemon off; worker_processes 1; pid {0}/{name}.pid; error_log stderr warn;
             events {{ worker_connections 1024; }}
             http {{ access_log off; keepalive_requests 100000000; {temporary} {server} }}\n",
            folder.display()
        ),
    )?;
    Ok(path)
}

fn start(mut command: Command, config: &Path, folder: &Path, address: SocketAddr) -> Result<Nginx> {
    let log = config.with_extension("log");
    if command.get_program() == PROGRAM {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(fs::File::create(&log)?);
    }
    let process = OwnedChild(command.arg("-c").arg(config).arg("-p").arg(folder).arg("-e").arg("stderr").spawn()?);
    listening(address, &log)?;
    // The master listens before its worker is there, which does the work.
    let until = Instant::now() + Duration::from_secs(15);
    let mut pids = family(process.0.id());
    while pids.len() < 2 {
        if Instant::now() > until {
            return Err("nginx has no worker after 15 s".into());
        }
        thread::sleep(Duration::from_millis(10));
        pids = family(process.0.id());
    }
    Ok(Nginx { address, pids, _process: process })
}
