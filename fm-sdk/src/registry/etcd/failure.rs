//! What went wrong with one attempt, sorted by what helps against it.

use crate::{Error, Kind, tls::TlsFailure};

/// The code of a registry that cannot be reached, unless TLS says why.
pub(super) const UNREACHABLE: &str = "registry-unreachable";

#[derive(Clone, Debug)]
pub(super) enum Failure {
    /// The node did not do it or did not say so: another one may. `doubtful`: it may have been done.
    Unreachable { code: &'static str, why: String, doubtful: bool },
    /// The token is not valid (any more): log in again.
    Login(String),
    /// The answer is no, and would be on every node.
    Refused { code: i32, why: String },
}

// gRPC status codes, https://grpc.github.io/grpc/core/md_doc_statuscodes.html
const INVALID_ARGUMENT: i32 = 3;
const NOT_FOUND: i32 = 5;
const PERMISSION_DENIED: i32 = 7;
const RESOURCE_EXHAUSTED: i32 = 8;
const FAILED_PRECONDITION: i32 = 9;
const OUT_OF_RANGE: i32 = 11;
const UNAUTHENTICATED: i32 = 16;

impl Failure {
    pub(super) fn silent() -> Failure {
        Failure::Unreachable {
            code: UNREACHABLE,
            why: format!("no answer within {} ms", super::pool::ATTEMPT_TIMEOUT.as_millis()),
            doubtful: true,
        }
    }
    pub(super) fn broken(why: &str) -> Failure {
        Failure::Unreachable { code: UNREACHABLE, why: why.to_string(), doubtful: true }
    }
    /// The same for a mere question: nothing can have been done.
    pub(super) fn undone(self) -> Failure {
        match self {
            Failure::Unreachable { code, why, .. } => Failure::Unreachable { code, why, doubtful: false },
            other => other,
        }
    }
    /// The lease is not known (any more).
    pub(super) fn is_not_found(&self) -> bool {
        matches!(self, Failure::Refused { code: NOT_FOUND, .. })
    }
    /// The server has no users, so that a login means nothing to it.
    pub(super) fn is_without_users(&self) -> bool {
        matches!(self, Failure::Refused { code: FAILED_PRECONDITION, .. })
    }
    pub(super) fn why(&self) -> &str {
        match self {
            Failure::Unreachable { why, .. } | Failure::Login(why) | Failure::Refused { why, .. } => why,
        }
    }
}

impl From<etcd_rs::Error> for Failure {
    fn from(error: etcd_rs::Error) -> Failure {
        if let Some(tls) = TlsFailure::among(&error).or_else(|| TlsFailure::within(&chain(&error))) {
            return Failure::Unreachable { code: tls.code, why: tls.to_string(), doubtful: false };
        }
        let etcd_rs::Error::Response(status) = &error else {
            return Failure::Unreachable { code: UNREACHABLE, why: chain(&error), doubtful: true };
        };
        let (code, why) = (status.code() as i32, status.message().to_string());
        match code {
            UNAUTHENTICATED => Failure::Login(why),
            INVALID_ARGUMENT if why.contains("authentication failed") => Failure::Login(why),
            // Also after a change of users or roles: the token was made before it.
            INVALID_ARGUMENT if why.contains("auth store is old") || why.contains("user name is empty") => Failure::Login(why),
            INVALID_ARGUMENT | NOT_FOUND | PERMISSION_DENIED | RESOURCE_EXHAUSTED | FAILED_PRECONDITION | OUT_OF_RANGE => {
                Failure::Refused { code, why }
            }
            _ => {
                let sent = !why.contains("error trying to connect") && !why.contains("no leader");
                Failure::Unreachable { code: UNREACHABLE, why: chain(status), doubtful: sent }
            }
        }
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Error {
        match failure {
            Failure::Unreachable { code, why, .. } => Error::new(Kind::Unavailable, code, format!("the registry cannot be reached: {why}")),
            Failure::Login(why) => Error::new(Kind::Unavailable, "registry-login", format!("the registry does not let us in: {why}")),
            Failure::Refused { why, .. } => Error::new(Kind::Internal, "registry-refused", format!("the registry refused: {why}")),
        }
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut texts: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(e) = next {
        let text = short(e);
        if !texts.iter().any(|t| t.contains(&text)) {
            texts.push(text);
        }
        next = e.source();
    }
    texts.join(": ")
}

/// The display of a gRPC status lists its metadata too; its message is enough.
fn short(error: &dyn std::error::Error) -> String {
    let text = error.to_string();
    match text.split_once("message: \"").and_then(|(_, rest)| rest.split_once("\", details")) {
        Some((message, _)) => message.to_string(),
        None => text,
    }
}
