//! Why there is no new certificate.

use super::http::Unreachable;
use std::{fmt, time::Duration};

/// What went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The ACME server does not answer, or not as one.
    Unreachable,
    /// It refuses something: the account, a name, too many orders.
    Refused,
    /// It could not validate a name.
    Challenge,
    /// It takes too long.
    TimedOut,
    /// A certificate that cannot be used, or is for other names.
    Certificate,
    /// What lies in the registry was sealed by another key.
    Sealed,
    /// The registry cannot be reached, or has changed meanwhile.
    Registry,
}

/// A failure, as it is logged and counted.
#[derive(Debug)]
pub struct Failure {
    pub cause: Cause,
    pub why: String,
    /// How long the ACME server wants to be left alone.
    pub retry_after: Option<Duration>,
}

impl Failure {
    pub fn new(cause: Cause, why: impl Into<String>) -> Failure {
        Failure { cause, why: why.into(), retry_after: None }
    }

    /// A stable name.
    pub fn code(&self) -> &'static str {
        match self.cause {
            Cause::Unreachable => "acme-unreachable",
            Cause::Refused => "acme-refused",
            Cause::Challenge => "acme-challenge",
            Cause::TimedOut => "acme-timeout",
            Cause::Certificate => "acme-certificate",
            Cause::Sealed => "acme-sealed",
            Cause::Registry => "acme-registry",
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

impl From<instant_acme::Error> for Failure {
    fn from(error: instant_acme::Error) -> Self {
        let cause = match &error {
            instant_acme::Error::Api(_) | instant_acme::Error::Unsupported(_) => Cause::Refused,
            instant_acme::Error::Timeout(_) => Cause::TimedOut,
            _ => Cause::Unreachable,
        };
        let why = match &error {
            instant_acme::Error::Other(other) if other.is::<Unreachable>() => other.to_string(),
            _ => error.to_string(),
        };
        Failure::new(cause, why)
    }
}

impl From<fm_sdk::Error> for Failure {
    fn from(error: fm_sdk::Error) -> Self {
        Failure::new(Cause::Registry, error.chain().to_string())
    }
}
