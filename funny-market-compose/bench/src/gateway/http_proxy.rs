//! http-proxy of npm on Node.js, the proxy that the first market was built on.

use super::{
    Ring,
    contender::{listening, pinned},
};
use crate::{Result, process::family};
use market::child::{OwnedChild, free_addresses};
use std::{net::SocketAddr, path::Path};

const SCRIPT: &str = "const [up, host, port] = process.argv.slice(1);
const agent = new (require('http').Agent)({ keepAlive: true });
require('http-proxy').createProxyServer({ target: up, agent }).listen(Number(port), host);";

pub(super) struct HttpProxy {
    pub address: SocketAddr,
    pub pids: Vec<u32>,
    _process: OwnedChild,
}

/// Starts one; `modules` is a folder into which npm has installed it.
pub(super) fn start(ring: &Ring, modules: &Path) -> Result<HttpProxy> {
    let [address] = free_addresses()?;
    let log = ring.folder.path().join("http-proxy.log");
    let mut command = pinned(ring.core, Path::new("node"), &log)?;
    command.env("NODE_PATH", modules).args(["--no-deprecation", "-e", SCRIPT, &format!("http://{}", ring.upstream)]);
    let process = OwnedChild(command.arg(address.ip().to_string()).arg(address.port().to_string()).spawn()?);
    listening(address, &log)?;
    Ok(HttpProxy { address, pids: family(process.0.id()), _process: process })
}
