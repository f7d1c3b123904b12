//! The registry in memory against the suite.

use fm_sdk::registry::MemoryRegistry;
use fm_sdk_testing::conformance::registry::RegistrySpace;

async fn open() -> RegistrySpace {
    let registry = MemoryRegistry::new();
    RegistrySpace::new(registry.clone(), registry)
}
fm_sdk_testing::registry_conformance!(open());
