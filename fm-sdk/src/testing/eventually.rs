use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

/// Waits for a condition instead of for a time: asks until it holds and gives how long it took.
///
/// # Panics
/// If it does not hold within the bound.
pub async fn eventually(what: &str, within: Duration, mut holds: impl AsyncFnMut() -> bool) -> Duration {
    let began = Instant::now();
    let asking = timeout(within, async {
        while !holds().await {
            sleep(Duration::from_millis(10)).await;
        }
    });
    assert!(asking.await.is_ok(), "not within {within:?}: {what}");
    began.elapsed()
}
