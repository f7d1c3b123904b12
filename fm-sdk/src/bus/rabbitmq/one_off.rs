//! Work of an operator on a connection of its own, which is closed afterwards.

use super::{
    Shared,
    connection::{dialer::Dialer, link::Link},
    publish::publisher::unreachable,
};
use crate::{Error, Kind, Result, ResultExt};
use amiquip::Connection;
use std::{sync::Arc, time::Duration};

const TIMEOUT: Duration = Duration::from_secs(15);

/// Opens a connection, tells the broker what it is for, works on it and closes it.
pub(super) async fn on_own_connection<T: Send + 'static>(
    shared: Arc<Shared>,
    purpose: &'static str,
    work: impl FnOnce(&mut Connection) -> amiquip::Result<T> + Send + 'static,
) -> Result<T> {
    let job = tokio::task::spawn_blocking(move || {
        let mut dialer = Dialer::new(shared.addresses.clone(), format!("{} {purpose}", shared.options.name));
        let mut last = dialer.dial(&|| {});
        for _ in 1..shared.addresses.len() {
            if last.is_err() {
                last = dialer.dial(&|| {});
            }
        }
        let Link { mut connection, watch } = last.map_err(|why| unreachable(&why))?;
        let failed = |e: amiquip::Error| unreachable(&e.to_string());
        let (result, closed) = watch.guard.within(TIMEOUT, || {
            let result = work(&mut connection);
            (result, connection.close())
        });
        let done = result.map_err(failed)?;
        closed.map(|()| done).map_err(failed)
    });
    let late = || Error::new(Kind::Unavailable, "bus-silent", "the message broker did not answer in time");
    tokio::time::timeout(TIMEOUT, job).await.map_err(|_| late())?.internal()?
}
