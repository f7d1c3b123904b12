use crate::{
    bus::transport::Transport,
    identity::{Delegate, Verifier},
    registry::Registry,
    store::Driver,
};
use std::sync::Arc;

/// What an instance stands on.
pub struct Backends {
    /// Carries messages.
    pub transport: Arc<dyn Transport>,
    /// Keeps documents.
    pub store: Arc<dyn Driver>,
    /// Knows which instances and keys there are.
    pub registry: Arc<dyn Registry>,
    /// Verifies tokens.
    pub verifier: Arc<Verifier>,
    /// Signs in the service's name.
    pub delegate: Arc<Delegate>,
}
