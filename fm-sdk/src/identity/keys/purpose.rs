use crate::identity::policy::{LEEWAY, MAX_ACCESS_LIFETIME, MAX_MESSAGE_LIFETIME};
use std::time::Duration;

pub(crate) const ACCESS: &str = "/fm/identity/access/";
pub(crate) const SERVICES: &str = "/fm/identity/services/";

/// What keys sign. Each purpose has its own place in the registry, and no key serves two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Access tokens: the issuer alone.
    Access,
    /// Delegation tokens of the service of this name.
    Service(String),
}

impl Purpose {
    /// Where the public halves lie.
    pub(crate) fn prefix(&self) -> String {
        match self {
            Purpose::Access => ACCESS.into(),
            Purpose::Service(name) => format!("{SERVICES}{name}/"),
        }
    }
    /// How long a key signs before the next one takes over.
    pub(crate) fn rotation(&self) -> Duration {
        let days = if *self == Purpose::Access { 1 } else { 30 };
        Duration::from_secs(days * 86_400)
    }
    /// How long a public key stays after its last signature, in milliseconds: as long as what it signed.
    pub(crate) fn retention_ms(&self) -> i64 {
        let signed = if *self == Purpose::Access { MAX_ACCESS_LIFETIME } else { MAX_MESSAGE_LIFETIME };
        (signed + 2 * LEEWAY) * 1000
    }
}
