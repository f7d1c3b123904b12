//! Asks an instance how it is, for the gateway itself.

use super::{
    call::{Call, Times},
    connector::Connector,
    endpoint::Endpoint,
    failure::Failure,
    request::absolute,
    upload::Upload,
};
use fm_sdk::registry::services::Instance;
use http::{HeaderValue, Request, StatusCode, header, uri::PathAndQuery};
use std::{io, time::Duration};

/// Gets `path` on a connection of its own, and gives the status of the answer.
///
/// # Errors
/// See [`Failure`]; also if that is not there `within` this time.
pub async fn probe(connector: &Connector, instance: &Instance, path: &PathAndQuery, within: Duration) -> Result<StatusCode, Failure> {
    let unsupported = || Failure::Connect(io::ErrorKind::Unsupported.into());
    let endpoint = Endpoint::of(instance).ok_or_else(unsupported)?;
    let host = HeaderValue::from_str(endpoint.host()).map_err(|_| Failure::Unsendable)?;
    let times = Times { connect: within, head: within, idle: within, client: Duration::ZERO };
    let asked = async {
        let mut call = Call::new(connector.open(&endpoint, within).await?, times, None);
        let mut request = Request::new(Upload::none());
        if call.is_http2() {
            *request.uri_mut() = absolute(endpoint.scheme(), &host, path.clone().into())?;
        } else {
            *request.uri_mut() = path.clone().into();
            request.headers_mut().insert(header::HOST, host);
            request.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        request.headers_mut().insert(header::USER_AGENT, HeaderValue::from_static(concat!("fm-gateway/", env!("CARGO_PKG_VERSION"))));
        let (head, _) = call.send(request).await.map_err(|unsent| unsent.failure)?;
        Ok(head.status)
    };
    tokio::time::timeout(within, asked).await.unwrap_or(Err(Failure::HeadTimeout))
}
