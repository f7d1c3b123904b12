//! People who go on asking.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread::{self, JoinHandle},
};

/// They do the same again and again until this is dropped.
pub struct Visitors {
    end: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Visitors {
    /// Lets so many do it at the same time.
    pub fn who(number: usize, act: impl Fn() + Clone + Send + 'static) -> Self {
        let end = Arc::new(AtomicBool::new(false));
        let visitor = |_| {
            let (ended, act) = (end.clone(), act.clone());
            thread::spawn(move || {
                while !ended.load(Relaxed) {
                    act();
                }
            })
        };
        Self { threads: (0..number).map(visitor).collect(), end }
    }
}

impl Drop for Visitors {
    fn drop(&mut self) {
        self.end.store(true, Relaxed);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}
