//! Crashes at chosen moments: between any two commands that the SDK gives to a store.
//!
//! Drivers ask at each such point. If the hook answers `true` the process is taken to be dead: the future stops there for ever, and a
//! test drops it, or lets a twin go on beside it ([`set_pause`]). Hooks belong to a thread, and actix tests run on one, so tests do not disturb each other.
//!
//! ```
//! # use fm_sdk::testing::crash;
//! let count = std::rc::Rc::new(std::cell::Cell::new(0));
//! let seen = count.clone();
//! let _hook = crash::set_hook(move || { seen.set(seen.get() + 1); seen.get() == 3 });     // dies at the third point
//! // .. poll the work until it is done or stuck; dropping `_hook` takes the hook away
//! ```

use crate::BoxFuture;
use std::{cell::RefCell, future::pending, rc::Rc};

type Hook = Rc<dyn Fn() -> Option<BoxFuture<'static, ()>>>;
thread_local! { static HOOK: RefCell<Option<Hook>> = const { RefCell::new(None) }; }

/// Takes the hook away when dropped.
#[must_use = "the hook goes when this is dropped"]
pub struct HookGuard(());

/// Asks `hook` at every point of this thread whether the process dies there; replaces the hook before.
pub fn set_hook(hook: impl Fn() -> bool + 'static) -> HookGuard {
    set_pause(move || hook().then(|| Box::pin(pending()) as BoxFuture<'static, ()>))
}

/// Asks `hook` at every point of this thread what to wait for before going on; replaces the hook before. For tests that let two
/// processes take turns.
pub fn set_pause(hook: impl Fn() -> Option<BoxFuture<'static, ()>> + 'static) -> HookGuard {
    HOOK.set(Some(Rc::new(hook)));
    HookGuard(())
}

impl Drop for HookGuard {
    fn drop(&mut self) {
        HOOK.set(None);
    }
}

pub(crate) async fn point() {
    let pause = HOOK.with_borrow(Option::clone).and_then(|hook| hook());
    if let Some(pause) = pause {
        pause.await;
    }
}
