//! Says in the registry which table is in force here, so that any node can show it, and where operators are served.

use crate::{
    admin::api::nodes::{PROBLEMS, REVISION},
    table::TableState,
};
use fm_sdk::{Backoff, registry::services::Registration};
use std::{future::pending, net::SocketAddr};
use tokio::{sync::watch, time::sleep};

/// Writes each state of the table; never ends. A write that fails is tried again, with whatever is the latest state by then: a newer one does
/// not wait behind an older one.
pub async fn announce(registration: &mut Registration, state: &mut watch::Receiver<TableState>) {
    let mut backoff = Backoff::default();
    loop {
        let TableState { revision, problems, .. } = state.borrow_and_update().clone();
        let write = registration.update(|instance| {
            instance.metadata.insert(REVISION.into(), revision.unwrap_or_default().to_string());
            instance.metadata.insert(PROBLEMS.into(), problems.len().to_string());
        });
        let written_or_due = async {
            match write.await {
                Ok(()) => {
                    backoff.reset();
                    pending().await
                }
                Err(e) => {
                    let wait = backoff.next_wait();
                    log::debug!("nodes: the revision of the table was not announced, trying again in {wait:?}: {}", e.chain());
                    sleep(wait).await;
                }
            }
        };
        tokio::select! {
            () = written_or_due => {}
            changed = state.changed() => if changed.is_err() {
                return pending().await;
            },
        }
    }
}

/// Where others reach operators' port. One that is bound to all addresses of this machine is reached by the host that clients are told.
pub fn operators_url(url: &str, address: SocketAddr, has_tls: bool) -> String {
    let scheme = if has_tls { "https" } else { "http" };
    let url = url.parse::<http::Uri>().ok().filter(|_| address.ip().is_unspecified());
    match url.as_ref().and_then(http::Uri::host) {
        Some(host) => format!("{scheme}://{host}:{}", address.port()),
        None => format!("{scheme}://{address}"),
    }
}

#[cfg(test)]
mod tests {
    use super::operators_url;

    #[test]
    fn a_port_on_all_addresses_is_reached_by_the_advertised_host() {
        for (url, bound, expected) in [
            ("http://gateway-1:8080", "0.0.0.0:8081", "http://gateway-1:8081"),
            ("https://[fd00::7]:8443", "[::]:8081", "http://[fd00::7]:8081"),
            ("http://gateway-1:8080", "127.0.0.1:8081", "http://127.0.0.1:8081"),
            ("http://gateway-1:8080", "[::1]:8081", "http://[::1]:8081"),
            ("no url", "0.0.0.0:8081", "http://0.0.0.0:8081"),
        ] {
            assert_eq!(operators_url(url, bound.parse().unwrap(), false), expected, "{url} {bound}");
            assert_eq!(operators_url(url, bound.parse().unwrap(), true), expected.replacen("http", "https", 1), "{url} {bound}");
        }
    }
}
