use std::sync::atomic::AtomicBool;

/// What one delivery or request did; `MockBus` looks for a change and a bus message that were not one step.
#[derive(Debug, Default)]
pub(crate) struct Trail {
    pub wrote: AtomicBool,
    pub direct: AtomicBool,
}
