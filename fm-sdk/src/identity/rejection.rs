use crate::{Error, Kind};

/// Why a token is refused. Clients see a code and a sentence; tests see that it was refused for the right reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenRejection {
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

impl TokenRejection {
    pub(crate) fn why(self) -> &'static str {
        match self {
            TokenRejection::Missing => "there is none",
            TokenRejection::TooLong => "it is too long",
            TokenRejection::Shape => "it is not a signed compact JWT",
            TokenRejection::Header => "its header has a missing, doubled or unknown member",
            TokenRejection::Algorithm => "its algorithm is not EdDSA",
            TokenRejection::Type => "it is of another type",
            TokenRejection::Kid => "its key id is not a thumbprint",
            TokenRejection::KeyUnknown => "its key is not known",
            TokenRejection::KeysUnknown => "the keys are not known yet",
            TokenRejection::Signature => "its signature does not fit",
            TokenRejection::Claims => "its claims cannot be read",
            TokenRejection::Issuer => "it comes from another issuer",
            TokenRejection::Audience => "it is meant for another audience",
            TokenRejection::NotYet => "it was issued in the future",
            TokenRejection::Lifetime => "it would live too long",
            TokenRejection::Expired => "it has expired",
            TokenRejection::Revoked => "it was revoked",
            TokenRejection::Actor => "another service signed it",
            TokenRejection::Renewer => "another service renewed it",
            TokenRejection::Message => "it belongs to another message",
            TokenRejection::Body => "the message was changed",
        }
    }

    /// What a client sees of a refused access token.
    pub(crate) fn access(self) -> Error {
        let code = match self {
            TokenRejection::Missing => {
                return Error::new(Kind::Unauthenticated, "token-missing", "sign in first: there is no access token");
            }
            TokenRejection::KeysUnknown => return keys_unknown(),
            TokenRejection::Expired => "token-expired",
            TokenRejection::Revoked => "token-revoked",
            _ => "token-invalid",
        };
        Error::new(Kind::Unauthenticated, code, format!("the access token is refused: {}", self.why()))
    }

    /// What a dead letter shows of a refused delegation token. Only unknown keys may become known by waiting.
    pub(crate) fn delegation(self) -> Error {
        let code = match self {
            TokenRejection::KeysUnknown => return keys_unknown(),
            TokenRejection::Missing => "delegation-missing",
            TokenRejection::Expired => "delegation-expired",
            TokenRejection::KeyUnknown => "delegation-key-unknown",
            TokenRejection::Audience => "delegation-audience",
            TokenRejection::Actor => "delegation-actor",
            TokenRejection::Renewer => "delegation-renewer",
            TokenRejection::Message => "delegation-message",
            TokenRejection::Body => "delegation-body",
            _ => "delegation-invalid",
        };
        let error = Error::new(Kind::Unauthenticated, code, format!("the delegation token is refused: {}", self.why()));
        if self == TokenRejection::KeyUnknown { error } else { error.permanent() }
    }
}

fn keys_unknown() -> Error {
    Error::new(Kind::Unavailable, "keys-unknown", "tokens cannot be checked yet: the registry has not answered").retry_after(1)
}
