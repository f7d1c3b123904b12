//! A thread and a runtime of its own, so that a busy service cannot starve its keep-alives.

use crate::{Error, Kind, Result, ResultExt};
use std::{future::Future, sync::Arc};
use tokio::{runtime::Handle, sync::oneshot};

/// Ends its thread, and all tasks on it, when the last clone of the handle is dropped.
pub(super) struct Runtime {
    handle: Handle,
    _stop: oneshot::Sender<()>,
}

impl Runtime {
    pub(super) fn start() -> Result<Arc<Runtime>> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().internal()?;
        let handle = runtime.handle().clone();
        let (_stop, stopped) = oneshot::channel::<()>();
        let run = move || drop(runtime.block_on(stopped));
        std::thread::Builder::new().name("fm-registry".into()).spawn(run).internal()?;
        Ok(Arc::new(Runtime { handle, _stop }))
    }

    pub(super) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        drop(self.handle.spawn(task));
    }

    pub(super) async fn run<T: Send + 'static>(&self, task: impl Future<Output = Result<T>> + Send + 'static) -> Result<T> {
        let done = self.handle.spawn(task).await;
        done.unwrap_or_else(|e| Err(Error::new(Kind::Internal, "internal", "the registry's client failed").caused_by(e)))
    }
}
