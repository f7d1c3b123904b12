//! Takes clients in: bounded in time and number, so that whoever is slow or silent holds nothing that others need.

use super::settings::TlsSettings;
use crate::front::{GatewayMetrics, Load, PerAddress};
use arc_swap::ArcSwap;
use fm_sdk::metrics::prometheus_client::metrics::gauge::Gauge;
use ipnet::IpNet;
use rustls::{ServerConfig, server::Acceptor};
use std::{io, net::IpAddr, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::timeout,
};
use tokio_rustls::{LazyConfigAcceptor, server::TlsStream};

/// The part of all handshakes that one client address may have under way.
const SHARE: usize = 8;

/// TLS of a port, as all workers use it.
pub struct Tls {
    config: Arc<ArcSwap<ServerConfig>>,
    time: Duration,
    under_way: Load,
    per_address: PerAddress,
    metrics: GatewayMetrics,
}

impl Tls {
    /// Takes clients in with the configuration that is in force when they come. The gauge counts the handshakes under way.
    pub fn new(
        config: Arc<ArcSwap<ServerConfig>>,
        settings: &TlsSettings,
        trusted: &[IpNet],
        under_way: Gauge,
        metrics: GatewayMetrics,
    ) -> Self {
        let under_way = Load::new(settings.handshakes, under_way);
        let per_address = PerAddress::new(settings.handshakes.div_ceil(SHARE), trusted, Default::default());
        Tls { config, time: settings.handshake_time, under_way, per_address, metrics }
    }

    /// Shakes hands; `None` if it fails, which is counted.
    pub async fn accept<S: AsyncRead + AsyncWrite + Unpin>(&self, io: S, peer: IpAddr) -> Option<TlsStream<S>> {
        let shaken = timeout(self.time, self.shake(io, peer)).await.unwrap_or(Err(Refused::TimedOut));
        let code = match &shaken {
            Ok(_) => "done",
            Err(Refused::TimedOut) => "timeout",
            Err(Refused::Busy) => "busy",
            Err(Refused::Failed(_)) => "failed",
        };
        self.metrics.handshake(code);
        if let Err(Refused::Failed(e)) = &shaken {
            log::debug!("tls: the handshake with {peer} failed: {e}");
        }
        shaken.ok()
    }

    async fn shake<S: AsyncRead + AsyncWrite + Unpin>(&self, io: S, peer: IpAddr) -> Result<TlsStream<S>, Refused> {
        // Who says nothing is a connection like any other; a handshake begins with the first message.
        let hello = LazyConfigAcceptor::new(Acceptor::default(), io).await.map_err(Refused::Failed)?;
        let _place = self.under_way.enter().ok_or(Refused::Busy)?;
        let of_address = self.per_address.enter(peer);
        if of_address.excess > 0 {
            return Err(Refused::Busy);
        }
        hello.into_stream(self.config.load_full()).await.map_err(Refused::Failed)
    }
}

/// Why a client is not taken in.
enum Refused {
    TimedOut,
    /// Too many handshakes are under way.
    Busy,
    Failed(io::Error),
}
