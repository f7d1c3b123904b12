//! HAProxy: bare, and checking tokens as its manual shows (<https://docs.haproxy.org/2.6/configuration.html#jwt_verify>).

use super::{
    Ring,
    contender::{listening, pinned},
};
use crate::{Result, process::family};
use market::child::{OwnedChild, free_addresses};
use std::{fs, net::SocketAddr, path::Path};

pub(super) struct HaProxy {
    pub bare: SocketAddr,
    pub hs256: SocketAddr,
    pub rs256: SocketAddr,
    pub pids: Vec<u32>,
    _process: OwnedChild,
}

/// Starts one process with a front for each case. `secret` is the key of HS256, `public` the file with that of RS256.
pub(super) fn start(ring: &Ring, secret: &str, public: &Path) -> Result<HaProxy> {
    let [bare, hs256, rs256] = free_addresses()?;
    let folder = ring.folder.path();
    let (config, log) = (folder.join("haproxy.cfg"), folder.join("haproxy.log"));
    fs::write(
        &config,
        format!(
            "global
  nbthread 1
defaults
  mode http
  timeout connect 2s
  timeout client 60s
  timeout server 60s
  http-reuse always
frontend bare
  bind {bare}
  default_backend up
{}{}backend up
  server one {}
",
            checking("hs256", hs256, "HS256", secret),
            checking("rs256", rs256, "RS256", &public.display().to_string()),
            ring.upstream
        ),
    )?;
    let process = OwnedChild(pinned(ring.core, Path::new("/usr/sbin/haproxy"), &log)?.arg("-db").arg("-f").arg(&config).spawn()?);
    listening(rs256, &log)?;
    Ok(HaProxy { bare, hs256, rs256, pids: family(process.0.id()), _process: process })
}

/// A front that checks algorithm, signature, issuer, audience, end and scope: what the gateway checks too.
fn checking(name: &str, bind: SocketAddr, algorithm: &str, key: &str) -> String {
    format!(
        "frontend {name}
  bind {bind}
  http-request set-var(txn.bearer) http_auth_bearer
  http-request set-var(txn.alg) var(txn.bearer),jwt_header_query('$.alg')
  http-request set-var(txn.iss) var(txn.bearer),jwt_payload_query('$.iss')
  http-request set-var(txn.aud) var(txn.bearer),jwt_payload_query('$.aud')
  http-request set-var(txn.exp) var(txn.bearer),jwt_payload_query('$.exp','int')
  http-request set-var(txn.scope) var(txn.bearer),jwt_payload_query('$.scope')
  http-request deny deny_status 401 unless {{ var(txn.alg) -m str {algorithm} }}
  http-request deny deny_status 401 unless {{ var(txn.iss) -m str {issuer} }}
  http-request deny deny_status 401 unless {{ var(txn.aud) -m str {audience} }}
  http-request deny deny_status 401 unless {{ var(txn.bearer),jwt_verify(txn.alg,\"{key}\") -m int 1 }}
  http-request set-var(txn.now) date()
  http-request deny deny_status 401 if {{ var(txn.exp),sub(txn.now) -m int lt 0 }}
  http-request deny deny_status 403 unless {{ var(txn.scope) -m sub cars:write }}
  default_backend up
",
        issuer = super::tokens::ISSUER,
        audience = super::tokens::AUDIENCE,
    )
}
