//! nginx: the upstream of all, and a bare proxy to compare with.

use super::{
    Ring,
    contender::{listening, pinned},
};
use crate::{Result, process::family};
use market::child::{OwnedChild, free_addresses};
use std::{
    fs,
    net::SocketAddr,
    path::Path,
    process::{Command, Stdio},
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
    let server = format!(
        "upstream up {{ server {}; keepalive 64; keepalive_requests 100000000; }}
         server {{ listen {address}; location / {{ proxy_pass http://up; proxy_http_version 1.1; proxy_set_header Connection ''; }} }}",
        ring.upstream
    );
    let folder = ring.folder.path();
    let config = write(folder, "nginx", &server)?;
    start(pinned(ring.core, Path::new(PROGRAM), &folder.join("nginx.log"))?, &config, folder, address)
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
    Ok(Nginx { address, pids: family(process.0.id()), _process: process })
}
