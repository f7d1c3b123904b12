use std::sync::{
    Arc, Mutex, OnceLock, PoisonError,
    atomic::{AtomicBool, Ordering::Relaxed},
};

/// What one delivery or request did; `MockBus` looks for a change and a bus message that were not one step.
#[derive(Debug, Default)]
pub(crate) struct Trail {
    pub wrote: AtomicBool,
    pub direct: AtomicBool,
}

/// The trails of an instance, kept only where a test has asked for them.
#[derive(Default)]
pub(crate) struct Trails(OnceLock<Mutex<Vec<Arc<Trail>>>>);

impl Trails {
    /// Keeps trails from here on.
    pub fn keep(&self) {
        self.0.get_or_init(Mutex::default);
    }
    pub fn begin(&self) -> Arc<Trail> {
        let trail = Arc::<Trail>::default();
        if let Some(kept) = self.0.get() {
            kept.lock().unwrap_or_else(PoisonError::into_inner).push(trail.clone());
        }
        trail
    }
    /// Forgets the trails; says whether one of them had a change and a message beside it.
    pub fn take_mixed(&self) -> bool {
        let Some(kept) = self.0.get() else { return false };
        let trails = std::mem::take(&mut *kept.lock().unwrap_or_else(PoisonError::into_inner));
        trails.iter().any(|t| t.wrote.load(Relaxed) && t.direct.load(Relaxed))
    }
}
