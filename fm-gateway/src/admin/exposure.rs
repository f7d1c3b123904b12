//! How operators reach their port. Passwords, sessions and tokens travel there: only where nobody else can listen.

use clap::ValueEnum;
use fm_sdk::{Error, Kind, Result};
use std::net::SocketAddr;

/// Where dashboard and Admin API are served on a port that speaks no TLS itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ClearText {
    /// On a loopback address only; elsewhere the port has health and metrics alone.
    #[default]
    Loopback,
    /// Anywhere: what stands in front of the port speaks TLS, and nothing else reaches it.
    BehindTls,
    /// Anywhere: the network that reaches the port is private.
    PrivateNetwork,
}

/// How operators reach their port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exposure {
    /// Over TLS, which the port speaks itself.
    Tls,
    /// Over TLS, which ends in front of it.
    BehindTls,
    /// In clear text, where nobody else can listen.
    Private,
    /// In clear text, where anybody may listen: nobody signs in.
    Exposed,
}

impl Exposure {
    /// Tells how a port is exposed that is bound to this address and may speak TLS.
    pub fn of(has_tls: bool, clear_text: ClearText, address: SocketAddr) -> Exposure {
        match clear_text {
            _ if has_tls => Exposure::Tls,
            ClearText::BehindTls => Exposure::BehindTls,
            ClearText::PrivateNetwork => Exposure::Private,
            ClearText::Loopback if address.ip().to_canonical().is_loopback() => Exposure::Private,
            ClearText::Loopback => Exposure::Exposed,
        }
    }

    /// Whether browsers are known to come over TLS.
    pub fn is_encrypted(self) -> bool {
        matches!(self, Exposure::Tls | Exposure::BehindTls)
    }

    /// Refuses whatever needs or gives a secret, where anybody may listen.
    ///
    /// # Errors
    /// `Forbidden`, code `tls-needed`.
    pub fn check(self) -> Result<()> {
        if self == Exposure::Exposed { Err(Error::new(Kind::Forbidden, "tls-needed", NEEDED)) } else { Ok(()) }
    }

    /// Says once what will be refused.
    pub fn warn(self, address: SocketAddr) {
        if self == Exposure::Exposed {
            log::warn!("admin: {address} is reached from other hosts: {NEEDED}");
        }
    }
}

const NEEDED: &str = "dashboard and Admin API are refused here without TLS: set FM_ADMIN_TLS_CERTIFICATES, or say with FM_ADMIN_CLEAR_TEXT what protects the port";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_or_a_setting_that_says_why_lets_anybody_sign_in() {
        let of = |clear_text, address: &str| Exposure::of(false, clear_text, address.parse().unwrap());
        for (clear_text, address, expected) in [
            (ClearText::Loopback, "127.0.0.1:8081", Exposure::Private),
            (ClearText::Loopback, "127.8.9.1:8081", Exposure::Private),
            (ClearText::Loopback, "[::1]:8081", Exposure::Private),
            (ClearText::Loopback, "[::ffff:127.0.0.1]:8081", Exposure::Private),
            (ClearText::Loopback, "0.0.0.0:8081", Exposure::Exposed),
            (ClearText::Loopback, "[::]:8081", Exposure::Exposed),
            (ClearText::Loopback, "10.0.0.7:8081", Exposure::Exposed),
            (ClearText::BehindTls, "0.0.0.0:8081", Exposure::BehindTls),
            (ClearText::PrivateNetwork, "0.0.0.0:8081", Exposure::Private),
        ] {
            let exposure = of(clear_text, address);
            assert_eq!((exposure, exposure.check().is_err()), (expected, expected == Exposure::Exposed), "{clear_text:?} {address}");
        }
    }

    #[test]
    fn tls_of_its_own_protects_a_port_anywhere() {
        for clear_text in [ClearText::Loopback, ClearText::BehindTls, ClearText::PrivateNetwork] {
            let exposure = Exposure::of(true, clear_text, "0.0.0.0:8081".parse().unwrap());
            assert!(exposure == Exposure::Tls && exposure.is_encrypted() && exposure.check().is_ok(), "{clear_text:?}");
        }
    }
}
