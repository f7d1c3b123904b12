use crate::{Error, Kind};

/// Why a token is refused. Clients see a code and a sentence; tests see that it was refused for the right reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    Missing,
    TooLong,
    Shape,
    Header,
    Algorithm,
    Type,
    Kid,
    KeyUnknown,
    KeysUnknown,
    Signature,
    Claims,
    Issuer,
    Audience,
    NotYet,
    Lifetime,
    Expired,
    Revoked,
    Actor,
    Renewer,
    Message,
    Body,
}

impl Flaw {
    pub(crate) fn why(self) -> &'static str {
        match self {
            Flaw::Missing => "there is none",
            Flaw::TooLong => "it is too long",
            Flaw::Shape => "it is not a signed compact JWT",
            Flaw::Header => "its header has a missing, doubled or unknown member",
            Flaw::Algorithm => "its algorithm is not EdDSA",
            Flaw::Type => "it is of another type",
            Flaw::Kid => "its key id is not a thumbprint",
            Flaw::KeyUnknown => "its key is not known",
            Flaw::KeysUnknown => "the keys are not known yet",
            Flaw::Signature => "its signature does not fit",
            Flaw::Claims => "its claims cannot be read",
            Flaw::Issuer => "it comes from another issuer",
            Flaw::Audience => "it is meant for another audience",
            Flaw::NotYet => "it was issued in the future",
            Flaw::Lifetime => "it would live too long",
            Flaw::Expired => "it has expired",
            Flaw::Revoked => "it was revoked",
            Flaw::Actor => "another service signed it",
            Flaw::Renewer => "another service renewed it",
            Flaw::Message => "it belongs to another message",
            Flaw::Body => "the message was changed",
        }
    }

    /// What a client sees of a refused access token.
    pub(crate) fn access(self) -> Error {
        let code = match self {
            Flaw::Missing => return Error::new(Kind::Unauthenticated, "token-missing", "sign in first: there is no access token"),
            Flaw::KeysUnknown => return keys_unknown(),
            Flaw::Expired => "token-expired",
            Flaw::Revoked => "token-revoked",
            _ => "token-invalid",
        };
        Error::new(Kind::Unauthenticated, code, format!("the access token is refused: {}", self.why()))
    }

    /// What a dead letter shows of a refused delegation token. Only unknown keys may become known by waiting.
    pub(crate) fn delegation(self) -> Error {
        let code = match self {
            Flaw::KeysUnknown => return keys_unknown(),
            Flaw::Missing => "delegation-missing",
            Flaw::Expired => "delegation-expired",
            Flaw::KeyUnknown => "delegation-key-unknown",
            Flaw::Audience => "delegation-audience",
            Flaw::Actor => "delegation-actor",
            Flaw::Renewer => "delegation-renewer",
            Flaw::Message => "delegation-message",
            Flaw::Body => "delegation-body",
            _ => "delegation-invalid",
        };
        let error = Error::new(Kind::Unauthenticated, code, format!("the delegation token is refused: {}", self.why()));
        if self == Flaw::KeyUnknown { error } else { error.permanent() }
    }
}

fn keys_unknown() -> Error {
    Error::new(Kind::Unavailable, "keys-unknown", "tokens cannot be checked yet: the registry has not answered").retry_after(1)
}
