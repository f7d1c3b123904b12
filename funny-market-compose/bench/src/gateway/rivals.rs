//! Those that the gateway is compared with.

use super::{
    Ring,
    contender::{Contender, get},
    haproxy::{self, HaProxy},
    http_proxy::{self, HttpProxy},
    nginx::{self, Nginx},
    tokens,
};
use crate::Result;
use jsonwebtoken::{Algorithm, EncodingKey};
use std::path::Path;

pub(super) const NGINX: &str = "nginx, bare proxy";
pub(super) const RS256: &str = "HAProxy, RS256 and scope";
const HAPROXY: &str = "HAProxy, bare proxy";
const HTTP_PROXY: &str = "http-proxy on Node.js, bare proxy";
const HS256: &str = "HAProxy, HS256 and scope";

pub(super) struct Rivals {
    nginx: Nginx,
    haproxy: HaProxy,
    http_proxy: Option<HttpProxy>,
    hs256: String,
    rs256: String,
}

impl Rivals {
    pub fn start(ring: &Ring, node_modules: Option<&Path>) -> Result<Self> {
        let (private, public) = tokens::rsa(ring.folder.path())?;
        Ok(Rivals {
            nginx: nginx::proxy(ring)?,
            haproxy: haproxy::start(ring, tokens::SECRET, &public)?,
            http_proxy: node_modules.map(|modules| http_proxy::start(ring, modules)).transpose()?,
            hs256: tokens::sign(Algorithm::HS256, &EncodingKey::from_secret(tokens::SECRET.as_bytes()))?,
            rs256: tokens::sign(Algorithm::RS256, &private)?,
        })
    }

    pub fn contenders(&self) -> Vec<Contender> {
        let one = |name, to, token, pids: &[u32]| Contender::new(name, to, vec![get(to, "/api/cars/1", token)], pids);
        let (nginx, haproxy) = (&self.nginx, &self.haproxy);
        let mut all = vec![
            one(NGINX, nginx.address, None, &nginx.pids),
            one(HAPROXY, haproxy.bare, None, &haproxy.pids),
            one(HS256, haproxy.hs256, Some(&self.hs256), &haproxy.pids),
            one(RS256, haproxy.rs256, Some(&self.rs256), &haproxy.pids),
        ];
        all.extend(self.http_proxy.as_ref().map(|p| one(HTTP_PROXY, p.address, None, &p.pids)));
        all
    }
}
