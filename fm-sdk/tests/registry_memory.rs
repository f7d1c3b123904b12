//! The registry in memory against the suite.
#![cfg(feature = "testing")]

use fm_sdk::{registry::MemoryRegistry, testing::conformance::registry::RegistrySpace};

async fn open() -> RegistrySpace {
    let registry = MemoryRegistry::new();
    RegistrySpace::new(registry.clone(), registry)
}
fm_sdk::registry_conformance!(open());
