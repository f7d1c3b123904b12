//! Who acts: access tokens, delegation tokens, the keys that sign them, and how they are revoked.
//!
//! Two key sets that never mix lie in the registry: `/fm/identity/access/<kid>` (written by the issuer alone; the only keys that may sign
//! access tokens) and `/fm/identity/services/<name>/<kid>` (delegation). Revocations lie under `/fm/identity/epochs/`. All are watched, so
//! that rotation needs no restart and checking a token never asks the registry.

mod cache;
mod caller;
mod claims;
mod delegation;
mod epochs;
mod extract;
mod issuer;
mod jws;
mod keys;
mod policy;
mod rbac;
mod rejection;
mod ring;
mod scopes;
#[cfg(test)]
mod tests;
mod verifier;

pub use caller::Identity;
pub use claims::{AccessClaims, Actor, DelegationClaims};
pub use delegation::Delegate;
pub use epochs::Epochs;
pub use extract::{MaybeIdentity, identity_of};
pub use issuer::{AccessToken, Issuer};
pub use keys::{Jwk, JwkSet, Keys, Purpose};
pub use policy::TokenPolicy;
pub use rbac::Roles;
pub(crate) use scopes::{MAX_SCOPES, ScopeTable, is_own, publish as publish_scopes};
pub use verifier::Verifier;
